namespace Scout.Checks.Stamp;

/// <summary>
/// A STAMP session-reflector (RFC 8762 section 4.3) without sockets and clocks: a packet in, at most one packet of the same size out. One thread owns it; the properties may
/// be set from others. It allocates nothing after it is made.
/// </summary>
public sealed class StampReflector
{
    private const ushort LastPrivilegedPort = 1023;
    private readonly StampReflectorOptions options;
    private readonly StampSessions sessions;
    private readonly PacketLimits limits;
    private long answered;
    private long stateless;
    private long refused;
    private long limited;
    private long notMe;
    private volatile bool leaving;
    private volatile bool stalled;
    private volatile Func<UInt128, bool>? allow;

    public StampReflector(StampReflectorOptions options)
    {
        this.options = options;
        sessions = new StampSessions(options.Sessions, options.SessionIdle.Ticks * TimeSpan.NanosecondsPerTick);
        limits = new PacketLimits(options.PacketsASecond, options.PacketsASecondAnAddress, options.Addresses);
    }

    /// <summary>This node is about to leave: answers are <see cref="StampAnswer.Leaving"/>.</summary>
    public bool IsLeaving
    {
        get => leaving;
        set => leaving = value;
    }

    /// <summary>This process stalled within the last second; told in each reply.</summary>
    public bool HasStalled
    {
        get => stalled;
        set => stalled = value;
    }

    /// <summary>Which addresses (as in <see cref="StampSource.Address"/>) get answers; null: all. Called for each packet, so it must be quick and allocate nothing.</summary>
    public Func<UInt128, bool>? Allow
    {
        get => allow;
        set => allow = value;
    }

    public StampReflectorCounters Counters => new(
        Volatile.Read(ref answered), Volatile.Read(ref stateless), Volatile.Read(ref refused), Volatile.Read(ref limited), Volatile.Read(ref notMe));

    /// <summary>Sessions that are remembered, idle ones too.</summary>
    public int SessionCount => sessions.Count;

    /// <summary>Answers a packet, or not.</summary>
    /// <param name="request">What came, whole.</param>
    /// <param name="arrival">Where from and when.</param>
    /// <param name="reply">Room for the answer, as long as the longest packet that shall be answered; must not overlap the request.</param>
    /// <returns>Octets to send back to the source: those of the request; 0 for no answer.</returns>
    public int Reflect(ReadOnlySpan<byte> request, in StampArrival arrival, Span<byte> reply)
    {
        if (request.Length > reply.Length || !IsAllowed(arrival.Source) || !StampPacket.TryReadRequest(request, out StampRequest read) || IsReply(request, read))
        {
            refused++;
            return 0;
        }

        if (!limits.TryTake(arrival.Source.Address, arrival.MonotonicNanoseconds))
        {
            limited++;
            return 0;
        }

        StampFlags flags = stalled ? StampFlags.ReflectorStalled : StampFlags.None;
        bool counts = sessions.TryNext(StampSessionKey.Of(read, arrival.Source), arrival.MonotonicNanoseconds, out uint number);
        if (counts)
        {
            answered++;
        }
        else
        {
            stateless++;
            number = read.Sequence;
            flags |= StampFlags.Stateless;
        }

        StampAnswer answer = Answer(read);
        if (answer == StampAnswer.NotMe) notMe++;
        var own = new StampReflection(number, arrival.ReceiveTime, arrival.SendTime, options.Clock, arrival.Ttl, options.Incarnation, answer, flags);
        return StampPacket.WriteReply(request, reply, own);
    }

    private StampAnswer Answer(in StampRequest request)
    {
        ulong target = request.TlvState == StampTlvState.Good ? request.Tlv.TargetId : 0;
        if (target != 0 && options.NodeId != 0 && target != options.NodeId) return StampAnswer.NotMe;
        return leaving ? StampAnswer.Leaving : StampAnswer.Me;
    }

    private bool IsAllowed(in StampSource source)
    {
        bool odd = source.Port <= LastPrivilegedPort || source.Port == options.Port;
        if (odd && !options.AllowedSourcePorts.Contains(source.Port)) return false;
        return allow?.Invoke(source.Address) ?? true;
    }

    private static bool IsReply(ReadOnlySpan<byte> packet, in StampRequest request) =>
        (request.TlvState == StampTlvState.Good && request.Tlv.Answer != StampAnswer.Request) || StampPacket.LooksReflected(packet);
}
