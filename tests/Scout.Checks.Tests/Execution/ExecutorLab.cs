using System.Globalization;
using Scout.Checks.Execution;
using Scout.Checks.Execution.Native;
using Scout.Testing;

namespace Scout.Checks.Tests.Execution;

/// <summary>An executor with a folder of its own that holds the plugin <c>nasty</c>.</summary>
internal sealed class ExecutorLab : IAsyncDisposable, IPluginExecutorObserver
{
    private readonly TempFolder folder = new();
    private readonly List<PluginExecutorNotice> notices = [];

    public ExecutorLab(Func<PluginExecutorOptions, PluginExecutorOptions>? change = null, IProcessCalls? calls = null)
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("the executor of plugins.md section 7 is for Linux");
        Nasty = folder.File("nasty");
        File.Copy(Path.Combine(Repository.Root, "tests/plugins/nasty"), Nasty);
        Mode(Nasty, "755");
        var options = new PluginExecutorOptions { Observer = this, ShutdownGrace = TimeSpan.FromMilliseconds(100) };
        Executor = new PluginExecutor(change?.Invoke(options) ?? options, calls ?? new LinuxProcessCalls());
    }

    public PluginExecutor Executor { get; }

    public string Folder => folder.Path;

    public string Nasty { get; }

    public IReadOnlyList<PluginExecutorNotice> Notices
    {
        get
        {
            lock (notices) return [.. notices];
        }
    }

    public static void Mode(string path, string octal)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(octal, 8));
    }

    public string Write(string name, string text, string mode = "755")
    {
        string path = folder.Write(name, text);
        Mode(path, mode);
        return path;
    }

    public string PathOf(string name) => folder.File(name);

    public PluginRequest Request(params string[] words) => new()
    {
        Words = words,
        Directory = Folder,
        Environment = [new("PATH", PluginExecutorOptions.SystemPath), new("LC_ALL", "C.UTF-8"), new("MACHINE_NAME", "lab")],
        Timeout = TimeSpan.FromSeconds(20),
        Owner = "lab",
    };

    public Task<PluginResult> Nastily(params string[] words) => Run(Request([Nasty, .. words]));

    public Task<PluginResult> Nastily(TimeSpan timeout, params string[] words) => Run(Request([Nasty, .. words]) with { Timeout = timeout });

    public Task<PluginResult> Run(PluginRequest request) => Run(request, out _);

    public Task<PluginResult> Run(PluginRequest request, out IPluginRun run)
    {
        var done = new TaskCompletionSource<PluginResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        run = Executor.Start(request, done, static (result, state) => ((TaskCompletionSource<PluginResult>)state!).SetResult(result));
        return done.Task.WaitAsync(TimeSpan.FromSeconds(40), TimeProvider.System);
    }

    public void Notice(PluginExecutorNotice notice)
    {
        lock (notices) notices.Add(notice);
    }

    /// <summary>Waits for a condition; says what was seen when it does not come.</summary>
    public static async Task Eventually(Func<bool> condition, Func<string> seen, double seconds = 20)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start).TotalSeconds > seconds) Assert.Fail(seen());
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    /// <summary>Living processes (no zombies) that carry a run of this executor.</summary>
    public List<int> Carriers()
    {
        var found = new List<int>();
        byte[]? buffer = null;
        foreach (int pid in Pids())
        {
            ReadOnlySpan<byte> environment = ProcessFacts.Environment(pid, ref buffer);
            if (ProcessFacts.Variable(environment, "SCOUT_RUN="u8)?.StartsWith(Executor.Instance + ".", StringComparison.Ordinal) == true) found.Add(pid);
        }

        return found;
    }

    /// <summary>Zombies among our own children.</summary>
    public static List<int> Zombies() =>
        [.. Pids().Where(pid => ProcessFacts.Read(pid) is { State: 'Z' } facts && facts.Parent == Environment.ProcessId)];

    public static bool Alive(int pid) => ProcessFacts.Read(pid) is { State: not ('Z' or 'X') };

    /// <summary>Open descriptors of this process, without those that earlier tests have left to the finalizer: their number falls at any moment.</summary>
    public static int Descriptors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Directory.GetFiles("/proc/self/fd").Length;
    }

    public static int Threads() => Directory.GetDirectories("/proc/self/task").Length;

    public static int PidIn(string path) => int.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await Executor.DisposeAsync();
        foreach (int pid in Carriers()) _ = Libc.kill(pid, Signals.Kill);
        folder.Dispose();
    }

    private static IEnumerable<int> Pids() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
        .Where(pid => pid > 0 && pid != Environment.ProcessId);
}
