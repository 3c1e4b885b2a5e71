using Scout.Checks;
using Scout.Checks.Execution;
using Scout.Machines.Runs;

namespace Scout.Server.Runs;

/// <summary>
/// Gives runs their slots (server.md section 5): forced ones first, then the oldest due time, never two of one machine, and only half of the slots to
/// checks that ended badly last time. Owned by the loop: every method is called there, and what ends elsewhere comes back through <c>post</c>.
/// </summary>
internal sealed class CheckRunner
{
    private readonly RunnerOptions options;
    private readonly IPluginExecutor executor;
    private readonly FileRuns files;
    private readonly ProbeRuns probes;
    private readonly TimeProvider time;
    private readonly RunCounters counters;
    private readonly Action<RunEnded> post;
    private readonly RunEnvironment environment;
    private readonly RunQueue healthy = new();
    private readonly RunQueue suspects = new();
    private readonly Dictionary<long, ActiveRun> active = [];
    private readonly Dictionary<long, RunRequest> waiting = [];
    private readonly HashSet<string> busyMachines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<RunRequest>> behind = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StuckProcess> stuck = new(StringComparer.Ordinal);
    private int activeSuspects;
    private volatile bool crowded;
    private bool closed;
    private TaskCompletionSource? idle;

    public CheckRunner(RunnerOptions options, IPluginExecutor executor, FileRuns files, ProbeRuns probes, TimeProvider time, RunCounters counters, Action<RunEnded> post)
    {
        this.options = options;
        this.executor = executor;
        this.files = files;
        this.probes = probes;
        this.time = time;
        this.counters = counters;
        this.post = post;
        environment = new RunEnvironment(options.Node);
    }

    /// <summary>Told of each run that was asked for and will never start, because of <see cref="Close"/>. On the loop.</summary>
    public Action<RunRequest> NotStarted { get; set; } = static _ => { };

    public int Slots => options.Slots;

    /// <summary>Runs that hold a slot.</summary>
    public int Active => active.Count;

    /// <summary>Runs that wait for a slot, or for another run of their machine.</summary>
    public int Waiting => waiting.Count;

    /// <summary>Runs wait for a slot or for another run. Any thread.</summary>
    public bool IsCrowded => crowded;

    /// <summary>Machines whose last process would not die.</summary>
    public int Stuck => stuck.Count;

    /// <summary>Asks for a run; its outcome is posted in any case.</summary>
    public void Start(RunRequest request)
    {
        if (closed)
        {
            NotStarted(request);
            return;
        }

        waiting.Add(request.Id, request);
        Queue(request);
        Fill();
        if (waiting.ContainsKey(request.Id) && active.Count >= options.Slots) counters.SlotWaited();
    }

    /// <summary>The machine is gone: a waiting run is forgotten, one under way is ended with its process group. No outcome matters any more.</summary>
    /// <returns>True when it was under way: its <see cref="RunEnded"/> will still come.</returns>
    public bool Cancel(long id)
    {
        if (waiting.Remove(id, out RunRequest? request))
        {
            if (behind.TryGetValue(request.Machine, out List<RunRequest>? line) && line.Remove(request)) return false;
            (request.Suspect ? suspects : healthy).Drop(id);
            NextOf(request.Machine);
        }
        else if (active.TryGetValue(id, out ActiveRun? run))
        {
            run.Cancel();
            return true;
        }

        return false;
    }

    /// <summary>Must be called once for each <see cref="RunEnded"/> that was posted, before its outcome is used: gives the slot back.</summary>
    public void Release(RunEnded ended)
    {
        RunRequest request = ended.Request;
        if (!active.Remove(request.Id)) return;
        if (request.Suspect) activeSuspects--;
        if (ended.Stuck is { } process) stuck[request.Machine] = process;
        counters.Ended(request, ended);
        NextOf(request.Machine);
        Fill();
        if (active.Count == 0) idle?.TrySetResult();
    }

    /// <summary>No new runs; what waits is forgotten. Those under way go on until they end or are cancelled.</summary>
    public void Close()
    {
        closed = true;
        RunRequest[] left = [.. waiting.Values];
        waiting.Clear();
        crowded = false;
        healthy.Clear();
        suspects.Clear();
        behind.Clear();
        foreach (RunRequest request in left) NotStarted(request);
    }

    /// <summary>Ends when nothing runs any more; after <see cref="Close"/>.</summary>
    public Task WhenIdle()
    {
        idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (active.Count == 0) idle.TrySetResult();
        return idle.Task;
    }

    /// <summary>Ends everything that still runs.</summary>
    public void CancelAll()
    {
        foreach (ActiveRun run in active.Values) run.Cancel();
    }

    /// <summary>Looks again at processes that would not die; who is gone frees its machine.</summary>
    public void LookAtStuck()
    {
        if (stuck.Count == 0) return;
        foreach ((string machine, StuckProcess process) in stuck.ToArray())
        {
            if (!process.StillThere()) stuck.Remove(machine);
        }
    }

    private void Queue(RunRequest request)
    {
        if (busyMachines.Add(request.Machine))
        {
            (request.Suspect ? suspects : healthy).Add(request);
            return;
        }

        if (!behind.TryGetValue(request.Machine, out List<RunRequest>? line)) behind.Add(request.Machine, line = []);
        int place = request.Forced ? line.FindIndex(other => !other.Forced) : -1;
        line.Insert(place < 0 ? line.Count : place, request);
    }

    // The machine stays busy on paper while somebody stands behind; who is first there goes to the line with its own due time.
    private void NextOf(string machine)
    {
        if (behind.TryGetValue(machine, out List<RunRequest>? line) && line.Count > 0)
        {
            RunRequest next = line[0];
            line.RemoveAt(0);
            (next.Suspect ? suspects : healthy).Add(next);
        }
        else
        {
            behind.Remove(machine);
            busyMachines.Remove(machine);
        }
    }

    private void Fill()
    {
        while (!closed && active.Count < options.Slots && Next() is { } request)
        {
            waiting.Remove(request.Id);
            Begin(request);
        }

        crowded = waiting.Count > 0;
    }

    private RunRequest? Next()
    {
        RunRequest? first = healthy.Peek(out var place);
        if (activeSuspects < options.SuspectSlots && suspects.Peek(out var suspectPlace) is not null && (first is null || suspectPlace.CompareTo(place) < 0))
        {
            return suspects.Take();
        }

        return first is null ? null : healthy.Take();
    }

    private void Begin(RunRequest request)
    {
        var run = new ActiveRun(this, request);
        active.Add(request.Id, run);
        if (request.Suspect) activeSuspects++;
        counters.Started(time.GetElapsedTime(request.DueTimestamp));
        if (stuck.TryGetValue(request.Machine, out StuckProcess? process))
        {
            if (process.StillThere())
            {
                counters.SkippedStuck();
                post(new RunEnded(request, RunOutcomes.Failed(request, "stuck", process.Words, time.GetUtcNow())) { Again = true });
                return;
            }

            stuck.Remove(request.Machine);
        }

        if (request.Kind == RunKind.File)
        {
            files.Start(request, outcome => post(new RunEnded(request, outcome)));
        }
        else if (request.Kind == RunKind.Probe)
        {
            run.Probe();
        }
        else if (!options.Users.TryFind(request.User, out RunUser? user, out string problem))
        {
            post(new RunEnded(request, RunOutcomes.Failed(request, "refused", problem, time.GetUtcNow())));
        }
        else if (!run.As(user) || request.Data is null)
        {
            run.Spawn(null);
        }
        else
        {
            // Two files are written first, which may wait for a disk: not on the loop.
            ThreadPool.UnsafeQueueUserWorkItem(static run => run.WriteFilesAndSpawn(), run, preferLocal: false);
        }
    }

    /// <summary>One run under way. Its start may happen on another thread, so its handle is guarded.</summary>
    private sealed class ActiveRun(CheckRunner owner, RunRequest request)
    {
        private readonly Lock gate = new();
        private IPluginRun? handle;
        private RunFiles? runFiles;
        private bool cancelled;
        private bool elsewhere;
        private bool lost;
        private int attempt;
        private RunUser? user;

        /// <summary>Whom it runs as, null for the server itself. True when there is a place for files that this user may read.</summary>
        public bool As(RunUser? other)
        {
            user = other;
            return other is null ? owner.options.FilesFolder is not null : owner.options.OthersFiles is not null;
        }

        public void Cancel()
        {
            IPluginRun? run;
            lock (gate)
            {
                cancelled = true;
                run = handle;
            }

            run?.Cancel();
        }

        public void WriteFilesAndSpawn()
        {
            try
            {
                runFiles = user is null
                    ? RunFiles.Write(owner.options.FilesFolder!, request.Id, request.Data!, owner.options.Facts())
                    : RunFiles.WriteFor(owner.options.OthersFiles!, request.Data!, owner.options.Facts());
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                owner.post(new RunEnded(request, RunOutcomes.Failed(request, "spawn", $"cannot write WATCHER_DATA: {error.Message}", owner.time.GetUtcNow())));
                return;
            }

            Spawn(runFiles);
        }

        public void Probe() => Hold(owner.probes.Start(request, outcome => owner.post(new RunEnded(request, outcome))));

        public void Spawn(RunFiles? runFiles)
        {
            int which = attempt;
            IPluginRun run = owner.executor.Start(
                new PluginRequest
                {
                    Words = request.Words,
                    Directory = elsewhere ? "/" : request.Definition.Folder,
                    Environment = owner.environment.Of(request, runFiles),
                    Timeout = request.Timeout,
                    User = user,
                    KeepLeftovers = request.Kind == RunKind.Exec,
                    Owner = request.Machine,
                },
                this,
                static (result, state) => ((ActiveRun)state!).Completed(result));
            Hold(run, which);
        }

        private void Hold(IPluginRun run, int which = 0)
        {
            bool late;
            lock (gate)
            {
                // One try may be over, and the next held already, before its start has come back.
                if (which == attempt) handle = run;
                late = cancelled;
            }

            if (late) run.Cancel();
        }

        // The machine directory as a whole may go while its definitions go on (server.md section 2). What does not live in it runs from the root then.
        private bool GoesElsewhere(PluginResult result) =>
            result is { Cause: "bad_cwd", Errno: "ENOENT" } && !elsewhere && request.Words.Count > 0 && (request.Words[0].StartsWith('/') || !request.Words[0].Contains('/'));

        // Its status went to somebody else in this process, a defect that the executor reports: the check itself is asked again, for its next turn may be
        // long in coming. A command that changes something is not.
        private bool GoesAgain(PluginResult result)
        {
            if (result.Reason != "lost" || lost || request.Kind is not (RunKind.Plugin or RunKind.Metric)) return false;
            lost = true;
            return true;
        }

        private void Completed(PluginResult result)
        {
            bool moves = GoesElsewhere(result);
            if (moves || GoesAgain(result))
            {
                lock (gate)
                {
                    elsewhere |= moves;
                    attempt++;
                }

                Spawn(runFiles);
                return;
            }

            runFiles?.Dispose();
            owner.post(new RunEnded(request, RunOutcomes.Of(request, result))
            {
                CpuTime = result.CpuTime,
                Truncated = result.Truncated,
                StderrTruncated = result.StderrTruncated,
                PerfDataCut = result.Output.PerfDataErrors.TooMany,
                Stuck = result is { Reason: "stuck", Pid: int pid } ? StuckProcess.Find(pid, result.StartedAt) : null,
            });
        }
    }
}
