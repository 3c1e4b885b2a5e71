namespace Scout.Broker.Mesh.Localisation;

/// <summary>A path as an example.</summary>
/// <param name="From">Prober.</param>
/// <param name="To">Target.</param>
/// <param name="Sent">Trials counted in the window.</param>
/// <param name="Lost">Lost ones.</param>
/// <param name="Forward">Of the lost, those known to be lost on the way to the target.</param>
/// <param name="Reverse">Of the lost, those known to be lost on the way back.</param>
public readonly record struct PathCount(int From, int To, int Sent, int Lost, int Forward, int Reverse);

/// <summary>What speaks for and against blaming a component.</summary>
/// <param name="Paths">Regular paths of it.</param>
/// <param name="FailingPaths">Paths that lost something, regular ones or not.</param>
/// <param name="FarEnds">Nodes at their other ends (of a node), or nodes in it.</param>
/// <param name="FailingFarEnds">Those of them that see losses.</param>
/// <param name="Failing">Up to five paths, the worst first.</param>
/// <param name="Passing">Up to five paths without a loss.</param>
/// <param name="Ports">Source ports of the paths that lose, when nearly all losses repeat themselves on the same ports while others pass; else empty.</param>
public sealed record Evidence(
    int Paths, int FailingPaths, int FarEnds, int FailingFarEnds, IReadOnlyList<PathCount> Failing, IReadOnlyList<PathCount> Passing, IReadOnlyList<int> Ports);
