using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>
/// Whose the children of this process are. The kernel counts children by process, not by executor, so what executors must know of each other to reap only
/// what is theirs stands here, once for the process: which numbers are leaders of runs, and which starts are under way. All methods may be called by any thread.
/// </summary>
internal static class ProcessChildren
{
    private static readonly Lock Gate = new();
    private static readonly List<PluginExecutor> Executors = [];
    private static readonly Dictionary<int, PluginRun> Leaders = [];
    private static readonly Dictionary<int, Suspect> Suspects = [];
    private static long lastTicket;
    private static long lastInstance;

    /// <summary>Process group of this process. What it starts itself stays in it, unless it asks for another; a plugin never does.</summary>
    public static int OwnGroup { get; } = OperatingSystem.IsLinux() ? Libc.getpgrp() : 0;

    /// <summary>Number of the last spawn of any executor that has begun.</summary>
    public static long LastTicket => Volatile.Read(ref lastTicket);

    public static long NextTicket() => Interlocked.Increment(ref lastTicket);

    /// <summary>The first part of every <c>SCOUT_RUN</c> of one executor; no other of this process has it.</summary>
    /// <param name="milliseconds">Wall clock.</param>
    public static string NewInstance(long milliseconds)
    {
        lock (Gate)
        {
            lastInstance = Math.Max(lastInstance + 1, milliseconds);
            return $"{Environment.ProcessId:x}-{lastInstance:x}";
        }
    }

    public static void Enter(PluginExecutor executor)
    {
        lock (Gate) Executors.Add(executor);
    }

    /// <summary>The executor has ended: what it still has, as processes that would not die, is an orphan from now on.</summary>
    public static void Leave(PluginExecutor executor)
    {
        lock (Gate)
        {
            Executors.Remove(executor);
            foreach (PluginRun run in Leaders.Values.Where(run => run.Executor == executor).ToList()) Leaders.Remove(run.Pid);
        }
    }

    /// <summary>True while an executor of this process gives its runs this name.</summary>
    /// <param name="run">A <c>SCOUT_RUN</c>.</param>
    public static bool IsOfALivingExecutor(string run)
    {
        lock (Gate) return Executors.Exists(executor => ProcessSweep.RunNumber(run, executor.Instance + ".") is not null);
    }

    /// <summary>The run has a process. By its spawner, before that says that the spawn is no longer under way.</summary>
    public static void Began(PluginRun run)
    {
        lock (Gate)
        {
            Leaders[run.Pid] = run;
            if (Suspects.Count > 0) Suspects.Remove(run.Pid);
        }
    }

    /// <summary>The process of the run was reaped, and its number may be another's already.</summary>
    public static void Over(PluginRun run)
    {
        lock (Gate)
        {
            if (Leaders.TryGetValue(run.Pid, out PluginRun? known) && known == run) Leaders.Remove(run.Pid);
        }
    }

    /// <summary>Reaps one ended child if it is nobody's: no leader of a run, and none that is just being started.</summary>
    /// <param name="pid">The child; 0: the first of all that have ended.</param>
    /// <param name="executor">Who asks.</param>
    /// <param name="isStranger">Told the facts of a child in <see cref="OwnGroup"/>: true leaves it alone.</param>
    /// <returns>What was done, and with whom.</returns>
    public static (Reaping Done, int Pid) Reap(int pid, PluginExecutor executor, Func<int, ProcessFacts, bool> isStranger)
    {
        // One at a time from the look to the reaping, so that a number cannot change hands between them: whoever else reaps, reaps leaders.
        lock (Gate)
        {
            if (pid == 0) pid = Linux.PeekZombie(Linux.WaitAll, 0);
            if (pid == 0 || Leaders.ContainsKey(pid) || ProcessFacts.Read(pid) is not { State: 'Z' } facts || facts.Parent != Environment.ProcessId) return (Reaping.Nothing, pid);
            // The number alone is not enough: it may have been another child's when it was first seen.
            if (!Suspects.TryGetValue(pid, out Suspect first) || first.Started != facts.Started) Suspects[pid] = first = new Suspect(LastTicket, facts.Started);
            if (first.Ticket > SettledTicket()) return (Reaping.Later, pid);
            Suspects.Remove(pid);
            // Whoever was starting it has told us by now.
            if (Leaders.ContainsKey(pid) || (facts.Group == OwnGroup && isStranger(pid, facts))) return (Reaping.Nothing, pid);
            _ = executor.Calls.Wait(pid, out _);
            return (Reaping.Reaped, pid);
        }
    }

    /// <summary>Forgets what was seen of children that are gone.</summary>
    public static void Forget()
    {
        lock (Gate)
        {
            if (Suspects.Count == 0) return;
            foreach (int pid in Suspects.Keys.ToList())
            {
                if (ProcessFacts.Read(pid) is not { State: 'Z' }) Suspects.Remove(pid);
            }
        }
    }

    /// <summary>No spawn up to this ticket is still under way, but for those written off.</summary>
    private static long SettledTicket()
    {
        long settled = LastTicket;
        foreach (PluginExecutor executor in Executors) settled = executor.SettledTicket(settled);
        return settled;
    }

    /// <summary>An ended child that may yet turn out to be a leader.</summary>
    /// <param name="Ticket">The last spawn that had begun when it was first seen.</param>
    /// <param name="Started">As in <see cref="ProcessFacts"/>.</param>
    private readonly record struct Suspect(long Ticket, long Started);
}

/// <summary>What came of an attempt to reap.</summary>
internal enum Reaping
{
    /// <summary>There is none, or it is somebody's.</summary>
    Nothing,
    /// <summary>It may be a leader whose spawner has not told us yet: look again soon.</summary>
    Later,
    Reaped,
}
