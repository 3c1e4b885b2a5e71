using System.Buffers.Binary;

namespace Scout.Checks.Probes.Dns;

/// <summary>What became of bytes that may be the answer to a query.</summary>
internal enum DnsMatch
{
    /// <summary>It answers another question, or nothing at all.</summary>
    Strange,

    /// <summary>It answers this question, and its records cannot be read.</summary>
    Malformed,

    Good,
}

/// <summary>Queries and answers of DNS (RFC 1035 section 4) with EDNS0 (RFC 6891), as functions over spans.</summary>
internal static class DnsMessage
{
    /// <summary>Octets that any query fits in.</summary>
    public const int LargestQuery = 12 + DnsName.Longest + 4 + OptSize;

    /// <summary>UDP payload offered: what no path on the Internet cuts in pieces.</summary>
    public const int Payload = 1232;

    /// <summary>Records that are read.</summary>
    public const int MostRecords = 128;

    private const int HeadSize = 12;
    private const int OptSize = 11;
    private const int OptType = 41;
    private const ushort RecursionDesired = 0x0100;
    private const ushort AuthenticData = 0x0020;

    /// <summary>One question, RD, EDNS0; with <paramref name="wantAuthenticated"/> also AD (RFC 6840 section 5.7). Returns the octets.</summary>
    public static int WriteQuery(Span<byte> to, ushort id, string name, DnsType type, bool wantAuthenticated)
    {
        to[..HeadSize].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(to, id);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)(RecursionDesired | (wantAuthenticated ? AuthenticData : 0)));
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(to[10..], 1);
        int at = HeadSize + DnsName.Write(name, to[HeadSize..]);
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + 2)..], 1);
        at += 4;
        Span<byte> opt = to.Slice(at, OptSize);
        opt.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(opt[1..], OptType);
        BinaryPrimitives.WriteUInt16BigEndian(opt[3..], Payload);
        return at + OptSize;
    }

    /// <summary>Reads bytes as the answer to a question. Never throws; what is cut off by the TC bit is not missed.</summary>
    public static DnsMatch TryRead(ReadOnlySpan<byte> message, ushort id, string name, DnsType type, out DnsReply? reply)
    {
        reply = null;
        if (message.Length < HeadSize || Word(message, 0) != id) return DnsMatch.Strange;
        ushort flags = Word(message, 2);
        int rcode = flags & 0xF;
        bool isAnswer = (flags & 0x8000) != 0 && (flags & 0x7800) == 0;
        int at = HeadSize;
        switch (Word(message, 4))
        {
            // Servers that cannot read a query answer without it.
            case 0 when isAnswer && rcode is 1 or 4 && message.Length == HeadSize:
                reply = new DnsReply(rcode, flags, [], IsWhole: true);
                return DnsMatch.Good;
            case 1 when isAnswer && IsQuestion(message, ref at, name, type):
                break;
            default:
                return DnsMatch.Strange;
        }

        bool truncated = (flags & 0x0200) != 0;
        return ReadRecords(message, at, flags, rcode, truncated, out reply) ? DnsMatch.Good : DnsMatch.Malformed;
    }

    private static bool ReadRecords(ReadOnlySpan<byte> message, int at, ushort flags, int rcode, bool truncated, out DnsReply? reply)
    {
        reply = null;
        int answers = Word(message, 6);
        int all = answers + Word(message, 8) + Word(message, 10);
        var records = new List<DnsRecord>(Math.Min(answers, 16));
        int read = 0;
        for (; read < all && read < MostRecords; read++)
        {
            if (!TryReadRecord(message, ref at, out string owner, out int type, out int kind, out uint ttl, out ReadOnlySpan<byte> data, out int dataAt))
            {
                if (!truncated) return false;
                break;
            }

            if (type == OptType && read >= answers) rcode |= (int)(ttl >> 24) << 4;
            if (kind != 1 || read >= answers) continue;
            if (!DnsData.TryRead(message, dataAt, data, (DnsType)type, out string value)) return false;

            // A TTL with the highest bit set means 0 (RFC 2181 section 8).
            records.Add(new DnsRecord(owner, (DnsType)type, ttl > int.MaxValue ? 0 : ttl, value));
        }

        reply = new DnsReply(rcode, flags, records, answers <= MostRecords && (!truncated || read >= answers));
        return true;
    }

    private static bool IsQuestion(ReadOnlySpan<byte> message, ref int at, string name, DnsType type)
    {
        if (!DnsName.TryRead(message, ref at, out string asked) || at + 4 > message.Length) return false;
        bool same = Word(message, at) == (int)type && Word(message, at + 2) == 1 && string.Equals(asked, Text(name), StringComparison.OrdinalIgnoreCase);
        at += 4;
        return same;
    }

    private static string Text(string name)
    {
        Span<byte> wire = stackalloc byte[DnsName.Longest + 1];
        int size = DnsName.Write(name, wire);
        int at = 0;
        return DnsName.TryRead(wire[..size], ref at, out string text) ? text : name;
    }

    private static bool TryReadRecord(
        ReadOnlySpan<byte> message, ref int at, out string owner, out int type, out int kind, out uint ttl, out ReadOnlySpan<byte> data, out int dataAt)
    {
        (type, kind, ttl, dataAt) = (0, 0, 0, 0);
        data = default;
        if (!DnsName.TryRead(message, ref at, out owner) || at + 10 > message.Length) return false;
        type = Word(message, at);
        kind = Word(message, at + 2);
        ttl = BinaryPrimitives.ReadUInt32BigEndian(message[(at + 4)..]);
        int length = Word(message, at + 8);
        dataAt = at + 10;
        if (dataAt + length > message.Length) return false;
        data = message.Slice(dataAt, length);
        at = dataAt + length;
        return true;
    }

    private static ushort Word(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
}
