namespace Scout.Server.Mesh.Probing;

/// <summary>What the prober tells. Called on the engine's thread: counts, and gives the thread back; does not allocate, block or throw.</summary>
internal interface IMeshObserver
{
    /// <summary>A UDP probe was decided; exactly once for each that was sent, except that a drain forgets what is in flight.</summary>
    void Udp(in UdpTrial trial);

    /// <summary>A reply to a probe that was counted lost; <c>lost</c> stays. <see cref="UdpTrial.RoundTrip"/> says how late.</summary>
    void Late(in UdpTrial trial);

    /// <summary>On which way a probe was lost that was told with <see cref="LossDirection.Unknown"/>.</summary>
    void Direction(in UdpTrial trial);

    void Tcp(in TcpTrial trial);

    /// <summary>This process stood still, monotonic ns.</summary>
    void Stall(long from, long until);

    /// <summary>Something that is only counted.</summary>
    void Note(MeshNote note, MeshPath? path);

    /// <summary>The peer said itself that it is leaving, or came back (<paramref name="leaving"/> false) with a new incarnation.</summary>
    void Leaving(MeshPath path, bool leaving);

    /// <summary>More than half of the peers (at least 3) fail at once, or no more.</summary>
    void SuspectSelf(bool suspected, long now);
}

/// <summary>What the prober counts beside trials.</summary>
internal enum MeshNote : byte
{
    /// <summary>A second reply to one probe.</summary>
    Duplicate,

    /// <summary>A reply that was overtaken by a later one.</summary>
    Reordered,

    /// <summary>A packet that answers nothing outstanding, or does not say what was sent: foreign, forged, or older than <c>late</c>.</summary>
    Strange,

    /// <summary>A quick or asked packet that the budget did not allow.</summary>
    ReactiveBudget,

    /// <summary>A trace that the budget did not allow.</summary>
    TraceBudget,

    /// <summary>A probe was not sent because all slots of its path wait for answers; not a trial.</summary>
    SlotsBusy,

    /// <summary>A probe was not sent because of this host (no buffers, no descriptors); not a trial.</summary>
    NotSent,

    /// <summary>Rounds of the schedule that passed while the process stood still; not trials.</summary>
    RoundMissed,

    /// <summary>A trace was started.</summary>
    TraceStarted,
}
