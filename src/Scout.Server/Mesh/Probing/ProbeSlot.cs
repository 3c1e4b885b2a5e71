namespace Scout.Server.Mesh.Probing;

internal enum SlotState : byte
{
    Free,

    /// <summary>To be sent when its timer fires.</summary>
    Scheduled,

    /// <summary>Sent; its timer is the deadline.</summary>
    Waiting,

    /// <summary>Counted lost; a reply is late.</summary>
    Lost,

    /// <summary>Answered; another reply is a duplicate.</summary>
    Answered,

    /// <summary>Decided otherwise; a reply says nothing any more.</summary>
    Closed,
}

/// <summary>One packet in flight, or what is still remembered of it.</summary>
internal struct ProbeSlot
{
    public PathState? Path;
    public AskedProbe? Asked;
    public long SentAt;
    public long Deadline;
    public ulong Token;
    public uint Sequence;
    public SlotState State;
    public ProbeKind Kind;
    public LossDirection Direction;
    public byte PortIndex;
}
