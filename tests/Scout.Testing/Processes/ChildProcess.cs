using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Scout.Testing.Processes;

/// <summary>A process of a test: its output is kept, it is measured from outside through <c>/proc</c>, and it ends with the test.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly StringBuilder output = new();
    private readonly Process process;

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>Everything printed so far, stdout and stderr as they came.</summary>
    public string Output
    {
        get
        {
            lock (output) return output.ToString();
        }
    }

    /// <summary>Starts a program with the environment of the tests, less every <c>SCOUT_</c> variable, plus what is given.</summary>
    public static ChildProcess Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? directory = null)
    {
        var child = new ChildProcess(Launch(file, arguments, environment, directory));
        child.process.OutputDataReceived += child.Collect;
        child.process.ErrorDataReceived += child.Collect;
        child.process.BeginOutputReadLine();
        child.process.BeginErrorReadLine();
        child.process.StandardInput.Close();
        AppDomain.CurrentDomain.ProcessExit += child.KillAtExit;
        return child;
    }

    /// <summary>The bare start, with all three streams redirected.</summary>
    internal static Process Launch(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, string? directory)
    {
        var start = new ProcessStartInfo(file)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = directory ?? Repository.Root,
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("SCOUT_", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(name);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start");
    }

    /// <summary>Waits until a text has been printed; fails at once when the process ends before.</summary>
    public Task PrintedAsync(string text, TimeSpan? within = null) =>
        Until.TrueAsync(
            $"'{text}' printed",
            () =>
            {
                if (Output.Contains(text, StringComparison.Ordinal)) return true;
                if (process.HasExited) throw new InvalidOperationException($"The process ended with {process.ExitCode} before it printed '{text}':\n{Output}");
                return false;
            },
            within,
            () => Output);

    /// <summary>Sends a signal, by number.</summary>
    public void Signal(int signal)
    {
        if (!process.HasExited) _ = SendSignal(process.Id, signal);
    }

    /// <summary><c>kill -9</c> of this process alone, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(TimeSpan? within = null)
    {
        Signal(15);
        return await ExitAsync(within);
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync(TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(30), TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException error)
        {
            throw new TimeoutException($"The process did not end:\n{Output}", error);
        }

        return process.ExitCode;
    }

    /// <summary>Resident memory, bytes (<c>VmRSS</c>).</summary>
    public long ResidentBytes() => Status("VmRSS:") * 1024;

    /// <summary>Memory that is nobody's file: what a process has taken for itself. A node gives pages of its program back and reads them again, which is no growth.</summary>
    public long AnonymousBytes() => Status("RssAnon:") * 1024;

    public int Threads() => (int)Status("Threads:");

    public int Descriptors() => Directory.GetFileSystemEntries($"/proc/{Id}/fd").Length;

    /// <summary>User and system time of the process itself, without its children.</summary>
    public TimeSpan CpuTime()
    {
        string stat = File.ReadAllText($"/proc/{Id}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromMilliseconds((long.Parse(fields[11], null) + long.Parse(fields[12], null)) * 10);
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        await KillAsync();
        process.Dispose();
    }

    private long Status(string key) =>
        long.Parse(File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith(key, StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], null);

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (output) output.AppendLine(line.Data);
    }

    private void KillAtExit(object? sender, EventArgs e)
    {
        if (!process.HasExited) process.Kill();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int pid, int signal);
}
