using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>
/// Walks the records of a file. Damage is stepped over: with a good header its length says where to go on, else the next byte where both sums fit
/// (server.md section 4).
/// </summary>
internal sealed class SegmentScanner(WindowReader reader)
{
    private long next;

    /// <summary>Offset of what <see cref="Next"/> found.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes of what was found, header included.</summary>
    public long Bytes { get; private set; }

    /// <summary>Number of the record; of damage with a good header the number it has, else 0.</summary>
    public long Number { get; private set; }

    private int size;

    /// <summary>Payload of the record found; good until the next call.</summary>
    public ReadOnlySpan<byte> Payload => reader.Peek(Offset + RecordFormat.HeaderBytes, size);

    /// <summary>Offset of the payload in the file.</summary>
    public long PayloadOffset => Offset + RecordFormat.HeaderBytes;

    public Found Next()
    {
        if (next >= reader.End) return Found.End;
        Offset = next;
        Number = 0;
        if (TryRecord(Offset, out size, out long number, out bool header))
        {
            Number = number;
            Bytes = RecordFormat.HeaderBytes + size;
            next = Offset + Bytes;
            return Found.Record;
        }

        if (header)
        {
            Number = number;
            next = Math.Min(reader.End, Offset + RecordFormat.HeaderBytes + size);
        }
        else
        {
            next = Search(Offset + 1);
        }

        Bytes = next - Offset;
        return Found.Damage;
    }

    private bool TryRecord(long offset, out int length, out long number, out bool header)
    {
        header = RecordFormat.TryHeader(reader.Peek(offset, RecordFormat.HeaderBytes), out length, out number, out uint sum);
        if (!header) return false;
        var payload = reader.Peek(offset + RecordFormat.HeaderBytes, length);
        return payload.Length == length && Crc32C.Compute(payload) == sum;
    }

    private long Search(long from)
    {
        while (from < reader.End)
        {
            var window = reader.Peek(from, 32 << 10);
            int at = window.IndexOf(RecordFormat.Magic);
            if (at < 0)
            {
                // The magic may lie across the edge of what was looked at.
                if (window.Length <= 3) return reader.End;
                from += window.Length - 3;
                continue;
            }

            from += at;
            if (TryRecord(from, out _, out _, out _)) return from;
            from++;
        }

        return reader.End;
    }
}

/// <summary>What lies at a place of a file.</summary>
internal enum Found
{
    Record,
    Damage,
    End,
}
