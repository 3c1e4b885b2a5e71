using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Scout.Testing.Processes;

/// <summary>The built executable, as a user has it.</summary>
public static class ScoutExecutable
{
    /// <summary><c>out/scout</c> of this checkout, or what <c>SCOUT_EXECUTABLE</c> names.</summary>
    public static string Path { get; } = Find();

    /// <summary>Runs a command to its end.</summary>
    public static async Task<CommandResult> RunAsync(
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? directory = null,
        TimeSpan? within = null)
    {
        using Process process = ChildProcess.Launch(Path, arguments, environment, directory);
        process.StandardInput.Close();
        Task<string> stdout = process.StandardOutput.ReadToEndAsync();
        Task<string> stderr = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(60), TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException error)
        {
            process.Kill();
            throw new TimeoutException($"scout {string.Join(' ', arguments)} did not end.\n{await stdout}\n{await stderr}", error);
        }

        return new CommandResult(process.ExitCode, await stdout, await stderr);
    }

    /// <summary>A TCP port of 127.0.0.1 that nobody listened on a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Find()
    {
        string path = Environment.GetEnvironmentVariable("SCOUT_EXECUTABLE") ?? System.IO.Path.Combine(Repository.Root, "out", "scout");
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is not there: run make build first");
    }
}

/// <summary>How a command ended and what it printed.</summary>
public sealed record CommandResult(int ExitCode, string Stdout, string Stderr)
{
    /// <summary>The document on stdout.</summary>
    public JsonElement Json() => JsonDocument.Parse(Stdout).RootElement;

    /// <summary>The documents on stdout, one a line.</summary>
    public IReadOnlyList<JsonElement> JsonLines() =>
        [.. Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public override string ToString() => $"exit {ExitCode}\nstdout:\n{Stdout}\nstderr:\n{Stderr}";
}
