using System.Buffers.Binary;

namespace Scout.Checks.Stamp;

/// <summary>
/// STAMP in unauthenticated mode (RFC 8762 sections 4.2.1 and 4.3.1) with the TLVs of RFC 8972 section 4, big-endian, over spans and without allocation.
/// Scout knows two TLVs: Extra Padding (type 1) and its own (type 252).
/// </summary>
public static class StampPacket
{
    /// <summary>Octets of a packet without TLVs.</summary>
    public const int BareSize = 44;

    /// <summary>Octets of a packet with Scout's TLV.</summary>
    public const int TlvSize = BareSize + HeaderSize + TlvValueSize;

    /// <summary>TTL and hop limit a sender uses (RFC 8762 section 4.2).</summary>
    public const int Ttl = 255;

    /// <summary>Type of the padding TLV (RFC 8972 section 4.1).</summary>
    public const byte PaddingType = 1;

    /// <summary>Type of Scout's TLV, from the private range (RFC 8972 section 5.1).</summary>
    public const byte ScoutType = 252;

    /// <summary>The reflector does not know the TLV. A sender sets it, so that a reflector without TLVs gives it back set.</summary>
    public const byte Unrecognised = 0x80;

    /// <summary>The reflector found the TLV's length wrong.</summary>
    public const byte Malformed = 0x40;

    /// <summary>The reflector's check of the HMAC TLV failed; never set by Scout.</summary>
    public const byte IntegrityFailed = 0x20;

    /// <summary>More TLVs than this are copied, not looked at.</summary>
    public const int MaxTlvs = 64;

    internal const int TlvValueSize = 28;
    internal const int HeaderSize = 4;

    /// <summary>Whether a request can have this size: bare, with Scout's TLV, or one of them with at least the 4 octets of a padding TLV more. 65507 at most.</summary>
    public static bool IsSize(int size, bool withTlv)
    {
        int least = withTlv ? TlvSize : BareSize;
        return size == least || (size >= least + HeaderSize && size <= 65_507);
    }

    /// <summary>Writes a request with Scout's TLV that fills <paramref name="packet"/> (76 octets, or 80 and more with padding).</summary>
    /// <exception cref="ArgumentException">No request has this size (<see cref="IsSize"/>).</exception>
    public static void WriteRequest(Span<byte> packet, uint sequence, NtpTime sendTime, ErrorEstimate error, ushort sessionId, in StampTlv tlv)
    {
        if (!IsSize(packet.Length, withTlv: true)) throw new ArgumentException($"a STAMP request with Scout's TLV cannot have {packet.Length} octets", nameof(packet));
        WriteHead(packet, sequence, sendTime, error, sessionId);
        Span<byte> own = packet[BareSize..TlvSize];
        WriteTlvHeader(own, ScoutType, TlvValueSize);
        WriteTlv(own[HeaderSize..], tlv);
        WritePadding(packet[TlvSize..]);
    }

    /// <summary>Writes a request without Scout's TLV that fills <paramref name="packet"/> (44 octets, or 48 and more with padding).</summary>
    /// <exception cref="ArgumentException">No request has this size (<see cref="IsSize"/>).</exception>
    public static void WriteRequest(Span<byte> packet, uint sequence, NtpTime sendTime, ErrorEstimate error, ushort sessionId)
    {
        if (!IsSize(packet.Length, withTlv: false)) throw new ArgumentException($"a STAMP request cannot have {packet.Length} octets", nameof(packet));
        WriteHead(packet, sequence, sendTime, error, sessionId);
        WritePadding(packet[BareSize..]);
    }

    /// <summary>Reads what a sender wrote; false when it is shorter than 44 octets. Octets that must be zero are not looked at, as the RFC wants.</summary>
    public static bool TryReadRequest(ReadOnlySpan<byte> packet, out StampRequest request)
    {
        request = default;
        if (packet.Length < BareSize) return false;
        (StampTlvState state, StampTlv tlv) = FindTlv(packet, reply: false);
        request = new StampRequest(Number(packet, 0), Time(packet, 4), Error(packet, 12), BinaryPrimitives.ReadUInt16BigEndian(packet[14..]), state, tlv);
        return true;
    }

    /// <summary>Reads what a reflector wrote; false when it is shorter than 44 octets or carries times in PTP format.</summary>
    public static bool TryReadReply(ReadOnlySpan<byte> packet, out StampReply reply)
    {
        reply = default;
        if (packet.Length < BareSize || Error(packet, 12).IsPtp) return false;
        (StampTlvState state, StampTlv tlv) = FindTlv(packet, reply: true);
        reply = new StampReply(
            Number(packet, 0),
            Time(packet, 4),
            Error(packet, 12),
            BinaryPrimitives.ReadUInt16BigEndian(packet[14..]),
            Time(packet, 16),
            Number(packet, 24),
            Time(packet, 28),
            Error(packet, 36),
            packet[40],
            state,
            tlv);
        return true;
    }

    /// <summary>
    /// Writes the reply to <paramref name="request"/> (44 octets at least) into <paramref name="reply"/> (as long or longer): the request with the reflector's fields, its
    /// TLVs copied, U set on the unknown ones and M on those with a wrong length. Scout's TLV gets incarnation, answer and flags of <paramref name="own"/>.
    /// </summary>
    /// <returns>Octets of the reply: those of the request.</returns>
    internal static int WriteReply(ReadOnlySpan<byte> request, Span<byte> reply, in StampReflection own)
    {
        reply = reply[..request.Length];
        request.CopyTo(reply);
        reply[16..BareSize].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(reply, own.Sequence);
        SetSendTime(reply, own.SendTime, own.Error);
        BinaryPrimitives.WriteUInt64BigEndian(reply[16..], own.ReceiveTime.Value);
        request[..4].CopyTo(reply[24..]);
        request[4..14].CopyTo(reply[28..]);
        reply[40] = own.Ttl;
        WalkTlvs(reply, own);
        return request.Length;
    }

    /// <summary>Puts time and error estimate of sending into a packet of either side: the last thing done before it leaves.</summary>
    public static void SetSendTime(Span<byte> packet, NtpTime sendTime, ErrorEstimate error)
    {
        BinaryPrimitives.WriteUInt64BigEndian(packet[4..], sendTime.Value);
        BinaryPrimitives.WriteUInt16BigEndian(packet[12..], error.Value);
    }

    /// <summary>
    /// A packet that some reflector has written already: it has a receive time and a TTL, and zeros where only a reflector leaves them. Answering it could go on for ever.
    /// A sender zeroes all of these (RFC 8762) or fills them with its padding (TWAMP).
    /// </summary>
    internal static bool LooksReflected(ReadOnlySpan<byte> packet) =>
        BinaryPrimitives.ReadUInt64BigEndian(packet[16..]) != 0 && packet[40] != 0 && (packet[38] | packet[39] | packet[41] | packet[42] | packet[43]) == 0;

    private static void WriteHead(Span<byte> packet, uint sequence, NtpTime sendTime, ErrorEstimate error, ushort sessionId)
    {
        packet.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(packet, sequence);
        SetSendTime(packet, sendTime, error);
        BinaryPrimitives.WriteUInt16BigEndian(packet[14..], sessionId);
    }

    private static void WritePadding(Span<byte> rest)
    {
        if (rest.Length >= HeaderSize) WriteTlvHeader(rest, PaddingType, rest.Length - HeaderSize);
    }

    private static void WriteTlvHeader(Span<byte> tlv, byte type, int length)
    {
        tlv[0] = Unrecognised;
        tlv[1] = type;
        BinaryPrimitives.WriteUInt16BigEndian(tlv[2..], (ushort)length);
    }

    private static void WriteTlv(Span<byte> value, in StampTlv tlv)
    {
        BinaryPrimitives.WriteUInt64BigEndian(value, tlv.SenderId);
        BinaryPrimitives.WriteUInt64BigEndian(value[8..], tlv.TargetId);
        BinaryPrimitives.WriteUInt32BigEndian(value[16..], tlv.SenderIncarnation);
        BinaryPrimitives.WriteUInt32BigEndian(value[20..], tlv.ReflectorIncarnation);
        value[24] = (byte)tlv.Answer;
        value[25] = (byte)tlv.Flags;
        value[26] = 0;
        value[27] = 0;
    }

    private static StampTlv ReadTlv(ReadOnlySpan<byte> value) => new(
        BinaryPrimitives.ReadUInt64BigEndian(value),
        BinaryPrimitives.ReadUInt64BigEndian(value[8..]),
        Number(value, 16),
        Number(value, 20),
        (StampAnswer)value[24],
        (StampFlags)value[25]);

    /// <summary>The first TLV of type 252. Whatever follows a TLV that does not fit, or one of the reserved type 0 (zero padding), is not looked at.</summary>
    private static (StampTlvState State, StampTlv Tlv) FindTlv(ReadOnlySpan<byte> packet, bool reply)
    {
        int at = BareSize;
        for (int count = 0; count < MaxTlvs && packet.Length - at >= HeaderSize; count++)
        {
            byte flags = packet[at];
            byte type = packet[at + 1];
            int length = BinaryPrimitives.ReadUInt16BigEndian(packet[(at + 2)..]);
            at += HeaderSize;
            if (type == ScoutType)
            {
                if (length != TlvValueSize || packet.Length - at < length || (reply && (flags & Malformed) != 0)) return (StampTlvState.Malformed, default);
                return (reply && (flags & Unrecognised) != 0 ? StampTlvState.Unrecognised : StampTlvState.Good, ReadTlv(packet[at..]));
            }

            if (type == 0 || length > packet.Length - at) break;
            at += length;
        }

        return (StampTlvState.None, default);
    }

    /// <summary>Sets the flags of all TLVs of a reply and fills Scout's own (the first of them; a second one is unknown).</summary>
    private static void WalkTlvs(Span<byte> reply, in StampReflection own)
    {
        int at = BareSize;
        bool filled = false;
        for (int count = 0; count < MaxTlvs && at < reply.Length; count++)
        {
            if (reply.Length - at < HeaderSize)
            {
                reply[at] = Malformed;
                return;
            }

            Span<byte> header = reply[at..];
            byte type = header[1];
            int length = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
            at += HeaderSize;
            if (type == 0) return;
            if (length > reply.Length - at)
            {
                header[0] = Malformed;
                return;
            }

            bool mine = type == ScoutType && !filled;
            header[0] = mine ? (length == TlvValueSize ? (byte)0 : Malformed) : type == PaddingType ? (byte)0 : Unrecognised;
            if (mine && length == TlvValueSize) FillTlv(reply.Slice(at, TlvValueSize), own);
            filled |= mine;
            at += length;
        }
    }

    private static void FillTlv(Span<byte> value, in StampReflection own)
    {
        BinaryPrimitives.WriteUInt32BigEndian(value[20..], own.Incarnation);
        value[24] = (byte)own.Answer;
        value[25] = (byte)((StampFlags)(value[25] & (byte)StampFlags.Reactive) | own.Flags);
        value[26] = 0;
        value[27] = 0;
    }

    private static uint Number(ReadOnlySpan<byte> packet, int at) => BinaryPrimitives.ReadUInt32BigEndian(packet[at..]);

    private static NtpTime Time(ReadOnlySpan<byte> packet, int at) => new(BinaryPrimitives.ReadUInt64BigEndian(packet[at..]));

    private static ErrorEstimate Error(ReadOnlySpan<byte> packet, int at) => new(BinaryPrimitives.ReadUInt16BigEndian(packet[at..]));
}
