using System.Buffers.Binary;
using Scout.Checks.Probes.Packets;

namespace Scout.Checks.Probes.Icmp;

/// <summary>The packets of one run.</summary>
internal sealed class IcmpRun
{
    private const int TokenSize = 16;
    private const int MostErrors = 1000;
    private readonly byte[] packet;
    private readonly byte[] payload;
    private readonly ushort id;
    private readonly bool v6;
    private readonly bool raw;
    private readonly TimeProvider time;
    private int errors;

    public IcmpRun(PacketTrain train, int size, bool v6, bool raw, ProbeContext context)
    {
        (Train, this.v6, this.raw, time) = (train, v6, raw, context.Time);
        packet = new byte[IcmpPacket.HeadSize + size];
        Span<byte> body = packet.AsSpan(IcmpPacket.HeadSize);
        for (int i = 0; i < body.Length; i++) body[i] = (byte)i;
        context.Random.Fill(body[..Math.Min(size, TokenSize)]);
        payload = body.ToArray();
        Span<byte> random = stackalloc byte[2];
        context.Random.Fill(random);
        id = BinaryPrimitives.ReadUInt16BigEndian(random);
    }

    public PacketTrain Train { get; }

    /// <summary>Routers on the way back, guessed from the usual first TTLs 64, 128 and 255; -1 when not known.</summary>
    public int Hops { get; private set; } = -1;

    public int ReplyTtl { get; private set; } = -1;

    public ReadOnlyMemory<byte> Packet(int number)
    {
        IcmpPacket.WriteRequest(packet, v6, id, (ushort)number);
        return packet;
    }

    public void Take(ReadOnlySpan<byte> got, int ttl, in PacketArrival arrival)
    {
        if (raw && !v6) got = IcmpPacket.WithoutIpHead(got);
        if (!IcmpPacket.TryReadReply(got, v6, out ushort replyId, out ushort number, out ReadOnlySpan<byte> body)) return;
        if (raw && replyId != id) return;
        if (number >= Train.Sent || !body.SequenceEqual(payload))
        {
            Train.IsStrange();
            return;
        }

        Train.Arrives(number, Train.RoundTrip(number, arrival, time));
        if (ttl <= 0) return;
        ReplyTtl = ttl;
        Hops = (ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255) - ttl;
    }

    /// <summary>An error without a known cause is passed over, up to a thousand times a run.</summary>
    public bool IsPatient() => Interlocked.Increment(ref errors) <= MostErrors;

    /// <summary>Whether an error quotes one of our packets: raw sockets hear of all that this host sent to the target.</summary>
    public bool IsOurs(ReadOnlySpan<byte> quoted) =>
        !raw || (quoted.Length >= IcmpPacket.HeadSize && BinaryPrimitives.ReadUInt16BigEndian(quoted[4..]) == id);
}
