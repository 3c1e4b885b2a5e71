namespace Scout.Server.Mesh.Probing;

/// <summary>What the prober keeps of a path between plans.</summary>
internal sealed class PathState(PeerState peer, ulong phase)
{
    public required MeshPath Path { get; set; }

    /// <summary>1..65535.</summary>
    public required int Handle { get; init; }

    /// <summary>Place in the plan.</summary>
    public int Index { get; set; }

    /// <summary>The last packet, or its making: far paths that are not used are forgotten.</summary>
    public long UsedAt { get; set; }

    public PeerState Peer { get; } = peer;

    /// <summary>P(i, j).</summary>
    public ulong Phase { get; } = phase;

    /// <summary>Number of its block of slots and timers; -1 for far paths.</summary>
    public int Seat { get; set; } = -1;

    public bool IsNeighbour => Seat >= 0;

    public RttMedian? Median { get; set; }

    /// <summary>Ever answered as itself.</summary>
    public bool Answered { get; set; }

    /// <summary>The last counted UDP probe failed.</summary>
    public bool Failing { get; set; }

    public int Decided { get; set; }

    public byte NextSlot { get; set; }

    /// <summary>Round of the UDP and of the TCP schedule that is armed.</summary>
    public long UdpRound { get; set; }

    public long TcpRound { get; set; }

    public long UdpDue { get; set; }

    public long TcpDue { get; set; }

    public bool TcpOpen { get; set; }

    public long TcpSentAt { get; set; }

    /// <summary>Quick packets not yet sent.</summary>
    public int Quick { get; set; }

    public long LastTrace { get; set; } = long.MinValue / 2;

    public bool TraceWanted { get; set; }

    public int MtuFailures { get; set; }

    /// <summary>The plan that named it last.</summary>
    public long Plan { get; set; }

    /// <summary>Number of the next packet; the handle is the SSID, so each path is a session of its own at the reflector.</summary>
    public uint NextSequence { get; set; }

    /// <summary>The highest number answered; before the first answer the number before the first.</summary>
    public uint LastSequence { get; set; }

    /// <summary>The reflector's number that came with it.</summary>
    public uint LastReflected { get; set; } = uint.MaxValue;

    public bool Heard { get; set; }

    /// <summary>Whether <see cref="LastReflected"/> is a counter of this session.</summary>
    public bool Counted { get; set; } = true;

    public uint Incarnation { get; set; }

    public bool Leaving => Path.Leaving || Peer.Leaving;
}

/// <summary>What belongs to a peer, whatever the number of its addresses: what it says of itself.</summary>
internal sealed class PeerState
{
    /// <summary>It said so itself.</summary>
    public bool Leaving { get; set; }

    public uint LeavingIncarnation { get; set; }

    /// <summary>The plan that named it last.</summary>
    public long Plan { get; set; }
}
