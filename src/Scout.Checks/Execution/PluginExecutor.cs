using System.Diagnostics.CodeAnalysis;
using System.Text;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>
/// Runs plugins on Linux (plugins.md section 7): spawner threads start programs, one reactor thread watches them, and nothing a plugin does can hold
/// either up. One spawner starts what falls due together, one after the other, because waking a second costs more than it saves; the second helps when
/// the first is slow. Its process becomes the parent of what plugins leave behind; several executors in one share what they must know of each other's children.
/// </summary>
public sealed class PluginExecutor : IPluginExecutor
{
    /// <summary>How many spawners work.</summary>
    internal const int SpawnerCount = 2;

    /// <summary>How many spawners may be written off and replaced.</summary>
    internal const int MaxReplaced = 4;

    private readonly Lock gate = new();
    private readonly Queue<PluginRun> waiting = new();
    private readonly List<Spawner> spawners = [];
    private readonly List<(Spawner Spawner, string Place)> hung = [];
    private readonly Reactor reactor;
    private readonly Stack<Spawner> asleep = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string[] hungPlaces = [];
    private long lastNumber;
    private int started;
    private int spawnerNumber;
    private volatile bool behind;
    private long pauseUntil;
    private string pauseErrno = "";
    private bool stopping;
    private bool over;

    /// <summary>Prepares the process (limits, reaper of orphans) and starts the threads.</summary>
    public PluginExecutor(PluginExecutorOptions options)
        : this(options, new LinuxProcessCalls())
    {
    }

    internal PluginExecutor(PluginExecutorOptions options, IProcessCalls calls)
    {
        Options = options;
        Time = options.Time;
        Calls = calls;
        ProcessSetup setup = ProcessSetup.Apply(options);
        OwnSession = setup.HasTerminal;
        Search = new ProgramSearch(options.PluginPath);
        Trust = new TrustRule(setup.User, setup.Privileged, setup.Owners, path => Notice(new PluginExecutorNotice(
            PluginExecutorNoticeKind.GroupWritable, $"{path} may be written by its group, and so may what is run from it; chmod g-w if that is not meant")));
        string instance = options.Instance.Length > 0 ? options.Instance : ProcessChildren.NewInstance(Time.GetUtcNow().ToUnixTimeMilliseconds());
        Instance = instance;
        RunPrefix = Encoding.UTF8.GetBytes($"SCOUT_RUN={instance}.");
        reactor = new Reactor(this);
        ProcessChildren.Enter(this);
        lock (gate)
        {
            for (int index = 0; index < SpawnerCount; index++) spawners.Add(new Spawner(this, ++spawnerNumber));
        }

        reactor.Run();
        int self = Linux.OpenPid(Environment.ProcessId);
        if (self >= 0) _ = Libc.close(self);
        else Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.Degraded, $"no process descriptors ({Errno.Name(-self)}, a kernel before 5.3?): the end of plugins is asked for every 20 ms"));
    }

    /// <summary>What was done so far.</summary>
    public PluginExecutorCounters Counters
    {
        get
        {
            int hungNow;
            lock (gate) hungNow = hung.Count;
            return reactor.Counters.Snapshot(Volatile.Read(ref started), hungNow);
        }
    }

    internal PluginExecutorOptions Options { get; }

    internal TimeProvider Time { get; }

    internal IProcessCalls Calls { get; }

    internal ProgramSearch Search { get; }

    internal TrustRule Trust { get; }

    internal bool OwnSession { get; }

    internal string Instance { get; }

    internal byte[] RunPrefix { get; }

    /// <summary>Runs wait although a spawner is at work: the reactor looks whether it needs help, and so must not sleep long.</summary>
    internal bool IsBehind => behind;

    internal bool SpawnersIdle
    {
        get
        {
            lock (gate) return waiting.Count == 0 && spawners.TrueForAll(spawner => spawner.Current is null);
        }
    }

    public IPluginRun Start(PluginRequest request, object? state, Action<PluginResult, object?> completed)
    {
        var run = new PluginRun(this, request, state, completed, Interlocked.Increment(ref lastNumber), Math.Clamp(Options.MaxOutput, 1024, 1024 * 1024));
        Interlocked.Increment(ref started);
        Enqueue(run);
        return run;
    }

    /// <summary>Running plugins get <see cref="PluginExecutorOptions.ShutdownGrace"/>, then are ended together; every run has its result afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate) stopping = true;
        reactor.PostStop();
#pragma warning disable VSTHRD003 // The reactor's own thread sets it, and waits for nobody who could be waiting here.
        await ended.Task.ConfigureAwait(false);
#pragma warning restore VSTHRD003
    }

    /// <summary>Puts a run before the spawners; after the end of the executor it is cancelled.</summary>
    internal void Enqueue(PluginRun run)
    {
        bool refused;
        bool busy = false;
        lock (gate)
        {
            refused = stopping;
            if (!refused)
            {
                run.QueuedAt = Time.GetTimestamp();
                waiting.Enqueue(run);
                busy = asleep.Count < spawners.Count;
                if (busy) behind = true;
                else if (asleep.TryPop(out Spawner? spawner)) spawner.Wake();
            }
        }

        if (busy) reactor.Hurry();
        if (!refused) return;
        run.Problem = StartProblem.Cancelled;
        if (reactor.Post(InboxKind.Back, run)) return;
        PluginResult result = PluginResults.NotStarted(run, TimeSpan.Zero);
        reactor.Counters.Count(result);
        run.Complete(result);
    }

    /// <summary>The next run to start, without waiting for one.</summary>
    internal bool TryTake(Spawner spawner, [NotNullWhen(true)] out PluginRun? run)
    {
        lock (gate)
        {
            if (!waiting.TryDequeue(out run)) return false;
            spawner.Current = run;
            return true;
        }
    }

    /// <summary>The next run to start; blocks. Null: the executor has ended.</summary>
    internal PluginRun? Take(Spawner spawner)
    {
        while (true)
        {
            lock (gate)
            {
                if (waiting.TryDequeue(out PluginRun? run))
                {
                    spawner.Current = run;
                    return run;
                }

                if (over) return null;
                // The last that fell asleep is woken first: its memory is still in the caches.
                asleep.Push(spawner);
            }

            spawner.Sleep();
        }
    }

    /// <summary>Wakes a sleeping spawner when a run has waited too long behind the others. Called by the reactor.</summary>
    /// <param name="now">Monotonic.</param>
    /// <param name="patience">How long a run may wait, in ticks of the clock.</param>
    internal void Help(long now, long patience)
    {
        lock (gate)
        {
            behind = waiting.TryPeek(out PluginRun? run);
            if (behind && now - run!.QueuedAt > patience && asleep.TryPop(out Spawner? spawner)) spawner.Wake();
        }
    }

    /// <summary>The highest number up to the one given below which no spawn of this executor is still under way, but for those written off.</summary>
    internal long SettledTicket(long settled)
    {
        lock (gate)
        {
            foreach (Spawner spawner in spawners)
            {
                long inFlight = spawner.InFlight;
                if (inFlight != 0) settled = Math.Min(settled, inFlight - 1);
            }
        }

        return settled;
    }

    internal bool IsHung(string place)
    {
        string[] places = hungPlaces;
        return places.Length > 0 && Array.IndexOf(places, place) >= 0;
    }

    /// <summary>While the node lacks something, nothing is started.</summary>
    internal StartProblem? IsPausing(long now) => now < Volatile.Read(ref pauseUntil)
        ? StartProblem.Spawn("no_resources", 0, $"starts pause because the system lacks processes, memory or descriptors ({pauseErrno})")
        : null;

    internal void Pause(long until, string errno)
    {
        pauseErrno = errno;
        Volatile.Write(ref pauseUntil, until);
    }

    internal void PostBack(PluginRun run) => reactor.PostBack(run);

    internal void Arm(PluginRun run) => reactor.Arm(run);

    internal void PostLate(PluginRun run)
    {
        if (reactor.Post(InboxKind.Late, run) || run.Problem is not null) return;
        // The executor has ended: nobody waits for it any more, and whoever looks for orphans may have it.
        _ = Calls.Kill(-run.Pid, Signals.Kill);
        ProcessChildren.Over(run);
    }

    internal void PostCancel(PluginRun run) => reactor.Post(InboxKind.Cancel, run);

    /// <summary>Spawners whose start has passed its deadline, or all that are under way. Called by the reactor, which then tries to write their runs off.</summary>
    internal void Overdue(long now, bool all, List<(Spawner Spawner, PluginRun Run)> found)
    {
        lock (gate)
        {
            foreach (Spawner spawner in spawners)
            {
                if (spawner.Current is { } run && Volatile.Read(ref run.SpawnState) == PluginRun.SpawnUnderWay
                    && (all || Time.GetElapsedTime(run.SpawnStarted, now) >= run.Timeout))
                {
                    found.Add((spawner, run));
                }
            }
        }
    }

    /// <summary>Writes a spawner off: a new one takes its place, while there are few such; from then on its folder is not touched any more.</summary>
    internal void WriteOff(Spawner spawner, PluginRun run)
    {
        bool replaced;
        lock (gate)
        {
            spawners.Remove(spawner);
            hung.Add((spawner, spawner.Place));
            replaced = hung.Count <= MaxReplaced;
            if (replaced) spawners.Add(new Spawner(this, ++spawnerNumber));
            SetHungPlaces();
        }

        reactor.Counters.SpawnersReplaced++;
        Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.SpawnerReplaced,
            $"the start of {run.Request.Words[0]} has not come back from {spawner.Place}; {(replaced ? "another thread takes over" : "no more threads are replaced")}, look at that file system",
            run.Request.Owner));
    }

    /// <summary>A written-off spawner is back, and ends: its folder may be tried again.</summary>
    internal void SpawnerReturned(Spawner spawner)
    {
        lock (gate)
        {
            hung.RemoveAll(entry => entry.Spawner == spawner);
            if (spawners.Count < SpawnerCount && !stopping) spawners.Add(new Spawner(this, ++spawnerNumber));
            SetHungPlaces();
        }
    }

    /// <summary>When no spawner is left, what waits cannot start: the reactor answers it.</summary>
    internal void TakeWithoutSpawner(List<PluginRun> found)
    {
        lock (gate)
        {
            if (spawners.Count > 0) return;
            while (waiting.TryDequeue(out PluginRun? run)) found.Add(run);
        }
    }

    /// <summary>At the end: everything that waits.</summary>
    internal void TakeAll(List<PluginRun> found)
    {
        lock (gate)
        {
            while (waiting.TryDequeue(out PluginRun? run)) found.Add(run);
        }
    }

    /// <summary>Called by the reactor as its last act.</summary>
    internal void Ended()
    {
        Spawner[] all;
        lock (gate)
        {
            over = true;
            all = [.. spawners];
            while (asleep.TryPop(out Spawner? spawner)) spawner.Wake();
        }

        foreach (Spawner spawner in all) spawner.Join();
        ProcessChildren.Leave(this);
        ended.SetResult();
    }

    internal void Notice(PluginExecutorNotice notice)
    {
        try
        {
            Options.Observer?.Notice(notice);
        }
        catch (Exception)
        {
            reactor.Counters.CallbackFailures++;
        }
    }

    private void SetHungPlaces() => hungPlaces = hung.Count < MaxReplaced ? [] : [.. hung.Select(entry => entry.Place).Distinct(StringComparer.Ordinal)];
}
