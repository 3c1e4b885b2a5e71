using Scout.Broker.Mesh.Localisation;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol.Mesh;

namespace Scout.Mesh.Simulation;

/// <summary>What came of a run; times in seconds after the first step, infinite for never.</summary>
/// <param name="Cpu">Of the process: right when one run is made at a time.</param>
internal sealed record RunResult(int Seed, double Suspect, double Confirmed, IReadOnlyList<string> Wrong, IReadOnlyList<string> Imprecise, double Cleared, double FleetSeconds, TimeSpan Cpu);

/// <summary>One script with one seed.</summary>
internal sealed class ScriptRun
{
    private const long Second = 1_000_000_000;

    /// <summary>After the last true one was confirmed it goes on for so long, to see what else is said.</summary>
    private const double After = 3;

    private readonly FaultScript script;
    private readonly int seed;
    private readonly SimFleet fleet;
    private readonly Random random;
    private readonly Dictionary<string, int> nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> zones = new(StringComparer.Ordinal);
    private readonly HashSet<string> truth = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> suspected = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> confirmed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MeshFault> wrong = new(StringComparer.Ordinal);
    private readonly HashSet<string> involved = new(StringComparer.Ordinal);
    private double lastHeal = double.NaN;
    private double cleared = double.PositiveInfinity;
    private long begin;

    private ScriptRun(FaultScript script, int seed)
    {
        this.script = script;
        this.seed = seed;
        fleet = new SimFleet(new SimSettings(script.Nodes, script.Zones, script.Loss, seed, Math.Min(SimFarTargets.Seconds, (int)(script.Warm + script.Run) + 4))) { Evaluated = Look };
        random = new Random(seed + 7000);
    }

    public static RunResult Run(FaultScript script, int seed)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        var run = new ScriptRun(script, seed);
        return run.Go() with { Cpu = Environment.CpuUsage.TotalTime - before };
    }

    private double Now => (double)(fleet.Time.Now - begin) / Second;

    private RunResult Go()
    {
        begin = long.MaxValue;
        fleet.Run((long)((script.Warm + random.NextDouble()) * Second));
        begin = fleet.Time.Now;
        foreach (Target target in script.Expect.Confirmed) truth.Add(Name(target));
        foreach (ScriptStep step in script.Steps) fleet.After((long)(step.At * Second), () => Take(step));
        while (Now < script.Run)
        {
            fleet.Run(Second / 10);
            bool all = truth.Count > 0 && truth.All(confirmed.ContainsKey);
            if (all && script.Expect.ClearedWithin is null && Now > truth.Max(one => confirmed[one]) + After) break;
            if (double.IsNaN(lastHeal) || Now < lastHeal) continue;
            if (fleet.Watch.Faults.Open.Count == 0 && Now - lastHeal >= 3) cleared = Math.Min(cleared, Now - lastHeal);
            else if (fleet.Watch.Faults.Open.Count > 0) cleared = double.PositiveInfinity;
        }

        bool none = truth.Count == 0;
        double suspect = none ? 0 : truth.Max(one => suspected.GetValueOrDefault(one, double.PositiveInfinity));
        double sure = none ? 0 : truth.Max(one => confirmed.GetValueOrDefault(one, double.PositiveInfinity));
        List<string> strangers = [];
        List<string> near = [];
        foreach (MeshFault fault in wrong.Values)
        {
            if (script.Expect.Within.Contains(MeshFaultWords.Name(fault.What)) && Touches(fault)) continue;
            (Touches(fault) ? near : strangers).Add($"{fault.Text} ({MeshFaultWords.Name(fault.What)}, {fault.Evidence.Lost}/{fault.Evidence.Sent} in {fault.Evidence.WindowS} s)");
        }

        return new RunResult(seed, suspect, sure, strangers, near, cleared, fleet.Time.Now / (double)Second - 1000, default);
    }

    private void Look(IReadOnlyList<FaultChange> changes)
    {
        foreach ((FaultStep step, MeshFault fault) in changes)
        {
            if (fleet.Time.Now < begin && step != FaultStep.Confirmed) continue;
            string name = $"{MeshFaultWords.Name(fault.Kind)} {fault.Component}";
            if (step == FaultStep.Suspect) suspected.TryAdd(name, Now);
            if (step != FaultStep.Confirmed) continue;
            confirmed.TryAdd(name, Now);
            if (!truth.Contains(name)) wrong.TryAdd(name, fault);
        }
    }

    /// <summary>Shares something with the truth.</summary>
    private bool Touches(MeshFault fault)
    {
        string[] parts = fault.Component.Split('/');
        if (parts.Any(involved.Contains)) return true;
        // A zone kind holds the nodes of its zones, a node is part of its zone.
        return fault.Kind is MeshFaultKind.Zone or MeshFaultKind.ZonePair
            ? involved.Any(one => fleet.Find(one) is { } node && parts.Contains(node.Zone))
            : parts.Any(one => fleet.Find(one) is { } node && involved.Contains(node.Zone));
    }

    private void Take(ScriptStep step)
    {
        switch (step)
        {
            case FaultStepOf fault:
                (int a, int b) = Indexes(fault.On);
                Name(fault.On);
                fleet.Network.Faults.Add(new SimFault(fault.On.Kind, a, b, fault.Way, fault.Loss, (long)(fault.DelayMs * 1_000_000), fault.Narrow));
                break;
            case HealStep:
                fleet.Network.Faults.Clear();
                lastHeal = Now;
                break;
            case KillStep kill:
                foreach (int index in kill.Names.Count > 0 ? kill.Names.Select(NodeOf) : Several(kill.Count)) Kill(fleet.Nodes[index]);
                break;
            case DrainStep drain:
                fleet.Drain(Involve(fleet.Nodes[NodeOf(drain.Name)]));
                break;
            case StallStep stall:
                fleet.Freeze(Involve(fleet.Nodes[NodeOf(stall.Name)]), (long)(stall.Seconds * Second));
                lastHeal = Now + stall.Seconds;
                break;
            case ChurnStep churn:
                Churn(churn);
                break;
        }
    }

    private void Churn(ChurnStep churn)
    {
        long apart = (long)(60 * Second / Math.Max(1, churn.SharePerMinute * script.Nodes));
        SimNode[] living = [.. fleet.Nodes.Where(static one => one is { Dead: false, Leaving: false })];
        fleet.Drain(living[random.Next(living.Length)]);
        fleet.Join();
        if (Now < script.Run) fleet.After(apart, () => Churn(churn));
    }

    private void Kill(SimNode node)
    {
        SimFleet.Kill(Involve(node));
        if (script.Expect.Killed) truth.Add($"node {node.Name}");
    }

    private SimNode Involve(SimNode node)
    {
        involved.Add(node.Name);
        return node;
    }

    private int[] Several(int count) => [.. Enumerable.Range(0, script.Nodes).OrderBy(_ => random.Next()).Take(count)];

    /// <summary>As it is told.</summary>
    private string Name(Target target)
    {
        (int a, int b) = Indexes(target);
        bool ofZones = target.Kind is SimFaultKind.Zone or SimFaultKind.ZonePair;
        string first = ofZones ? SimFleet.ZoneName(a) : fleet.Nodes[a].Name;
        string second = b < 0 ? "" : ofZones ? SimFleet.ZoneName(b) : fleet.Nodes[b].Name;
        involved.Add(first);
        if (b >= 0) involved.Add(second);
        string kind = target.Kind switch { SimFaultKind.Node => "node", SimFaultKind.Pair => "pair", SimFaultKind.Zone => "zone", _ => "zone_pair" };
        return b < 0 ? $"{kind} {first}" : string.CompareOrdinal(first, second) < 0 ? $"{kind} {first}/{second}" : $"{kind} {second}/{first}";
    }

    private (int A, int B) Indexes(Target target)
    {
        switch (target.Kind)
        {
            case SimFaultKind.Node:
                return (NodeOf(target.A), -1);
            case SimFaultKind.Zone:
                return (ZoneOf(target.A), -1);
            case SimFaultKind.ZonePair:
                return (ZoneOf(target.A), ZoneOf(target.B!));
            default:
                int first = NodeOf(target.A);
                // Two that probe each other: the others are only seen now and then.
                if (nodes.TryGetValue(target.B!, out int second)) return (first, second);
                MeshTopology topology = fleet.Watch.Topology;
                ReadOnlySpan<int> neighbours = topology.Neighbours(topology.RankOf(fleet.Nodes[first].Name));
                nodes[target.B!] = second = fleet.Find(topology.Name(neighbours[random.Next(neighbours.Length)]))!.Index;
                return (first, second);
        }
    }

    private int NodeOf(string variable) => Bind(nodes, variable, script.Nodes);

    private int ZoneOf(string variable) => Bind(zones, variable, script.Zones);

    private int Bind(Dictionary<string, int> bound, string variable, int count)
    {
        if (bound.TryGetValue(variable, out int index)) return index;
        do index = random.Next(count);
        while (bound.ContainsValue(index));
        return bound[variable] = index;
    }
}
