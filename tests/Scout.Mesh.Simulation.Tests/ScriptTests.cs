using Scout.Mesh.Simulation;

namespace Scout.Mesh.Simulation.Tests;

/// <summary>
/// The table of mesh.md 10 with the real prober, reporter, topology and localiser in virtual time. A few seeds here; <c>SCOUT_LANE=extended</c> (or <c>SCOUT_EXTENDED=1</c>) runs each row 100
/// times, as does <c>mesh-sim</c> of the benchmarks.
/// </summary>
public sealed class ScriptTests(ITestOutputHelper output)
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Scout.Mesh.Simulation", "scripts");
    private static readonly bool Extended = Environment.GetEnvironmentVariable("SCOUT_EXTENDED") == "1" || Environment.GetEnvironmentVariable("SCOUT_LANE") == "extended";
    private static readonly IReadOnlyList<FaultScript> Scripts = ScriptTable.Scripts(Folder);

    /// <summary>Run with all their nodes in any case.</summary>
    private static readonly HashSet<string> Whole = ["100 of 1000 nodes dead", "zone pair dead"];

    public static TheoryData<string> Names => [.. Scripts.Select(static one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_culprit_is_named_and_nobody_else(string name)
    {
        FaultScript script = Scripts.First(one => one.Name == name);
        // Minutes, and most runs of a large fleet, are for the extended run.
        bool large = script.Nodes > 200;
        if (!Extended && script.Run > 100) script = script with { Run = large ? 20 : Math.Min(script.Run, 600) };
        if (!Extended && large && !Whole.Contains(script.Name)) script = script with { Nodes = 250 };
        ScriptRow row = ScriptTable.Run(script, firstSeed: 1, Extended ? 100 : 1);
        output.WriteLine(row.ToString());
        Assert.Empty(row.Failures());
    }
}
