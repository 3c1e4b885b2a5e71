using Scout.Broker.Mesh.Localisation;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>What kind of trouble a fault is, when it is over, who may object, and how it is told (mesh.md 7).</summary>
internal sealed class FaultJudge(FleetWatchOptions options, Localiser localiser, IReadOnlyList<PathSigns> signs, FleetRings rings, TraceNotes traces) : IFaultView
{
    /// <summary>A fault is over when fewer than this are lost, or fewer than half of what it lost.</summary>
    private const double QuietLoss = 0.01;

    private const double DeadLoss = 0.9;

    /// <summary>
    /// Loss above which witnesses are asked. Not 90 %: until a dead node's silence shows, its own probes count as answered. With half of its packets lost, two of
    /// three witnesses have all five answers in one case of 300.
    /// </summary>
    private const double AskLoss = 0.5;
    private const long StallShows = 5_000;

    /// <summary>Losses of this time give the direction.</summary>
    private const long DirectionsOf = 30_000;

    /// <summary>Traces of this time before a fault's first loss are taken for its own.</summary>
    private const long TracedBefore = 5_000;
    private const int WitnessPackets = 5;

    /// <summary>What the sign of a path is taken from.</summary>
    private const int ReportSeconds = 10;
    private const long AskAgain = 10_000;
    private const int AsksAtOnce = 12;
    private const double LinkScore = 12;

    private readonly Dictionary<string, WitnessRound> witnesses = new(StringComparer.Ordinal);

    /// <summary>Time of the evaluation, for <see cref="IFaultView"/>.</summary>
    public long Now { get; set; }

    /// <summary>Findings that change slowly: signs of paths, and nodes that cannot reach the broker.</summary>
    public IReadOnlyList<Finding> SlowFindings(long now, IReadOnlyCollection<FleetNode> nodes, IReadOnlyCollection<OpenFault> open)
    {
        List<Finding> findings = [.. signs.SelectMany(sign => sign.Findings(rings.Members))];
        List<FleetNode> silent = [.. nodes.Where(one => one is { Index: >= 0, FirstMessage: >= 0 } && one.IsMember && !one.SpokeWithin(now, options.Stopped))];
        // When half of the fleet falls silent at once, the broker's own line is the better guess.
        int spoke = nodes.Count(one => one is { Index: >= 0, FirstMessage: >= 0 });
        if (silent.Count * 2 > spoke) return findings;
        foreach (FleetNode node in silent)
        {
            if (node.BlamedAt >= 0 && now - node.BlamedAt < options.Return) continue;
            (long sent, long lost) = localiser.Count(Component.Node(node.Index), 1);
            if (sent >= 2 && lost * 4 < sent && !open.Any(one => one.Key == new FaultKey(FaultClass.Loss, Component.Node(node.Index)))) findings.Add(new Finding(FaultClass.BrokerLink, new Verdict(Component.Node(node.Index), LinkScore, 1, sent, lost, 0)));
        }

        return findings;
    }

    public bool? IsQuiet(OpenFault fault)
    {
        Component component = fault.Key.Component;
        if (fault.Key.Class == FaultClass.BrokerLink) return rings.NodeAt(component.A)?.SpokeWithin(Now, options.Stopped);
        if (Sign(fault.Key.Class) is { } sign) return sign.IsOver(component, rings.Members);

        (long Sent, long Lost) second = localiser.Count(component, 1);
        fault.Loss.Take(Now, fault.Verdict, second);
        fault.Losing = second.Lost > 0;
        if (component.Kind == ComponentKind.Node && rings.NodeAt(component.A) is { } blamed)
        {
            blamed.BlamedAt = Now;
            if (blamed.FirstMessage >= 0 && !blamed.SpokeWithin(Now, options.Wordless)) blamed.WordlessAt = Now;
        }

        // The background rises with a large fault; half of what the fault lost is never quiet.
        double limit = Math.Min(Math.Max(QuietLoss, 5 * localiser.Background), fault.Loss.Share / 2);
        // The 5 s window decides, unless the fault loses so little that it may well be there and yet lose nothing in 5 s: then a longer one.
        for (int i = 1; i < Seconds.Length; i++)
        {
            // What was before the fault says nothing of it; in a small fleet half a minute of health hid a node that was dead for five seconds.
            if (i > 1 && Now - fault.Since < Seconds[i] * 1000L) return false;
            (long sent, long lost) = localiser.Count(component, Seconds[i]);
            if (lost > sent * limit) return false;
            if (i == Seconds.Length - 1 || fault.Loss.Contradicts(sent, Math.Floor(sent * limit))) return sent == 0 ? null : true;
        }

        return null;
    }

    public bool IsGone(OpenFault fault)
    {
        Component component = fault.Key.Component;
        return component.Kind switch
        {
            ComponentKind.Node => rings.NodeAt(component.A) is not { IsMember: true },
            ComponentKind.Pair => rings.NodeAt(component.A) is not { IsMember: true } || rings.NodeAt(component.B) is not { IsMember: true },
            _ => false,
        };
    }

    public long Began(Finding finding, long now)
    {
        long first = finding.Class == FaultClass.Loss ? localiser.FirstLoss(finding.Verdict.Component, finding.Verdict.Window) : -1;
        return first < 0 ? now : Math.Min(first, now);
    }

    public int Shape(OpenFault fault) =>
        (int)Trouble(fault) | ((int)Direction(fault) << 4) | (Maintenance(fault) ? 1 << 8 : 0) | (fault.Partial ? 1 << 9 : 0);

    /// <summary>
    /// The losses of a fault that is over are spent: longer windows must not name it again. Those that another open fault explains as well stay, and all of them
    /// when the fault was only replaced by another one.
    /// </summary>
    public void Close(OpenFault fault, IReadOnlyCollection<OpenFault> open, long now)
    {
        witnesses.Remove(fault.Id);
        if (!fault.EndedQuiet || fault.Key.Class != FaultClass.Loss) return;
        Component[] others = [.. open.Where(one => one.Key.Class == fault.Key.Class).Select(static one => one.Key.Component)];
        localiser.Forget(fault.Key.Component, now, others);
    }

    public void Witness(OpenFault? fault, MeshWitness witness)
    {
        if (fault is null || !witnesses.TryGetValue(fault.Id, out WitnessRound? round)) return;
        if (!round.Asked.Remove(witness.Node)) return;
        round.Answers.Add(witness);
        int reach = round.Answers.Count(static one => one.Sent >= WitnessPackets && one.Ok == one.Sent);
        if (fault.Key.Component.Kind == ComponentKind.Node) fault.Partial = reach >= 2;
    }

    /// <summary>Whom to ask about suspects that lose nearly all.</summary>
    public IReadOnlyList<WitnessAsk> TakeAsks(IReadOnlyCollection<OpenFault> open, IReadOnlyCollection<FleetNode> nodes, long now)
    {
        List<WitnessAsk> asks = [];
        foreach (OpenFault fault in open)
        {
            if (asks.Count >= AsksAtOnce || fault.Key.Class != FaultClass.Loss || fault.Key.Component.Kind != ComponentKind.Node || fault.Verdict.Loss <= AskLoss) continue;
            if (rings.NodeAt(fault.Key.Component.A) is not { } target) continue;
            if (witnesses.TryGetValue(fault.Id, out WitnessRound? round) && (fault.Confirmed || now - round.At < AskAgain)) continue;
            witnesses[fault.Id] = round = new WitnessRound(now);
            foreach (FleetNode witness in Chosen(target, nodes, now))
            {
                round.Asked.Add(witness.Name);
                asks.Add(new WitnessAsk(fault.Id, witness.Name, witness.Zone, target.Name));
            }
        }

        return asks;
    }

    public MeshFault Describe(OpenFault fault, FaultStep? step, long now, DateTimeOffset wall)
    {
        Component component = fault.Key.Component;
        (string name, bool swapped) = Name(component);
        MeshFaultKind kind = Kind(fault.Key);
        MeshFaultDirection direction = Turned(Direction(fault), swapped);
        MeshFaultTrouble trouble = Trouble(fault);
        Verdict verdict = fault.Verdict;
        Evidence evidence = SearchOf(fault.Key.Class).Explain(component, verdict.Window);
        string text = MeshFaultText.Describe(kind, name, direction, trouble);
        if (evidence.Ports.Count > 0) text += $" on some paths (ports {string.Join(", ", evidence.Ports)})";
        return new MeshFault
        {
            Id = fault.Id,
            State = step switch
            {
                FaultStep.Changed => MeshFaultState.Changed,
                FaultStep.Cleared => MeshFaultState.Cleared,
                _ => fault.Confirmed ? MeshFaultState.Confirmed : MeshFaultState.Suspect,
            },
            Kind = kind,
            Component = name,
            Direction = direction,
            What = trouble,
            Text = text,
            Loss = Math.Clamp(verdict.Loss, 0, 1),
            Confidence = Math.Clamp(verdict.Confidence, 0, 1),
            Since = Wall(fault.Since),
            Confirmed = fault.ConfirmedAt >= 0 ? Wall(fault.ConfirmedAt) : null,
            Cleared = fault.ClearedAt >= 0 ? Wall(fault.ClearedAt) : null,
            At = wall,
            Maintenance = Maintenance(fault),
            Partial = fault.Partial,
            Evidence = new MeshEvidence
            {
                Paths = evidence.Paths,
                FailingPaths = evidence.FailingPaths,
                FarEnds = evidence.FarEnds,
                FailingFarEnds = evidence.FailingFarEnds,
                Sent = verdict.Sent,
                Lost = verdict.Lost,
                Forward = swapped ? verdict.Arriving : verdict.Leaving,
                Reverse = swapped ? verdict.Leaving : verdict.Arriving,
                WindowS = Sign(fault.Key.Class) is null ? verdict.Window : ReportSeconds,
                Failing = [.. evidence.Failing.Select(Example)],
                Passing = [.. evidence.Passing.Select(Example)],
                Ports = evidence.Ports.Count > 0 ? [.. evidence.Ports] : null,
                Witnesses = witnesses.TryGetValue(fault.Id, out WitnessRound? round) && round.Answers.Count > 0 ? [.. round.Answers] : null,
                Trace = fault.Key.Class == FaultClass.Loss ? traces.Most(fault.Since - TracedBefore, (from, to) => ComponentCounts.Holds(localiser.Ledger, component, from, to)) : null,
            },
        };

        DateTimeOffset Wall(long at) => wall - TimeSpan.FromMilliseconds(now - at);
    }

    /// <summary>What a series needs of a fault, without the cost of evidence.</summary>
    public MeshFault Label(OpenFault fault, DateTimeOffset since)
    {
        (string name, bool swapped) = Name(fault.Key.Component);
        MeshFaultKind kind = Kind(fault.Key);
        MeshFaultDirection direction = Turned(Direction(fault), swapped);
        MeshFaultTrouble trouble = Trouble(fault);
        return new MeshFault
        {
            Id = fault.Id,
            State = fault.Confirmed ? MeshFaultState.Confirmed : MeshFaultState.Suspect,
            Kind = kind,
            Component = name,
            Direction = direction,
            What = trouble,
            Text = MeshFaultText.Describe(kind, name, direction, trouble),
            Loss = fault.Verdict.Loss,
            Confidence = fault.Verdict.Confidence,
            Since = since,
            At = since,
            Maintenance = Maintenance(fault),
            Partial = fault.Partial,
            Evidence = new MeshEvidence { Paths = 0, FailingPaths = 0, FarEnds = 0, FailingFarEnds = 0, Sent = fault.Verdict.Sent, Lost = fault.Verdict.Lost },
        };
    }

    private static readonly int[] Seconds = [1, 5, 30, 300];

    private static MeshFaultKind Kind(FaultKey key) => key.Class == FaultClass.BrokerLink ? MeshFaultKind.BrokerLink : key.Component.Kind switch
    {
        ComponentKind.Node => MeshFaultKind.Node,
        ComponentKind.Pair => MeshFaultKind.Pair,
        ComponentKind.ZonePair => MeshFaultKind.ZonePair,
        _ => MeshFaultKind.Zone,
    };

    private MeshFaultTrouble Trouble(OpenFault fault)
    {
        switch (fault.Key.Class)
        {
            case FaultClass.Latency:
                return MeshFaultTrouble.Slow;
            case FaultClass.FullSize:
                return MeshFaultTrouble.Mtu;
            case FaultClass.BrokerLink:
                return MeshFaultTrouble.BrokerLink;
        }

        Verdict verdict = fault.Verdict;
        FleetNode? node = fault.Key.Component.Kind == ComponentKind.Node ? rings.NodeAt(fault.Key.Component.A) : null;
        if (fault.Losing && node is { FirstMessage: >= 0 } && !node.SpokeWithin(Now, options.Stopped) && verdict.Loss > DeadLoss / 2) return MeshFaultTrouble.Down;
        if (node is not null && node.StalledAt >= 0 && Now - node.StalledAt < StallShows) return MeshFaultTrouble.Slow;
        if (!fault.Losing) return (MeshFaultTrouble)(fault.Shape & 0xF);
        return verdict.Late >= 3 && verdict.Late * 2 >= verdict.Losses ? MeshFaultTrouble.Slow : MeshFaultTrouble.Loss;
    }

    /// <summary>As seen from the component's first index; both ways of a node that is down are not worth telling.</summary>
    private MeshFaultDirection Direction(OpenFault fault)
    {
        if (Trouble(fault) != MeshFaultTrouble.Loss) return MeshFaultDirection.Unknown;
        if (!fault.Losing) return (MeshFaultDirection)((fault.Shape >> 4) & 0xF);
        if (fault.Key.Component.Kind == ComponentKind.Node && rings.NodeAt(fault.Key.Component.A) is { WordlessAt: >= 0 } node && Now - node.WordlessAt < DirectionsOf) return MeshFaultDirection.Unknown;
        bool of = fault.Key.Component.Kind is ComponentKind.Node or ComponentKind.Zone;
        return fault.Verdict.Direction switch
        {
            FaultDirection.Egress => of ? MeshFaultDirection.Egress : MeshFaultDirection.Forward,
            FaultDirection.Ingress => of ? MeshFaultDirection.Ingress : MeshFaultDirection.Reverse,
            FaultDirection.Both => MeshFaultDirection.Both,
            _ => MeshFaultDirection.Unknown,
        };
    }

    private static MeshFaultDirection Turned(MeshFaultDirection direction, bool swapped) => (direction, swapped) switch
    {
        (MeshFaultDirection.Forward, true) => MeshFaultDirection.Reverse,
        (MeshFaultDirection.Reverse, true) => MeshFaultDirection.Forward,
        _ => direction,
    };

    private bool Maintenance(OpenFault fault)
    {
        Component component = fault.Key.Component;
        return component.Kind <= ComponentKind.Node && (rings.NodeAt(component.A)?.InMaintenance == true || (component.B >= 0 && rings.NodeAt(component.B)?.InMaintenance == true));
    }

    private (string Name, bool Swapped) Name(Component component)
    {
        bool zones = component.Kind >= ComponentKind.ZonePair;
        string first = zones ? Shown(rings.ZoneName(component.A)) : rings.NodeAt(component.A)?.Name ?? "-";
        if (component.B < 0) return (first, false);
        string second = zones ? Shown(rings.ZoneName(component.B)) : rings.NodeAt(component.B)?.Name ?? "-";
        bool swapped = string.CompareOrdinal(first, second) > 0;
        return (swapped ? $"{second}/{first}" : $"{first}/{second}", swapped);
    }

    private static string Shown(string zone) => zone.Length == 0 ? "-" : zone;

    private MeshExample Example(PathCount path)
    {
        int known = path.Forward + path.Reverse;
        MeshFaultDirection direction = known == 0 ? MeshFaultDirection.Unknown
            : path.Forward >= 0.9 * known ? MeshFaultDirection.Forward
            : path.Reverse >= 0.9 * known ? MeshFaultDirection.Reverse
            : MeshFaultDirection.Both;
        return new MeshExample(rings.NodeAt(path.From)?.Name ?? "-", rings.NodeAt(path.To)?.Name ?? "-", Math.Max(path.Sent, path.Lost), path.Lost, direction);
    }

    private PathSigns? Sign(FaultClass kind) => signs.FirstOrDefault(one => one.Kind == kind);

    private Localiser SearchOf(FaultClass kind) => Sign(kind)?.Localiser ?? localiser;

    /// <summary>One of the target's zone, two (or as many as it wants) of others, by a hash: always the same, and not the nodes that probe it anyway.</summary>
    private IEnumerable<FleetNode> Chosen(FleetNode target, IReadOnlyCollection<FleetNode> nodes, long now)
    {
        List<FleetNode> able = [.. nodes.Where(one => one != target && one.Index >= 0 && one.IsMember && one.SpokeWithin(now, options.Patience)).OrderBy(one => MeshHash.H(target.Id, one.Id))];
        FleetNode? near = able.Find(one => one.Zone == target.Zone);
        IEnumerable<FleetNode> others = able.Where(one => one != near && one.Zone != target.Zone).Concat(able.Where(one => one != near && one.Zone == target.Zone));
        return (near is null ? others : others.Prepend(near)).Take(target.Report?.Witnesses ?? MeshReport.UsualWitnesses);
    }

    private sealed class WitnessRound(long at)
    {
        public long At => at;

        public HashSet<string> Asked { get; } = new(StringComparer.Ordinal);

        public List<MeshWitness> Answers { get; } = [];
    }
}
