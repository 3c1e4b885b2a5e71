namespace Scout.MeshLab.Fleet;

/// <summary>
/// Which bounds count. A name is right or wrong whatever else the machine does; how long it took, and whether a packet was lost because nobody ran, is not. So times and single losses are held
/// with <c>SCOUT_LANE=extended</c>, on a machine that does nothing else; otherwise there are deadlines only, and what was measured is told with <c>--xunit-diagnostics on</c>.
/// </summary>
internal static class LabLane
{
    public static bool Strict { get; } = Environment.GetEnvironmentVariable("SCOUT_LANE") == "extended";

    /// <summary>The bound of docs/mesh.md where it counts, else what is far beyond it.</summary>
    public static T Of<T>(T strict, T loose) => Strict ? strict : loose;
}
