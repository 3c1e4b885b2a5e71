using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>A node as the broker knows it.</summary>
internal sealed class FleetNode(string name)
{
    /// <summary>Messages of one node that are read: 11 a second are regular.</summary>
    private const double MessagesPerSecond = 25;

    private const long MostHeldUp = 60_000;
    private const long UsualJitter = 200;

    private double tokens = 2 * MessagesPerSecond;
    private long tokensAt = -1;
    private long aheadAt;

    public string Name => name;

    public ulong Id { get; } = NodeId.Of(name);

    public string Zone { get; set; } = "";

    /// <summary>Index in the localiser; -1: not in it.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Place in the topology; -1: not in it.</summary>
    public int Rank { get; set; } = -1;

    public string RosterZone { get; set; } = "";

    public MeshNodeState State { get; set; } = MeshNodeState.Gone;

    /// <summary>Said goodbye in telemetry; holds until a new incarnation.</summary>
    public bool Leaving { get; set; }

    public NodePlace? Place { get; set; }

    public uint Incarnation { get; set; }

    public long ListedAt { get; set; }

    /// <summary>-1: none yet.</summary>
    public long FirstMessage { get; set; } = -1;

    public long LastMessage { get; set; } = -1;

    /// <summary>When its last silence of more than <see cref="FleetWatchOptions.Wordless"/> was seen; -1: never.</summary>
    public long WordlessAt { get; set; } = -1;

    /// <summary>When it was last blamed for losses; -1: never.</summary>
    public long BlamedAt { get; set; } = -1;

    /// <summary>When it was last heard at all, lifecycle or telemetry; -1: never.</summary>
    public long HeardAt { get; set; } = -1;

    /// <summary>Silent for so long that it is no member any more.</summary>
    public bool Forgotten { get; set; }

    public long LastNumber { get; set; }

    /// <summary>Its wall clock less ours, milliseconds: the most of the last minute, for a message that was held up shows less.</summary>
    public long ClockAhead { get; private set; } = long.MinValue;

    public List<FleetPath> Paths { get; set; } = [];

    /// <summary>When its shift and floor probes of the second are counted.</summary>
    public long FarDue { get; set; }

    /// <summary>Lost shift and floor probes that are counted already.</summary>
    public int FarCredit { get; set; }

    /// <summary>Until when a stall explains losses; -1: none.</summary>
    public long StalledAt { get; set; } = -1;

    public MeshReport? Report { get; set; }

    public long ReportAt { get; set; } = -1;

    /// <summary>Milliseconds between two of its probes of a path; -1: it has not told.</summary>
    public long Interval { get; set; } = -1;

    public bool IsMember => IsListed && !Forgotten;

    /// <summary>It should be there.</summary>
    public bool IsListed => !Leaving && Place?.Deleting != true && MeshNodeStates.IsMember(State);

    public bool InMaintenance => State == MeshNodeState.Maintenance || Place?.InMaintenance == true;

    public bool SpokeWithin(long now, long milliseconds) => LastMessage >= 0 && now - LastMessage <= milliseconds;

    /// <summary>
    /// How long a message was on its way, beyond what is usual for this node: while a line is cut, messages wait in a socket, and what they tell of is older than they say.
    /// </summary>
    /// <param name="ahead">Its wall clock in the message, less ours at the arrival.</param>
    /// <param name="now">Of the arrival.</param>
    /// <returns>Milliseconds, 0 to a minute.</returns>
    public long HeldUp(long ahead, long now)
    {
        // What no socket keeps for so long was done to the clock.
        if (ahead >= ClockAhead || now - aheadAt > MostHeldUp || ClockAhead - ahead > MostHeldUp) (ClockAhead, aheadAt) = (ahead, now);
        long held = ClockAhead - ahead;
        return held <= UsualJitter ? 0 : held;
    }

    /// <summary>False when it talks too much.</summary>
    public bool MaySpeak(long now)
    {
        if (tokensAt >= 0) tokens = Math.Min(2 * MessagesPerSecond, tokens + ((now - tokensAt) * MessagesPerSecond / 1000));
        tokensAt = now;
        if (tokens < 1) return false;
        tokens--;
        return true;
    }
}

/// <summary>A regular path.</summary>
internal sealed class FleetPath(FleetNode to, long due)
{
    /// <summary>Most losses of a path at a time: what is told after a broken line, and not more.</summary>
    public const int MaxCredit = 8;

    public FleetNode To => to;

    /// <summary>When its next probe is decided.</summary>
    public long Due { get; set; } = due;

    /// <summary>Lost probes that are counted already, so that they do not count as answered too.</summary>
    public int Credit { get; set; }

    public LatencyTrack Latency { get; } = new();

    public SizeTrack Sizes { get; } = new();
}
