using System.Globalization;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>
/// Ends processes by what they carry in their environment: so it finds those that left their group. On a thread of its own, which lives as long as there
/// is something to look for: <c>/proc</c> may be large, and slow.
/// </summary>
internal sealed class ProcessSweep(PluginExecutor executor, ReactorCounters counters)
{
    private const int Passes = 5;

    private readonly Lock gate = new();
    private readonly string instance = executor.Instance + ".";
    private HashSet<long> wanted = [];
    private Thread? thread;
    private bool old = executor.Options.EndOldRuns && executor.Options.Node.Length > 0;

    /// <summary>Looks for what an earlier server of this node left, if the options ask for it.</summary>
    public void Begin()
    {
        lock (gate)
        {
            if (old) Start();
        }
    }

    /// <summary>Ends whatever still carries the run.</summary>
    public void Add(long run)
    {
        lock (gate)
        {
            wanted.Add(run);
            Start();
        }
    }

    /// <summary>Waits for a sweep under way, but not for ever.</summary>
    public void Join()
    {
        Thread? running;
        lock (gate) running = thread;
        running?.Join(2000);
    }

    private void Start()
    {
        if (thread is not null) return;
        thread = new Thread(Loop, 512 * 1024) { IsBackground = true, Name = "scout-sweep" };
        thread.Start();
    }

    private void Loop()
    {
        byte[]? buffer = null;
        while (true)
        {
            HashSet<long> runs;
            bool withOld;
            lock (gate)
            {
                if (wanted.Count == 0 && !old)
                {
                    thread = null;
                    return;
                }

                runs = wanted;
                wanted = [];
                withOld = old;
                old = false;
            }

            // A process may fork while we look: until a pass finds nothing.
            for (int pass = 0; pass < Passes && Pass(runs, withOld, ref buffer) > 0; pass++)
            {
            }
        }
    }

    private int Pass(HashSet<long> runs, bool withOld, ref byte[]? buffer)
    {
        int ended = 0;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            ReadOnlySpan<char> name = Path.GetFileName(folder.AsSpan());
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid == Environment.ProcessId) continue;
            // Zombies have no environment, and that of a process in D may be locked; what has to die there has been told.
            if (ProcessFacts.Read(pid) is not { State: not ('Z' or 'D' or 'X') }) continue;
            int handle = Linux.OpenPid(pid);
            if (Carries(pid, runs, withOld, ref buffer) is { } run)
            {
                // The descriptor was opened before the environment was read, so the number cannot have changed hands.
                int error = handle >= 0 ? executor.Calls.SignalHandle(handle, Signals.Kill) : executor.Calls.Kill(pid, Signals.Kill);
                if (error == 0)
                {
                    ended++;
                    Interlocked.Increment(ref counters.StraysEnded);
                    executor.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.StrayEnded, $"ended process {pid}, which had outlived run {run}", "", pid));
                }
            }

            if (handle >= 0) _ = Libc.close(handle);
        }

        return ended;
    }

    private string? Carries(int pid, HashSet<long> runs, bool withOld, ref byte[]? buffer)
    {
        ReadOnlySpan<byte> environment = ProcessFacts.Environment(pid, ref buffer);
        if (environment.IsEmpty || ProcessFacts.Variable(environment, "SCOUT_RUN="u8) is not { } run) return null;
        if (RunNumber(run, instance) is { } number) return runs.Contains(number) ? run : null;
        return withOld && !run.EndsWith(".keep", StringComparison.Ordinal)
            && ProcessFacts.Variable(environment, "SCOUT_NODE="u8) == executor.Options.Node && !ServerLives(run, pid) ? run : null;
    }

    /// <summary>True if the server whose process id begins the run is alive and above the process: another server of this node's name, not a crashed one.</summary>
    private static bool ServerLives(string run, int pid)
    {
        const int deepest = 64;
        int dash = run.IndexOf('-');
        if (dash < 0 || !int.TryParse(run.AsSpan(0, dash), NumberStyles.HexNumber, null, out int server)) return false;
        if (server == Environment.ProcessId) return ProcessChildren.IsOfALivingExecutor(run);
        for (int depth = 0; depth < deepest && pid > 1; depth++)
        {
            if (pid == server) return true;
            pid = ProcessFacts.Read(pid)?.Parent ?? 0;
        }

        return false;
    }

    /// <summary>The number in a <c>SCOUT_RUN</c> of this executor, or null.</summary>
    internal static long? RunNumber(string run, string instance)
    {
        if (!run.StartsWith(instance, StringComparison.Ordinal)) return null;
        ReadOnlySpan<char> rest = run.AsSpan(instance.Length);
        int dot = rest.IndexOf('.');
        return long.TryParse(dot < 0 ? rest : rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
    }
}
