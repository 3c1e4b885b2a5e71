using System.ComponentModel;
using System.Diagnostics;

namespace Scout.Broker.Supervision;

/// <summary>A nats-server that was found and said its version.</summary>
internal sealed record NatsServerBinary(string Path, NatsServerVersion Version)
{
    /// <summary>Where Debian puts it, and where people put what they downloaded; looked at behind the path.</summary>
    private static readonly string[] Further = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Finds it by the option, else on the path; refuses what is missing, does not run, or is older than 2.9.10.</summary>
    public static async Task<(NatsServerBinary? Binary, BrokerExit? Error)> FindAsync(string? option, string? searchPath, TimeProvider time)
    {
        string? path = option is not null ? System.IO.Path.GetFullPath(option) : Search(searchPath);
        if (path is null || !File.Exists(path))
        {
            return (null, BrokerExit.Refused(
                option is null ? "no nats-server on the path" : $"--nats-server: there is no {path}",
                "apt-get install nats-server   (or give another one, 2.9.10 or later, with --nats-server)"));
        }

        string said;
        try
        {
            (_, said) = await RunAsync(path, ["--version"], time);
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException or TimeoutException)
        {
            return (null, BrokerExit.Refused($"{path} cannot be run: {failure.Message}", "give another one with --nats-server"));
        }

        if (said.Length > 400 || !NatsServerVersion.TryParse(said, out NatsServerVersion version))
        {
            return (null, BrokerExit.Refused($"{path} does not say a version of nats-server", "give a nats-server, 2.9.10 or later, with --nats-server"));
        }

        return version < NatsServerVersion.Oldest
            ? (null, BrokerExit.Refused($"{path} is nats-server {version}; {NatsServerVersion.Oldest} is the oldest that is supported", "apt-get install nats-server"))
            : (new NatsServerBinary(path, version), null);
    }

    /// <summary>Has nats-server judge a configuration file: null when it is good, else what it said.</summary>
    public async Task<string?> WhyRefusedAsync(string config, TimeProvider time)
    {
        try
        {
            (int code, string said) = await RunAsync(Path, ["-t", "-c", config], time);
            return code == 0 ? null : said.Length == 0 ? $"nats-server -t ended with {code}" : said;
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException or TimeoutException)
        {
            return failure.Message;
        }
    }

    private static string? Search(string? searchPath) =>
        (searchPath ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Where(System.IO.Path.IsPathRooted).Concat(Further)
            .Select(static folder => System.IO.Path.Combine(folder, "nats-server")).FirstOrDefault(IsProgram);

    private static bool IsProgram(string path) =>
        File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None;

    private static async Task<(int Code, string Said)> RunAsync(string path, string[] arguments, TimeProvider time)
    {
        var start = new ProcessStartInfo(path) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("it did not start");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await Task.WhenAll(process.WaitForExitAsync(), output, errors).WaitAsync(Patience, time);
        }
        catch (TimeoutException late)
        {
            process.Kill();
            throw new TimeoutException($"'{System.IO.Path.GetFileName(path)} {arguments[0]}' did not end within {Patience.TotalSeconds:0} s", late);
        }

        return (process.ExitCode, ((await errors).Trim() + "\n" + (await output).Trim()).Trim());
    }
}
