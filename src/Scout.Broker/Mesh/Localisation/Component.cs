namespace Scout.Broker.Mesh.Localisation;

/// <summary>What can be to blame, from fine to broad.</summary>
public enum ComponentKind : byte
{
    /// <summary>The way between two nodes.</summary>
    Pair,

    /// <summary>A node, or all its ways.</summary>
    Node,

    /// <summary>The way between two zones, or inside one (A = B).</summary>
    ZonePair,

    /// <summary>All ways across the border of a zone.</summary>
    Zone,
}

/// <summary>A part of the mesh.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="A">Index of the node or zone; the smaller one of two.</param>
/// <param name="B">The other; -1 for a node or a zone.</param>
public readonly record struct Component(ComponentKind Kind, int A, int B)
{
    public static Component Node(int node) => new(ComponentKind.Node, node, -1);

    public static Component Zone(int zone) => new(ComponentKind.Zone, zone, -1);

    public static Component Pair(int one, int other) => new(ComponentKind.Pair, Math.Min(one, other), Math.Max(one, other));

    public static Component ZonePair(int one, int other) => new(ComponentKind.ZonePair, Math.Min(one, other), Math.Max(one, other));
}
