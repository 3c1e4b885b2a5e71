namespace Scout.Protocol.Mesh;

/// <summary>Why a probe was sent; only these make trials for the localiser.</summary>
public enum MeshProbeKind
{
    /// <summary>The regular probe of a neighbour in one of the rings.</summary>
    Ring,

    /// <summary>The regular probe of a neighbour in a full mesh.</summary>
    Full,

    /// <summary>The rotating long-range probe.</summary>
    Shift,

    /// <summary>A probe that a pair of zones was owed.</summary>
    Floor,
}

/// <summary>On which way a probe was lost, as its sender sees it.</summary>
public enum MeshDirection
{
    /// <summary>No later reply has told yet.</summary>
    Unknown,

    /// <summary>On the way to the peer.</summary>
    Forward,

    /// <summary>On the way back.</summary>
    Reverse,
}

/// <summary>One letter each, for they stand in every row.</summary>
internal static class MeshTrialWords
{
    private static readonly string[] Kinds = ["r", "f", "s", "z"];
    private static readonly string[] Directions = ["u", "f", "r"];

    public static string Letter(MeshProbeKind kind) => Kinds[(int)kind];

    public static string Letter(MeshDirection direction) => Directions[(int)direction];

    public static bool TryParse(ReadOnlySpan<char> letter, out MeshProbeKind kind) => MeshWords.TryParse(Kinds, letter, out kind);

    public static bool TryParse(ReadOnlySpan<char> letter, out MeshDirection direction) => MeshWords.TryParse(Directions, letter, out direction);
}
