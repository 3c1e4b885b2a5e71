namespace Scout.Server.Mesh.Checks;

/// <summary>What a <c>mesh</c> check looks at.</summary>
public enum MeshScope
{
    /// <summary>All neighbours of this node.</summary>
    Node,

    /// <summary>One neighbour.</summary>
    Peer,

    /// <summary>The neighbours in one zone.</summary>
    Zone,

    /// <summary>The open faults that the broker tells of.</summary>
    Fleet,
}

/// <summary>Options of a <c>mesh</c> check (mesh.md section 6), validated.</summary>
/// <param name="Scope">What it looks at.</param>
/// <param name="Name">Of the peer or zone; else empty.</param>
/// <param name="Warning">Share of failing peers, percent; passed when strictly greater.</param>
/// <param name="Critical">The same for CRITICAL.</param>
/// <param name="LossWarning">Loss of the set over 60 s, percent.</param>
/// <param name="LossCritical">The same for CRITICAL.</param>
/// <param name="RttWarning">Median round trip; null: no limit.</param>
/// <param name="Timeout">Of the check.</param>
public sealed record MeshCheckOptions(
    MeshScope Scope, string Name, double Warning, double Critical, double LossWarning, double LossCritical, TimeSpan? RttWarning, TimeSpan Timeout)
{
    public static MeshCheckOptions Default { get; } = new(MeshScope.Node, "", 20, 50, 1, 20, null, TimeSpan.FromSeconds(10));
}
