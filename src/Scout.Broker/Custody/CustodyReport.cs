namespace Scout.Broker.Custody;

/// <summary>What became of a change of keys, logins or rights.</summary>
/// <param name="Done">One line for each thing that was done, for people.</param>
/// <param name="InForce">The running server has confirmed it. False: it is written down, and <paramref name="Detail"/> says why it is not in force.</param>
/// <param name="Detail">How it stands.</param>
/// <param name="Next">What to do now; empty when nothing is left.</param>
public sealed record CustodyReport(IReadOnlyList<string> Done, bool InForce, string Detail, IReadOnlyList<string> Next)
{
    /// <summary>No broker runs on the directory: it is in force as soon as one does.</summary>
    public bool Waiting { get; init; }
}

/// <summary>Whose logins are meant by a name.</summary>
public enum HolderKind
{
    /// <summary>Nodes: their login and the one for recovery.</summary>
    Node,

    /// <summary>People and services: whoever sends requests.</summary>
    Caller,
}
