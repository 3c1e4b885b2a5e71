using System.Buffers.Binary;
using Scout.Checks.Probes.Packets;
using Scout.Checks.Probes.Running;
using Scout.Checks.Stamp;

namespace Scout.Checks.Probes.Udp;

/// <summary>
/// STAMP as a session-sender (RFC 8762). An answer counts when number and send time are those of a packet that was sent. With 76 octets and more Scout's TLV goes along: a
/// foreign reflector gives it back unread, Scout's tells who it is. The session is new in each run, so the reflector's numbers tell on which way packets were lost.
/// </summary>
internal sealed class StampDialogue : IUdpDialogue
{
    private readonly byte[] packet;
    private readonly NtpTime[] sent;
    private readonly bool withTlv;
    private readonly ushort session;
    private readonly TimeProvider time;
    private readonly DirectionMeter meter = new(fromStart: true);
    private bool counts;
    private bool stateless;
    private StampReply last;

    public StampDialogue(int count, int size, ProbeContext context)
    {
        Train = new PacketTrain(count);
        time = context.Time;
        packet = new byte[size];
        sent = new NtpTime[count];
        withTlv = StampPacket.IsSize(size, withTlv: true);
        Span<byte> id = stackalloc byte[2];
        context.Random.Fill(id);
        session = (ushort)Math.Max((ushort)1, BinaryPrimitives.ReadUInt16BigEndian(id));
    }

    public PacketTrain Train { get; }

    public string Said => "";

    public ReadOnlyMemory<byte> Packet(int number)
    {
        sent[number] = NtpTime.From(time.GetUtcNow());
        if (withTlv) StampPacket.WriteRequest(packet, (uint)number, sent[number], ErrorEstimate.Unsynchronised, session, default);
        else StampPacket.WriteRequest(packet, (uint)number, sent[number], ErrorEstimate.Unsynchronised, session);
        return packet;
    }

    public ProbeEnding? Take(ReadOnlySpan<byte> answer, in PacketArrival arrival)
    {
        if (!StampPacket.TryReadReply(answer, out StampReply reply) || reply.SenderSequence >= (uint)Train.Sent || reply.SenderTime != sent[reply.SenderSequence]
            || (reply.SessionId != session && reply.SessionId != 0))
        {
            Train.IsStrange();
            return null;
        }

        int number = (int)reply.SenderSequence;
        TimeSpan whole = Train.RoundTrip(number, arrival, time);
        var residence = TimeSpan.FromTicks(reply.ResidenceNanoseconds / TimeSpan.NanosecondsPerTick);

        // A reflector whose clock was set while it held the packet would give nonsense.
        Train.Arrives(number, residence < whole ? whole - residence : whole);
        last = reply;
        bool scout = reply.TlvState == StampTlvState.Good;
        stateless |= scout && reply.Tlv.Flags.HasFlag(StampFlags.Stateless);
        counts |= (scout && !stateless) || reply.Sequence != reply.SenderSequence;
        if (scout) meter.Reply(reply.SenderSequence, reply.Sequence, reply.Tlv.ReflectorIncarnation);
        else meter.Reply(reply.SenderSequence, reply.Sequence);
        return null;
    }

    public void Report(ProbeAttempt attempt)
    {
        if (Train.Answered == 0) return;
        attempt.Fact("reflector", last.TlvState == StampTlvState.Good ? "scout" : "other");
        attempt.Fact("sender_ttl", last.SenderTtl);
        if (last.TlvState == StampTlvState.Good)
        {
            attempt.Fact("incarnation", last.Tlv.ReflectorIncarnation);
            attempt.Fact("leaving", last.Tlv.Answer == StampAnswer.Leaving ? "true" : "false");
        }

        // A reflector that copies our numbers says nothing about directions, and one that counts looks the same until the first loss on the way there.
        if (stateless || (!counts && Train.Lost > 0)) return;
        for (int number = 0; number < Train.Sent; number++)
        {
            if (Train.IsOutstanding(number)) meter.Lost((uint)number);
        }

        attempt.Number("loss_fwd", 100.0 * meter.Forward / Train.Sent, "%", min: 0);
        attempt.Number("loss_rev", 100.0 * meter.Reverse / Train.Sent, "%", min: 0);
    }
}
