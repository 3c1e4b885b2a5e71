using Scout.Checks;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Names;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Server.Metrics;
using Scout.Server.Runs;

namespace Scout.Server.Loop;

/// <summary>The machines of a node with everything that lives on the loop beside them. Every member is for the loop only, unless it says otherwise.</summary>
internal sealed class NodeCore : IDisposable
{
    private readonly TimeProvider time;
    private readonly NodeLoop loop;
    private readonly FileRuns files;
    private readonly Dictionary<string, MachineCounters> counters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<WatcherValues>> values = new(StringComparer.Ordinal);
    private readonly Dictionary<long, List<Action<ForcedResult>>> forced = [];
    private readonly HashSet<long> cancelled = [];

    public NodeCore(NodeCoreOptions options, INodeJournal journal, IPluginExecutor executor, NodeLoop loop, NodeCounters nodeCounters, TimeProvider time)
    {
        this.time = time;
        this.loop = loop;
        Counters = nodeCounters;
        files = new FileRuns(time);
        Sink = new StepSink(options.Host.Node, journal, loop.Post);
        Host = new MachineHost(options.Host, Sink);
        Probes = new ProbeRuns(options.Probes ?? new ProbeContext { Time = time, Names = new SystemNameLookup() });
        Runner = new CheckRunner(options.Runner, executor, files, Probes, time, nodeCounters.Runs, Post);
        // Posted, because a start may be refused in the middle of a step.
        Runner.NotStarted = request => loop.Post(static state =>
        {
            var (core, run) = ((NodeCore, RunRequest))state!;
            core.Host.Withdraw(run.Id);
        }, (this, request));
        Sink.Start = Runner.Start;
        Sink.Postpone = Host.Postpone;
        Sink.Cancel = id =>
        {
            if (Runner.Cancel(id)) cancelled.Add(id);
        };
        Sink.Forced = Told;
        Sink.Seen = See;
    }

    public MachineHost Host { get; }

    public StepSink Sink { get; }

    public CheckRunner Runner { get; }

    /// <summary>The looks of the node itself; further subjects are registered before <see cref="Start"/>.</summary>
    public ProbeRuns Probes { get; }

    public NodeCounters Counters { get; }

    /// <summary>Called after anything that may have changed what is shown.</summary>
    public Action Changed { get; set; } = static () => { };

    /// <summary>Sees each event of a machine, for <c>scout machine run</c> and the log.</summary>
    public Action<MachineEvent> EventSeen { get; set; } = static _ => { };

    /// <summary>First input of a life; from here on the loop keeps the due times.</summary>
    public void Start(IEnumerable<MachineRecord> records, DefinitionBatch batch)
    {
        Host.Start(records, batch);
        loop.Drive(() => Host.NextDue, Tick);
        loop.Every(TimeSpan.FromSeconds(1), Runner.LookAtStuck);
        Changed();
    }

    /// <summary>A reload.</summary>
    public void Apply(DefinitionBatch batch)
    {
        Host.Apply(batch);
        Forget(batch);
        Changed();
    }

    /// <summary>Calls back when this forced run was applied and is on disk.</summary>
    public void WhenForced(long run, Action<ForcedResult> callback)
    {
        if (!forced.TryGetValue(run, out List<Action<ForcedResult>>? waiters)) forced.Add(run, waiters = []);
        waiters.Add(callback);
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void ForgetForced(long run, Action<ForcedResult> callback)
    {
        if (forced.TryGetValue(run, out List<Action<ForcedResult>>? waiters) && waiters.Remove(callback) && waiters.Count == 0) forced.Remove(run);
    }

    /// <summary>A transition was refused to a person.</summary>
    public void CountRefused(string machine) => CountersOf(machine).Refused++;

    /// <summary>All machines that are shown, by name.</summary>
    public IReadOnlyList<MachineSample> Samples()
    {
        IReadOnlyList<MachineView> views = Host.Views();
        var samples = new List<MachineSample>(views.Count);
        long now = time.GetTimestamp();
        foreach (MachineView view in views)
        {
            if (view.Deleted) continue;
            IReadOnlyList<WatcherValues>? shown = null;
            if (values.Count > 0 && values.TryGetValue(view.Name, out List<WatcherValues>? own))
            {
                own.RemoveAll(watcher => watcher.Until < now);
                shown = [.. own.OrderBy(watcher => watcher.Watcher, StringComparer.Ordinal)];
            }

            samples.Add(new MachineSample(view, CountersOf(view.Name), shown));
        }

        return samples;
    }

    public void Dispose()
    {
        files.Dispose();
        Sink.Dispose();
    }

    /// <summary>Any thread. A good result of a check that nobody asked for can wait a moment, unless others wait for its slot.</summary>
    private void Post(RunEnded ended)
    {
        (NodeCore, RunEnded) state = (this, ended);
        bool routine = ended is { Request: { Kind: RunKind.Plugin, Forced: false }, Outcome: { Status: Machines.CheckStatus.Ok, Reason: "exit" } } && !Runner.IsCrowded;
        if (routine) loop.PostLazily(EndRun, state);
        else loop.Post(EndRun, state);
    }

    private static readonly Action<object?> EndRun = static state =>
    {
        var (core, run) = ((NodeCore, RunEnded))state!;
        core.Ended(run);
    };

    private void Tick()
    {
        Host.Tick();
    }

    private void Ended(RunEnded ended)
    {
        Runner.Release(ended);
        RunRequest request = ended.Request;
        // A run that was ended because its machine went, or a shutdown: its result is dropped (plugins.md section 3).
        if (cancelled.Remove(request.Id) || ended.Outcome.Reason == "cancelled") return;
        Count(request, ended.Outcome);
        Host.Complete(ended.Outcome);
        Changed();
    }

    private void Count(RunRequest request, RunOutcome outcome)
    {
        MachineCounters counts = CountersOf(request.Machine);
        if (request.Kind is RunKind.Plugin or RunKind.Probe)
        {
            counts.CountResult(outcome.Status);
            counts.PerfDataErrors += outcome.Output.PerfDataErrors;
            return;
        }

        bool good = outcome.Reason == "exit" && (request.Kind == RunKind.File ? outcome.File is { Exists: true } : outcome.ExitCode == 0);
        counts.CountRun(request.Watcher, good ? "success" : outcome.Reason switch
        {
            "timeout" => "timeout",
            "exit" or "bad_exit" or "signal" => "failure",
            _ => "error",
        });
    }

    private void Told(ForcedResult result)
    {
        if (!forced.Remove(result.ForcedRun, out List<Action<ForcedResult>>? waiters)) return;
        foreach (Action<ForcedResult> waiter in waiters) waiter(result);
    }

    private void See(Step step)
    {
        foreach (MachineEvent one in step.Events)
        {
            EventSeen(one);
            switch (one)
            {
                case TransitionEvent:
                    CountersOf(one.Machine).Transitions++;
                    break;
                case CheckEvent { Outcome.Reason: "builtin" } builtin:
                    CountersOf(one.Machine).CountResult(builtin.RawStatus);
                    break;
                case WatcherEvent { WatcherType: "metric", Announce: false } metric:
                    Keep(metric);
                    break;
            }
        }

        if (step.Changed.Count > 0 || step.Erased.Count > 0) Changed();
    }

    private void Keep(WatcherEvent metric)
    {
        if (metric.Outcome != "success" || metric.Definition.Watchers.FirstOrDefault(watcher => watcher.Name == metric.Watcher) is not MetricWatcher { SkipPrometheus: false } watcher) return;
        if (!values.TryGetValue(metric.Machine, out List<WatcherValues>? own)) values.Add(metric.Machine, own = []);
        own.RemoveAll(old => old.Watcher == metric.Watcher);
        TimeSpan life = 3 * (watcher.Interval ?? TimeSpan.FromMinutes(1));
        own.Add(new WatcherValues(metric.Watcher, metric.Metrics, watcher.Labels, time.GetTimestamp() + (long)(life.TotalSeconds * time.TimestampFrequency)));
    }

    private void Forget(DefinitionBatch batch)
    {
        var names = batch.Definitions.Select(definition => definition.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string gone in counters.Keys.Where(name => !names.Contains(name)).ToArray())
        {
            counters.Remove(gone);
            values.Remove(gone);
        }
    }

    private MachineCounters CountersOf(string machine)
    {
        if (!counters.TryGetValue(machine, out MachineCounters? counts)) counters.Add(machine, counts = new MachineCounters());
        return counts;
    }
}

/// <summary>What a <see cref="NodeCore"/> is made of.</summary>
internal sealed record NodeCoreOptions(MachineHostOptions Host, RunnerOptions Runner)
{
    /// <summary>What native probes need; null: the system's names and nobody who measures stalls.</summary>
    public ProbeContext? Probes { get; init; }
}
