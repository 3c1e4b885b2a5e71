using Scout.Broker.Mesh.Localisation;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Probing;

namespace Scout.Mesh.Simulation;

/// <summary>How large and how noisy.</summary>
/// <param name="Ahead">Seconds for which a plan is made; the paths of a minute are half of the work of a short run.</param>
internal sealed record SimSettings(int Nodes, int Zones, double Loss, int Seed, int Ahead = SimFarTargets.Seconds);

/// <summary>
/// A fleet in one thread and virtual time: real probers, reporters and the broker's watch, with all messages between them in the bytes of the wire. Every event
/// has its nanosecond; the same seed gives the same run.
/// </summary>
internal sealed class SimFleet
{
    private const long Millisecond = 1_000_000;
    private const long Second = 1_000_000_000;
    private const uint FirstIncarnation = 1_795_000_000;

    /// <summary>From a node to the broker.</summary>
    private const long LineDelay = 2 * Millisecond;

    private readonly PriorityQueue<SimEvent, (long At, long Order)> queue = new();
    private readonly List<SimNode> nodes = [];
    private readonly Dictionary<string, SimNode> byName = new(StringComparer.Ordinal);
    private readonly SimSettings settings;
    private readonly Random random;
    private long order;
    private bool replanning;

    public SimFleet(SimSettings settings)
    {
        this.settings = settings;
        random = new Random(settings.Seed);
        Network = new SimNetwork(this, settings.Loss, new Random(settings.Seed + 1));
        Watch = new FleetWatch(new FleetWatchOptions(), (ulong)settings.Seed);
        for (int i = 0; i < settings.Nodes; i++) Add(listedAt: long.MinValue / 2);
        Replan();
        Schedule(Time.Now + (100 * Millisecond), new SimEvent(SimEventKind.Evaluate, null));
        Every(Second * (settings.Ahead - 2), Replan);
    }

    public SimTime Time { get; } = new();

    public SimNetwork Network { get; }

    public FleetWatch Watch { get; }

    public IReadOnlyList<SimNode> Nodes => nodes;

    public long Events { get; private set; }

    public int Ahead => settings.Ahead;

    /// <summary>Called after each evaluation with what changed.</summary>
    public Action<IReadOnlyList<FaultChange>> Evaluated { get; set; } = static _ => { };

    /// <summary>Called with each message that reaches the broker: milliseconds, subject, bytes.</summary>
    public Action<long, string, byte[]> Heard { get; set; } = static (_, _, _) => { };

    public static string ZoneName(int zone) => $"z{zone:00}";

    public SimNode? Find(string name) => byName.GetValueOrDefault(name);

    public SimNode? Node(int index) => nodes[index];

    public bool IsLeaving(string name) => byName.TryGetValue(name, out SimNode? node) && node.Leaving;

    public void Schedule(long at, in SimEvent one) => queue.Enqueue(one, (at, order++));

    public void After(long nanoseconds, Action what) => Schedule(Time.Now + nanoseconds, new SimEvent(SimEventKind.Call, null, What: what));

    /// <summary>Lets time pass.</summary>
    public void Run(long nanoseconds)
    {
        long end = Time.Now + nanoseconds;
        while (queue.TryPeek(out SimEvent one, out (long At, long Order) when) && when.At <= end)
        {
            queue.Dequeue();
            Time.Now = Math.Max(Time.Now, when.At);
            Events++;
            Handle(one, when.At);
        }

        Time.Now = end;
    }

    public void Soon(SimNode node) => Schedule(Time.Now + (50 * Millisecond), new SimEvent(SimEventKind.Soon, node));

    public void Telemetry(SimNode from, string subject, byte[] message) => Schedule(Time.Now + LineDelay, new SimEvent(SimEventKind.Telemetry, from, What: (subject, message)));

    /// <summary>Ends without a word.</summary>
    public static void Kill(SimNode node) => node.Dead = true;

    /// <summary>Says goodbye, answers for 2 s as one who leaves, and ends.</summary>
    public void Drain(SimNode node)
    {
        node.Leaving = true;
        node.Core.Stop();
        node.Reporter.Leaving = true;
        node.Reporter.Soon();
        Listed(node, MeshNodeState.Leaving);
        After(2 * Second, () =>
        {
            node.Dead = true;
            Listed(node, MeshNodeState.Gone);
        });
    }

    /// <summary>Stands still: neither probes, answers, nor tells.</summary>
    public void Freeze(SimNode node, long nanoseconds)
    {
        node.FrozenUntil = Time.Now + nanoseconds;
        long from = Math.Max(Time.Now, Math.Min(node.Core.NextDue, node.FrozenUntil));
        Schedule(node.FrozenUntil, new SimEvent(SimEventKind.Thaw, node, What: from));
    }

    /// <summary>A new node with a name of its own.</summary>
    public SimNode Join()
    {
        SimNode node = Add(Time.Now);
        Listed(node, MeshNodeState.Up);
        return node;
    }

    private SimNode Add(long listedAt)
    {
        int index = nodes.Count;
        int zone = index % settings.Zones;
        var node = new SimNode(this, index, ZoneName(zone), zone, FirstIncarnation + (uint)index, listedAt, (ulong)random.NextInt64());
        nodes.Add(node);
        byName.Add(node.Name, node);
        Watch.Roster(node.Name, node.Zone, MeshNodeState.Up, node.Incarnation, Time.NowMs);
        Schedule(Time.Now + random.NextInt64(Second), new SimEvent(SimEventKind.Beat, node));
        return node;
    }

    /// <summary>The roster changes: the broker knows at once, rings follow 200 ms later.</summary>
    private void Listed(SimNode node, MeshNodeState state)
    {
        Watch.Roster(node.Name, node.Zone, state, node.Incarnation, Time.NowMs);
        if (replanning) return;
        replanning = true;
        After(200 * Millisecond, Replan);
    }

    private void Replan()
    {
        replanning = false;
        // A dead node stands in the roster until it is forgotten.
        SimNode[] members = [.. nodes.Where(static one => !one.Leaving)];
        var topology = MeshTopology.Build(members.Select(static one => new MeshMember(one.Name, one.Zone)), MeshTopologyOptions.Default);
        var byRank = new SimNode[topology.Count];
        foreach (SimNode node in members) byRank[topology.RankOf(node.Name)] = node;
        foreach (SimNode node in members)
        {
            if (node.Dead) continue;
            node.Plan(topology, byRank, byName, Time.Now);
            Rearm(node);
        }
    }

    private void Every(long nanoseconds, Action what) => After(nanoseconds, () =>
    {
        what();
        Every(nanoseconds, what);
    });

    private void Handle(in SimEvent one, long at)
    {
        SimNode? node = one.Node;
        if (node is not null && one.Kind != SimEventKind.Telemetry)
        {
            if (node.Dead) return;
            if (node.FrozenUntil > Time.Now && one.Kind != SimEventKind.Thaw)
            {
                node.Missed.Add(one);
                return;
            }
        }

        switch (one.Kind)
        {
            case SimEventKind.Wake:
                if (node!.WakesAt != at) return;
                node.WakesAt = long.MaxValue;
                node.Core.Advance(Time.Now, node);
                Rearm(node);
                break;
            case SimEventKind.Reply:
                Reply(node!, one, at);
                Rearm(node!);
                break;
            case SimEventKind.Beat:
                node!.Reporter.Beat();
                Schedule(at + Second, one);
                break;
            case SimEventKind.Soon:
                node!.Reporter.Soon();
                break;
            case SimEventKind.Thaw:
                Thaw(node!, (long)one.What!);
                break;
            case SimEventKind.Telemetry:
                Hear(((string Subject, byte[] Message))one.What!);
                break;
            case SimEventKind.Evaluate:
                Evaluate();
                Schedule(at + (100 * Millisecond), one);
                break;
            default:
                ((Action)one.What!)();
                break;
        }
    }

    private void Reply(SimNode node, in SimEvent one, long receivedAt) => node.Core.UdpReply(
        new UdpEcho(one.Handle, one.Sequence, 0, one.Reflected, Stateful: true, one.Answer, one.Incarnation, receivedAt, KernelStamp: true, Residence: 0), Time.Now);

    private void Thaw(SimNode node, long from)
    {
        node.FrozenUntil = 0;
        node.Core.Stall(from, Time.Now);
        foreach (SimEvent missed in node.Missed.Where(static one => one.Kind == SimEventKind.Reply)) Reply(node, missed, Time.Now);
        node.WakesAt = long.MaxValue;
        node.Core.Advance(Time.Now, node);
        foreach (SimEvent missed in node.Missed.Where(static one => one.Kind is SimEventKind.Beat or SimEventKind.Soon)) Handle(missed, Time.Now);
        node.Missed.Clear();
        Rearm(node);
    }

    private void Rearm(SimNode node)
    {
        long due = node.Core.NextDue;
        if (due == long.MaxValue) return;
        due = Math.Max(due, Time.Now);
        if (due >= node.WakesAt) return;
        node.WakesAt = due;
        Schedule(due, new SimEvent(SimEventKind.Wake, node));
    }

    private void Hear((string Subject, byte[] Message) one)
    {
        Heard(Time.NowMs, one.Subject, one.Message);
        if (!Subjects.TryParseMesh(one.Subject, out MeshSubject subject)) throw new InvalidOperationException($"{one.Subject} is no subject of telemetry");
        if (subject.Kind == MeshSubjectKind.Loss)
        {
            if (!MeshLossMessage.TryRead(subject.Node, one.Message, out MeshLossMessage? loss, out string? error)) throw new InvalidOperationException(error);
            Watch.Loss(loss, Time.NowMs, Time.GetUtcNow());
        }
        else
        {
            if (!MeshReport.TryRead(subject.Node, one.Message, out MeshReport? report, out string? error)) throw new InvalidOperationException(error);
            Watch.Report(report, Time.NowMs);
        }
    }

    private void Evaluate()
    {
        Evaluated(Watch.Evaluate(Time.NowMs, Time.GetUtcNow()));
        foreach (WitnessAsk ask in Watch.TakeAsks(Time.NowMs))
        {
            if (Find(ask.Witness) is not { Dead: false } witness || Find(ask.Target) is not { } target) continue;
            After(700 * Millisecond, () => Watch.Witness(ask.Fault, new MeshWitness(ask.Witness, ask.Zone, 5, Network.Ask(witness, target))));
        }
    }
}
