using Scout.Broker.Mesh.Localisation;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Tests.Mesh.Localisation;

/// <summary>
/// The model of mesh.md 10: a fleet whose probes are lost independently. Real topology, made-up probes: each path once a second, a shift probe a second,
/// decided 500 ms after the send. Losses are told within 100 ms; what nobody told of 150 ms after it was due counts as answered while its sender speaks.
/// </summary>
internal sealed class ModelFleet
{
    private const int Step = 10;
    private const int Timeout = 500;
    private const int Patience = 1200;

    private readonly Random random;
    private readonly int[] zones;
    private readonly (int From, int To, int Phase)[][] bySlot = new (int, int, int)[1000 / Step][];
    private readonly int[] messagePhase;
    private readonly int[] shiftPhase;
    private readonly PriorityQueue<Trial, long> told = new();
    private readonly long[] spoke;
    private readonly bool shift;

    public ModelFleet(int nodes, int zoneCount, int seed, double background = 1e-4, LocaliserOptions? options = null)
    {
        random = new Random(seed);
        Background = background;
        Localiser = new Localiser(options);
        var topology = MeshTopology.Build(Enumerable.Range(0, nodes).Select(i => new MeshMember($"n{i:0000}", $"z{i % zoneCount:00}")), MeshTopologyOptions.Default);
        zones = [.. Enumerable.Range(0, nodes).Select(topology.ZoneOf)];
        foreach (int zone in zones) Localiser.AddNode(zone);
        var slots = new List<(int, int, int)>[bySlot.Length];
        for (int i = 0; i < slots.Length; i++) slots[i] = [];
        Topology = topology;
        shift = !topology.IsFull;
        messagePhase = new int[nodes];
        shiftPhase = new int[nodes];
        spoke = new long[nodes];
        for (int from = 0; from < nodes; from++)
        {
            int start = random.Next(1000);
            messagePhase[from] = random.Next(1000 / Step);
            shiftPhase[from] = random.Next(1000 / Step);
            foreach (int to in topology.Neighbours(from))
            {
                Localiser.Link(from, to);
                int phase = (int)((MeshHash.P(topology.Id(from), topology.Id(to)) + (ulong)start) % 1000);
                slots[phase / Step].Add((from, to, phase));
            }
        }

        for (int i = 0; i < slots.Length; i++) bySlot[i] = [.. slots[i]];
        Now = 1_000_000;
    }

    public Localiser Localiser { get; }

    public MeshTopology Topology { get; }

    public long Now { get; private set; }

    public double Background { get; }

    /// <summary>Probability that a trial between two nodes is lost, beside the background.</summary>
    public Func<int, int, double> Fault { get; set; } = static (_, _) => 0;

    /// <summary>Nodes that say nothing.</summary>
    public HashSet<int> Silent { get; } = [];

    public int Zone(int node) => zones[node];

    public int[] NodesIn(int zone) => [.. Enumerable.Range(0, zones.Length).Where(node => zones[node] == zone)];

    /// <summary>Lets time pass without looking.</summary>
    public void Run(int milliseconds)
    {
        long end = Now + milliseconds;
        while (Now < end) Tick();
    }

    /// <summary>Lets time pass up to the next evaluation.</summary>
    public IReadOnlyList<Verdict> Evaluate()
    {
        Run(100);
        return Localiser.Evaluate(Now);
    }

    private void Tick()
    {
        int slot = (int)(Now / Step % bySlot.Length);
        foreach ((int from, int to, int phase) in bySlot[slot]) Send(from, to, phase);
        for (int from = 0; shift && from < zones.Length; from++)
        {
            if (shiftPhase[from] == slot) Send(from, (from + 1 + random.Next(zones.Length - 1)) % zones.Length, Now % 16);
        }

        Localiser.AdvanceTo(Now);
        while (told.TryPeek(out Trial trial, out long at) && at <= Now)
        {
            told.Dequeue();
            if (trial.Lost ? !Silent.Contains(trial.From) : Now - spoke[trial.From] <= Patience) Localiser.Add(trial);
        }

        for (int from = 0; from < zones.Length; from++)
        {
            if (messagePhase[from] == slot && !Silent.Contains(from)) spoke[from] = Now;
        }

        Now += Step;
    }

    private void Send(int from, int to, long port)
    {
        double loss = Silent.Contains(from) ? 0 : Math.Max(Fault(from, to), Silent.Contains(to) ? 1 : 0);
        bool lost = random.NextDouble() < Background || (loss > 0 && random.NextDouble() < loss);
        long due = Now + Timeout;
        told.Enqueue(new Trial(due, from, to, lost, LossDirection.Unknown, (byte)(port % 16)), lost ? due + random.Next(100) : due + 150);
    }
}
