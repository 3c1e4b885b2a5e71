using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>
/// What plugins leave behind (plugins.md section 7, Orphans). The server is their parent by <c>PR_SET_CHILD_SUBREAPER</c>: it reaps what has ended, lets
/// a few daemons of a machine live, and ends what belongs to a run that was ended. Belongs to the reactor.
/// </summary>
internal sealed class OrphanCare : IDisposable
{
    private const int MaxDaemons = 8;
    private const int ReapsATurn = 64;
    private const int MaxOwners = 4096;

    private readonly PluginExecutor executor;
    private readonly ReactorCounters counters;
    private readonly ProcessSweep sweep;
    private readonly RunHistory history;
    private readonly Func<int, ProcessFacts, bool> isStranger;
    private readonly Dictionary<int, Stranger> strangers = [];
    private readonly Dictionary<int, Daemon> daemons = [];
    private readonly Dictionary<long, string> owners = [];
    private readonly Queue<long> ownersByAge = new();
    private readonly List<int> children = [];
    private byte[]? environment;
    private bool lookAgain = true;

    public OrphanCare(PluginExecutor executor, ReactorCounters counters)
    {
        this.executor = executor;
        this.counters = counters;
        history = new RunHistory(executor.Time);
        sweep = new ProcessSweep(executor, counters);
        sweep.Begin();
        isStranger = IsStranger;
    }

    /// <summary>Leaders by pid: everything of ours that is no orphan.</summary>
    public Dictionary<int, PluginRun> Leaders { get; } = [];

    /// <summary>Peak memory of this process in bytes, looked at now and then.</summary>
    public long OwnPeak { get; set; } = Linux.OwnPeakMemory();

    /// <summary>A zombie was seen that may still turn out to be a leader: look again soon.</summary>
    public bool Suspicious { get; private set; }

    /// <summary>There are processes of ours beside the leaders, which may end at any moment.</summary>
    public bool Watching => lookAgain;

    public void Began(PluginRun run) => Leaders[run.Pid] = run;

    /// <summary>The leader was reaped.</summary>
    /// <param name="hard">It was ended, and with it goes everything of its run.</param>
    public void Over(PluginRun run, bool hard)
    {
        Leaders.Remove(run.Pid);
        ProcessChildren.Over(run);
        lookAgain = true;
        if (hard) Sweep(run);
        history.Over(run, hard);
        Remember(run);
    }

    /// <summary>Ends what carries the <c>SCOUT_RUN</c> of the run, wherever it went.</summary>
    public void Sweep(PluginRun run) => sweep.Add(run.Number);

    /// <summary>Reaps what has ended and is no leader; once in a while also looks at what lives.</summary>
    public void Look(long now, bool thorough)
    {
        Suspicious = false;
        for (int count = 0; count < ReapsATurn; count++)
        {
            if (!Reap(0)) break;
        }

        if (thorough && lookAgain) LookAtLiving();
    }

    public void Dispose() => sweep.Join();

    /// <summary>Reaps one that nobody waits for; false if there is none.</summary>
    /// <param name="child">0: whoever ended first.</param>
    private bool Reap(int child)
    {
        (Reaping done, int pid) = ProcessChildren.Reap(child, executor, isStranger);
        if (done == Reaping.Later) Suspicious = true;
        if (done != Reaping.Reaped) return false;
        counters.OrphansReaped++;
        strangers.Remove(pid);
        daemons.Remove(pid);
        counters.Daemons = daemons.Count;
        return true;
    }

    /// <summary>
    /// A child in the group of this process is not a plugin's: somebody here started it and wants its status, or a program handed it down that became this one
    /// by exec. So it is left alone for a while.
    /// </summary>
    private bool IsStranger(int pid, ProcessFacts facts)
    {
        long now = executor.Time.GetTimestamp();
        if (!strangers.TryGetValue(pid, out Stranger stranger) || stranger.Started != facts.Started) strangers[pid] = stranger = new Stranger(facts.Started, now);
        return executor.Time.GetElapsedTime(stranger.Seen, now) < executor.Options.StrangersMayWait;
    }

    private void LookAtLiving()
    {
        ProcessFacts.Adopted(children);
        lookAgain = children.Count > 0;
        ProcessChildren.Forget();
        foreach (int gone in strangers.Keys.Where(pid => ProcessFacts.Read(pid) is not { State: 'Z' }).ToList()) strangers.Remove(gone);
        if (daemons.Count > 0) Forget(daemons);
        foreach (int pid in children)
        {
            if (Leaders.ContainsKey(pid) || ProcessFacts.Read(pid) is not { } facts || facts.Parent != Environment.ProcessId) continue;
            // Peeking shows the first zombie only; a leader that waits for its pipes may hide others.
            if (facts.State == 'Z') _ = Reap(pid);
            else if (facts.Group != ProcessChildren.OwnGroup && !daemons.ContainsKey(pid)) Meet(pid, facts);
        }

        counters.Daemons = daemons.Count;
    }

    private void Forget<T>(Dictionary<int, T> known)
    {
        foreach (int gone in known.Keys.Where(pid => !children.Contains(pid)).ToList()) known.Remove(gone);
    }

    private void Meet(int pid, ProcessFacts facts)
    {
        ReadOnlySpan<byte> bytes = ProcessFacts.Environment(pid, ref environment);
        string? name = bytes.IsEmpty ? null : ProcessFacts.Variable(bytes, "SCOUT_RUN="u8);
        if (name is null)
        {
            // It cleared its environment: only its time tells whose it is.
            if (history.MayEnd(facts.Started, Leaders.Values)) End(pid, "of an ended run");
            return;
        }

        if (ProcessSweep.RunNumber(name, executor.Instance + ".") is not { } number) return;
        foreach (PluginRun leader in Leaders.Values)
        {
            if (leader.Number == number) return;
        }

        if (history.WasEnded(number))
        {
            End(pid, $"of the ended run {name}");
            return;
        }

        bool keep = name.EndsWith(".keep", StringComparison.Ordinal);
        string owner = ProcessFacts.Variable(bytes, "MACHINE_NAME="u8) ?? owners.GetValueOrDefault(number, "");
        daemons[pid] = new Daemon(owner, facts.Started, keep);
        counters.DaemonsKept++;
        if (keep) return;
        List<KeyValuePair<int, Daemon>> own = [.. daemons.Where(entry => entry.Value.Owner == owner && !entry.Value.Keep)];
        if (own.Count <= MaxDaemons) return;
        int oldest = own.MinBy(entry => entry.Value.Started).Key;
        daemons.Remove(oldest);
        counters.DaemonsEnded++;
        End(oldest, $"the oldest of more than {MaxDaemons} that outlived checks of '{owner}'");
    }

    private void Remember(PluginRun run)
    {
        if (owners.TryAdd(run.Number, run.Request.Owner)) ownersByAge.Enqueue(run.Number);
        if (ownersByAge.Count > MaxOwners) owners.Remove(ownersByAge.Dequeue());
    }

    private void End(int pid, string why)
    {
        int handle = Linux.OpenPid(pid);
        // Our own child, unreaped: its number cannot change hands.
        int error = handle >= 0 ? executor.Calls.SignalHandle(handle, Signals.Kill) : executor.Calls.Kill(pid, Signals.Kill);
        if (handle >= 0) _ = Libc.close(handle);
        if (error != 0) return;
        Interlocked.Increment(ref counters.StraysEnded);
        executor.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.StrayEnded, $"ended process {pid}, {why}", "", pid));
    }

    private readonly record struct Stranger(long Started, long Seen);

    private readonly record struct Daemon(string Owner, long Started, bool Keep);
}
