namespace Scout.Server.Mesh.Probing;

/// <summary>Why a packet was sent. Ratios and trials for the localiser take <see cref="Ring"/>, <see cref="Full"/>, <see cref="Shift"/> and <see cref="Floor"/> only.</summary>
internal enum ProbeKind : byte
{
    /// <summary>The regular probe of a neighbour in one of the k rings.</summary>
    Ring,

    /// <summary>The regular probe of a neighbour in a full mesh.</summary>
    Full,

    /// <summary>The rotating long-range probe.</summary>
    Shift,

    /// <summary>A probe that an ordered pair of zones was owed.</summary>
    Floor,

    /// <summary>A quick packet after a loss.</summary>
    Reactive,

    /// <summary>A packet somebody asked for: RPC <c>probe</c>, <c>FORCE_CHECK</c>.</summary>
    Asked,

    /// <summary>A full-size packet that must not be fragmented.</summary>
    Mtu,
}

internal static class ProbeKinds
{
    /// <summary>Whether trials of this kind enter ratios.</summary>
    public static bool Counts(this ProbeKind kind) => kind <= ProbeKind.Floor;

    /// <summary>Whether its answer is wanted at once.</summary>
    public static bool IsQuick(this ProbeKind kind) => kind is ProbeKind.Reactive or ProbeKind.Asked;
}
