using Scout.Broker.Mesh.Localisation;
using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;

namespace Scout.Broker.Mesh.Watching;

/// <summary>
/// A fleet's mesh as one who hears its telemetry sees it: roster, places, loss messages and reports come in, faults come out. Without sockets, threads or a
/// clock: the broker's service and <c>scout mesh --live</c> feed it, and the simulation does in virtual time. Not for several threads at once.
/// </summary>
public sealed class FleetWatch
{
    /// <summary>Milliseconds between two evaluations.</summary>
    public const int EvaluateMs = 100;

    private const int SlowEvaluations = 10;

    private readonly Dictionary<string, FleetNode> nodes = new(StringComparer.Ordinal);
    // A place may come before the node's own entry, and outlives it.
    private readonly Dictionary<string, NodePlace> places = new(StringComparer.Ordinal);
    private readonly HashSet<string> unmeshed = new(StringComparer.Ordinal);
    private readonly TraceNotes traces = new();
    private readonly FleetRings rings;
    private readonly TrialSchedule schedule;
    private readonly FaultJudge judge;
    private readonly PathSigns latency = new(FaultClass.Latency, static path => path.Latency.Known ? path.Latency.Slow : null, static path => path.Latency.Lasts);
    private readonly PathSigns sizes = new(FaultClass.FullSize, static path => path.Sizes.Known ? path.Sizes.Blocked : null, static path => path.Sizes.Lasts, early: 1);
    private IReadOnlyList<Finding> slowFindings = [];
    private long hearsSince;
    private long evaluations;

    /// <param name="options">Bounds and times.</param>
    /// <param name="seed">Of the ids of faults.</param>
    public FleetWatch(FleetWatchOptions options, ulong seed)
    {
        Options = options;
        Localiser = new Localiser(options.Localiser);
        PathSigns[] signs = [latency, sizes];
        rings = new FleetRings(options, Localiser, signs);
        schedule = new TrialSchedule(options, Localiser, rings);
        Faults = new FaultBook(new FaultIds(seed).Next);
        judge = new FaultJudge(options, Localiser, signs, rings, traces);
    }

    public FleetWatchOptions Options { get; }

    public Localiser Localiser { get; }

    public FaultBook Faults { get; }

    public FleetCounters Counters { get; } = new();

    /// <summary>Who probes whom, as of the last change of the roster.</summary>
    public MeshTopology Topology => rings.Topology;

    internal IReadOnlyCollection<FleetNode> Nodes => nodes.Values;

    internal FleetRings Rings => rings;

    /// <summary>Nodes of the cluster that run a server's pod and are not in the mesh: not started yet, never heard, or stopped for good.</summary>
    internal IEnumerable<string> Absent =>
        places.Where(one => one.Value.IsExpected && !unmeshed.Contains(one.Key) && !(nodes.TryGetValue(one.Key, out FleetNode? node) && node.IsMember)).Select(static one => one.Key);

    internal FaultJudge Judge => judge;

    /// <summary>A roster entry was written.</summary>
    public void Roster(RosterEntry entry, long now)
    {
        uint incarnation = (uint)Math.Clamp(entry.Started.ToUnixTimeSeconds(), 0, uint.MaxValue);
        if (entry.Mesh is null && entry.Stopped is null && unmeshed.Count < Options.MaxNodes) unmeshed.Add(entry.Node);
        else unmeshed.Remove(entry.Node);
        MeshNodeState state = entry.Mesh is null || entry.Stopped is not null ? MeshNodeState.Gone : entry.Mesh.ParseState();
        Roster(entry.Node, entry.Zone ?? "", state, incarnation, now);
    }

    /// <summary>What matters of a roster entry; <see cref="MeshNodeState.Gone"/> for one that was deleted.</summary>
    public void Roster(string name, string zone, MeshNodeState state, uint incarnation, long now)
    {
        if (!nodes.TryGetValue(name, out FleetNode? node))
        {
            if (!MeshNodeStates.IsMember(state) && state != MeshNodeState.Leaving) return;
            if (nodes.Count >= Options.MaxNodes)
            {
                Counters.TooManyNodes++;
                return;
            }

            // It was listed before we looked: that is no word of it.
            node = new FleetNode(name) { ListedAt = now, Place = places.GetValueOrDefault(name), Incarnation = incarnation };
            nodes.Add(name, node);
        }

        if (incarnation > node.Incarnation)
        {
            node.Incarnation = incarnation;
            node.LastNumber = 0;
            node.Leaving = false;
            if (node.State is MeshNodeState.Gone or MeshNodeState.Leaving) node.ListedAt = now;
            Hear(node, now);
        }

        node.State = state;
        node.RosterZone = zone;
        if (state is MeshNodeState.Leaving or MeshNodeState.Gone) node.Leaving = true;
        rings.Touch(now);
    }

    /// <summary>A node's place; null when it was deleted.</summary>
    public void Place(string name, NodePlace? place, long now)
    {
        if (place is null) places.Remove(name);
        else if (places.ContainsKey(name) || places.Count < Options.MaxNodes) places[name] = place;
        else Counters.TooManyNodes++;
        if (!nodes.TryGetValue(name, out FleetNode? node) || Equals(node.Place, place)) return;
        node.Place = place;
        rings.Touch(now);
    }

    /// <summary>A loss message. What it says counts for its sender's own probes only.</summary>
    /// <param name="message">Read with the node of its subject.</param>
    /// <param name="now">When it arrived.</param>
    /// <param name="wall">Our wall clock then.</param>
    public void Loss(MeshLossMessage message, long now, DateTimeOffset wall)
    {
        if (Known(message.Node, message.Incarnation, now) is not { } node) return;
        if (message.Number <= node.LastNumber)
        {
            Counters.Repeated++;
            return;
        }

        node.LastNumber = message.Number;
        Hear(node, now);
        long heldUp = node.HeldUp(message.Clock - wall.ToUnixTimeMilliseconds(), now);
        if (node.FirstMessage < 0) node.FirstMessage = now;
        node.LastMessage = now;
        Counters.LossMessages++;
        if (message.Leaving && !node.Leaving)
        {
            node.Leaving = true;
            rings.Touch(now);
        }

        foreach (MeshTrace trace in message.Traces)
        {
            if (Find(trace.Peer) is { } to) traces.Add(new TraceNote(node, to, trace.Text, now));
        }

        if (node.Index < 0) return;
        schedule.Take(node, message, now, heldUp, Find, Counters);
    }

    /// <summary>A node said in its lifecycle that it is there.</summary>
    public void Alive(string name, long now)
    {
        if (Find(name) is { } node) Hear(node, now);
        else Counters.UnknownSender++;
    }

    /// <summary>Nothing can be heard: silence counts from here on.</summary>
    public void Deaf(long now) => hearsSince = now;

    /// <summary>Who is silent; call it each second or so. Who has been for <see cref="FleetWatchOptions.ForgetAfter"/> leaves the mesh.</summary>
    public FleetSilence Silence(long now)
    {
        HashSet<string> silent = [];
        HashSet<string> unheard = [];
        foreach (FleetNode node in nodes.Values)
        {
            if (!node.IsListed) continue;
            if (node.HeardAt >= 0 && now - node.HeardAt <= Options.Silent) continue;
            long since = Math.Max(Math.Max(node.HeardAt, node.ListedAt), hearsSince);
            if (now - since <= Options.Silent)
            {
                unheard.Add(node.Name);
                continue;
            }

            silent.Add(node.Name);
            if (node.Forgotten || now - since <= Options.Silent + Options.ForgetAfter) continue;
            node.Forgotten = true;
            rings.Touch(now);
        }

        return silent.Count + unheard.Count == 0 ? FleetSilence.None : new FleetSilence([.. silent], [.. unheard]);
    }

    /// <summary>A report.</summary>
    public void Report(MeshReport report, long now)
    {
        if (Known(report.Node, report.Incarnation, now) is not { } node) return;
        Counters.Reports++;
        node.Report = report;
        node.ReportAt = now;
        node.Interval = report.IntervalMs;
        rings.Learn(nodes.Values, report, now);
        if (node.Index < 0) return;
        foreach (MeshReportRow row in report.Rows)
        {
            FleetPath? path = node.Paths.Find(one => one.To.Name == row.Peer);
            if (path is null || path.To.Index < 0) continue;
            if (row.RttMicros is { } micros && row.Udp.Ok >= 3 && path.Latency.Take(micros)) latency.Touch();
            if (path.Sizes.Take(row)) sizes.Touch();
        }

        if (report.Received.Length >= MeshReport.MaxReceived || report.WindowMs < 1000) return;
        var received = report.Received.ToDictionary(static one => one.Sender, static one => one.Packets, StringComparer.Ordinal);
        Localiser.TellReceived(
            node.Index, now - report.WindowMs, from => rings.NodeAt(from) is { } sender ? received.GetValueOrDefault(sender.Name) : null,
            from => (int)(report.WindowMs / (rings.NodeAt(from) is { Interval: > 0 } sender ? sender.Interval : Options.Interval)) - 1);
    }

    /// <summary>What a witness found; see <see cref="TakeAsks"/>.</summary>
    public void Witness(string fault, MeshWitness witness) => judge.Witness(Faults.Find(fault), witness);

    /// <summary>Each 100 ms: counts what is due, looks who is to blame, and tells what changed.</summary>
    /// <param name="now">Milliseconds of a monotonic clock, the same as everywhere here.</param>
    /// <param name="wall">Wall clock, for people.</param>
    public IReadOnlyList<FaultChange> Evaluate(long now, DateTimeOffset wall)
    {
        rings.Settle(nodes, now);
        Localiser.AdvanceTo(now);
        schedule.Count(rings.Members, now, wall);
        List<Finding> findings = [];
        foreach (Verdict verdict in Localiser.Evaluate(now)) findings.Add(new Finding(FaultClass.Loss, verdict));
        if (evaluations++ % SlowEvaluations == 0) slowFindings = judge.SlowFindings(now, nodes.Values, Faults.Open);
        findings.AddRange(slowFindings);
        judge.Now = now;
        List<FaultChange> changes = [];
        foreach ((OpenFault fault, FaultStep step) in Faults.Update(now, findings, judge))
        {
            changes.Add(new FaultChange(step, judge.Describe(fault, step, now, wall)));
            if (step == FaultStep.Suspect) Counters.Opened(changes[^1].Fault.Kind);
            if (step == FaultStep.Cleared) judge.Close(fault, Faults.Open, now);
        }

        return changes;
    }

    /// <summary>Nodes to be asked to probe a suspect, each once.</summary>
    public IReadOnlyList<WitnessAsk> TakeAsks(long now) => judge.TakeAsks(Faults.Open, nodes.Values, now);

    /// <summary>All open faults as documents, the gravest first; pairs with a common end as one.</summary>
    public IReadOnlyList<MeshFault> OpenFaults(long now, DateTimeOffset wall) => FaultLines.Joined([.. Faults.Open.Select(fault => judge.Describe(fault, step: null, now, wall))]);

    private void Hear(FleetNode node, long now)
    {
        node.HeardAt = now;
        if (!node.Forgotten) return;
        node.Forgotten = false;
        rings.Touch(now);
    }

    private FleetNode? Find(string name) => nodes.GetValueOrDefault(name);

    private FleetNode? Known(string name, uint incarnation, long now)
    {
        if (!nodes.TryGetValue(name, out FleetNode? node))
        {
            Counters.UnknownSender++;
            return null;
        }

        if (!node.MaySpeak(now))
        {
            Counters.Flooded++;
            return null;
        }

        if (incarnation < node.Incarnation)
        {
            Counters.Outdated++;
            return null;
        }

        if (incarnation > node.Incarnation)
        {
            node.Incarnation = incarnation;
            node.LastNumber = 0;
            if (node.Leaving && MeshNodeStates.IsMember(node.State))
            {
                node.Leaving = false;
                rings.Touch(now);
            }
        }

        return node;
    }
}

/// <summary>A fault that changed, as it is told.</summary>
public readonly record struct FaultChange(FaultStep Step, MeshFault Fault);

/// <summary>Somebody to ask: RPC <c>probe</c> to <paramref name="Witness"/>, about <paramref name="Target"/>.</summary>
public readonly record struct WitnessAsk(string Fault, string Witness, string Zone, string Target);
