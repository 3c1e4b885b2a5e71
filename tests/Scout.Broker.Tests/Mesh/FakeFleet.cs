using System.Collections.Immutable;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Tests.Mesh;

/// <summary>Nodes that tell what real ones would, on a clock of milliseconds that the caller moves.</summary>
internal sealed class FakeFleet
{
    public const uint Incarnation = 1_795_221_600;
    private const int Timeout = 500;

    private readonly Random random;
    private readonly List<FakeNode> nodes = [];
    private readonly PriorityQueue<(FakeNode From, MeshLoss Loss, long SentAt), long> losses = new();

    public FakeFleet(int count, int zones, int seed = 1)
    {
        random = new Random(seed);
        for (int i = 0; i < count; i++) nodes.Add(new FakeNode($"n{i:00}", $"z{i % zones}", random.Next(1000)));
        Topology = MeshTopology.Build(nodes.Select(static one => new MeshMember(one.Name, one.Zone)), MeshTopologyOptions.Default);
    }

    public MeshTopology Topology { get; }

    public IReadOnlyList<FakeNode> Nodes => nodes;

    /// <summary>Probability that a probe is lost; direction of the loss as the prober learns it.</summary>
    public Func<FakeNode, FakeNode, double> Fault { get; set; } = static (_, _) => 0;

    public MeshDirection Direction { get; set; }

    public FakeNode this[string name] => nodes.Find(one => one.Name == name)!;

    /// <summary>Messages of the time from <paramref name="from"/> to <paramref name="until"/>.</summary>
    public IEnumerable<MeshLossMessage> Messages(long from, long until, DateTimeOffset wall)
    {
        for (long now = from; now < until; now += 10)
        {
            foreach (FakeNode node in nodes) Probe(node, now);
            var told = new Dictionary<FakeNode, List<MeshLoss>>();
            while (losses.TryPeek(out (FakeNode From, MeshLoss Loss, long SentAt) one, out long at) && at <= now)
            {
                losses.Dequeue();
                if (!told.TryGetValue(one.From, out List<MeshLoss>? list)) told[one.From] = list = [];
                list.Add(one.Loss with { AgeMs = (int)(now - one.SentAt) });
            }

            foreach (FakeNode node in nodes)
            {
                bool beat = now % 1000 == node.Phase / 10 * 10;
                if (node.Silent || (!beat && !told.ContainsKey(node))) continue;
                yield return new MeshLossMessage
                {
                    Node = node.Name,
                    Incarnation = Incarnation,
                    Number = ++node.Number,
                    Clock = wall.ToUnixTimeMilliseconds(),
                    Losses = told.TryGetValue(node, out List<MeshLoss>? own) ? [.. own] : [],
                };
            }
        }
    }

    private void Probe(FakeNode node, long now)
    {
        if (node.Silent || node.CannotProbe) return;
        int rank = Topology.RankOf(node.Name);
        foreach (int other in Topology.Neighbours(rank))
        {
            FakeNode to = nodes[other];
            long phase = (long)(MeshHash.P(Topology.Id(rank), Topology.Id(other)) % 1000);
            if ((now + node.Phase) % 1000 != phase / 10 * 10) continue;
            double loss = to.Silent ? 1 : Fault(node, to);
            uint sequence = node.Sequence++;
            if (loss <= 0 || random.NextDouble() >= loss) continue;
            long told = now + Timeout + 50;
            losses.Enqueue((node, new MeshLoss(to.Name, sequence, (int)(sequence % 16), Direction, MeshProbeKind.Full, 0), now), told);
        }
    }
}

/// <summary>One of them.</summary>
internal sealed class FakeNode(string name, string zone, int phase)
{
    public string Name => name;

    public string Zone => zone;

    public int Phase => phase / 10 * 10;

    /// <summary>Dead: tells nothing, answers nothing.</summary>
    public bool Silent { get; set; }

    public bool CannotProbe { get; set; }

    public long Number { get; set; }

    public uint Sequence { get; set; }
}
