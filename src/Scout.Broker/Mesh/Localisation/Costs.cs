namespace Scout.Broker.Mesh.Localisation;

/// <summary>What it costs to blame one component of each kind; grows with how many there are (N=1000, Z=5: 24.3, 18.1, 13.9, 12.8).</summary>
internal readonly record struct Costs(double Pair, double Node, double ZonePair, double Zone)
{
    public static Costs For(int nodes, int zones) => new(
        Scores.Cost(nodes * (nodes - 1.0) / 2), Scores.Cost(nodes), Scores.Cost(zones * (zones + 1.0) / 2), Scores.Cost(zones));

    public double Of(ComponentKind kind) => kind switch
    {
        ComponentKind.Pair => Pair,
        ComponentKind.Node => Node,
        ComponentKind.ZonePair => ZonePair,
        _ => Zone,
    };
}
