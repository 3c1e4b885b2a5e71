namespace Scout.Server.Mesh.Probing;

/// <summary>How a UDP probe was decided. A reply after <see cref="Lost"/> is told by <see cref="IMeshObserver.Late"/> in addition.</summary>
internal enum UdpOutcome : byte
{
    /// <summary>Right number and identity, arrived in time.</summary>
    Ok,

    /// <summary>The deadline passed, everything that had arrived was read, and it was not there.</summary>
    Lost,

    /// <summary>ICMP says that no one listens on that port.</summary>
    Refused,

    /// <summary>The address answers, but it is another node.</summary>
    Identity,

    /// <summary>Would be lost, but this process stood still for too much of the wait: neither success nor failure.</summary>
    Stalled,

    /// <summary>Would be lost, but the peer is leaving or has just joined: neither success nor failure.</summary>
    Skipped,
}

/// <summary>How a TCP probe was decided.</summary>
internal enum TcpOutcome : byte
{
    Ok,
    Timeout,
    Refused,
    Reset,
    Unreachable,

    /// <summary>It answered, but not with 200 and a document of the mesh.</summary>
    Status,
    Identity,
    Stalled,
    Skipped,
}

/// <summary>On which way a packet was lost; known only when a later reply tells.</summary>
internal enum LossDirection : byte
{
    Unknown,
    Forward,
    Reverse,
}

internal static class ProbeOutcomes
{
    public static bool IsFailure(this UdpOutcome outcome) => outcome is UdpOutcome.Lost or UdpOutcome.Refused or UdpOutcome.Identity;

    public static bool IsExcluded(this UdpOutcome outcome) => outcome is UdpOutcome.Stalled or UdpOutcome.Skipped;

    public static bool IsFailure(this TcpOutcome outcome) => outcome is not (TcpOutcome.Ok or TcpOutcome.Stalled or TcpOutcome.Skipped);

    public static bool IsExcluded(this TcpOutcome outcome) => outcome is TcpOutcome.Stalled or TcpOutcome.Skipped;
}
