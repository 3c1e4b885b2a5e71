namespace Scout.Server.Store.Encoding;

/// <summary>Writes and reads the entries of a record other than the machine's.</summary>
internal static class Entries
{
    /// <summary>The format this version writes; a higher one is refused.</summary>
    public const int Format = 1;

    public static int Begin(FieldWriter to, EntryType type)
    {
        to.Byte((byte)type);
        to.Byte(1);
        return to.BeginBare();
    }

    public static void Open(FieldWriter to, OpenEntry open)
    {
        int start = Begin(to, EntryType.Open);
        to.Varint(1, (ulong)open.Format);
        to.Text(2, open.Node);
        to.Varint(3, (ulong)open.Epoch);
        to.SomeText(4, open.Product);
        to.SomeText(5, open.BootId);
        to.Varint(6, (ulong)open.NextSequence);
        to.Time(7, open.At);
        to.End(start);
    }

    public static OpenEntry? ReadOpen(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        var open = new OpenEntry(0, "", 0, "", "", 1, default);
        while (reader.Next())
        {
            open = reader.Field switch
            {
                1 => open with { Format = (int)Math.Min(reader.Number, int.MaxValue) },
                2 => open with { Node = reader.Text },
                3 => open with { Epoch = (long)reader.Number },
                4 => open with { Product = reader.Text },
                5 => open with { BootId = reader.Text },
                6 => open with { NextSequence = (long)reader.Number },
                7 => open with { At = reader.Time },
                _ => open,
            };
        }

        return reader.Failed ? null : open;
    }

    public static void Erase(FieldWriter to, string machine)
    {
        int start = Begin(to, EntryType.Erase);
        to.Text(1, machine);
        to.End(start);
    }

    public static string ReadErase(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        while (reader.Next())
        {
            if (reader.Field == 1) return reader.Text;
        }

        return "";
    }

    /// <summary>Ranges of sequences as pairs of varints: distance from the end of the one before, length - 1.</summary>
    public static void Ranges(FieldWriter to, int field, IReadOnlyList<SequenceRange> ranges)
    {
        int start = to.Begin(field);
        long last = 0;
        foreach (var range in ranges)
        {
            to.BareVarint((ulong)(range.First - last));
            to.BareVarint((ulong)(range.Last - range.First));
            last = range.Last;
        }

        to.End(start);
    }

    public static void ReadRanges(ReadOnlySpan<byte> packed, List<SequenceRange> into)
    {
        long last = 0;
        while (FieldReader.Varint(ref packed, out ulong skip) && FieldReader.Varint(ref packed, out ulong more))
        {
            long first = last + (long)skip;
            last = first + (long)more;
            if (first < 0 || last < first) return;
            into.Add(new SequenceRange(first, last));
        }
    }

    public static void Ack(FieldWriter to, IReadOnlyList<SequenceRange> ranges)
    {
        int start = Begin(to, EntryType.Ack);
        Ranges(to, 1, ranges);
        to.End(start);
    }

    public static void Aside(FieldWriter to, long sequence, string reason)
    {
        int start = Begin(to, EntryType.Aside);
        Ranges(to, 1, [new SequenceRange(sequence, sequence)]);
        to.SomeText(2, reason);
        to.End(start);
    }

    /// <summary>The ranges in field 1 of an <c>ack</c>, <c>aside</c> or <c>drop</c>.</summary>
    public static List<SequenceRange> ReadSequences(ReadOnlySpan<byte> body)
    {
        var ranges = new List<SequenceRange>();
        var reader = new FieldReader(body);
        while (reader.Next())
        {
            if (reader.Field == 1) ReadRanges(reader.Bytes, ranges);
        }

        return ranges;
    }

    /// <param name="report">What was dropped.</param>
    /// <param name="told">Everything dropped before this entry stands in an event now.</param>
    public static void Drop(FieldWriter to, DropReport report, bool told)
    {
        int start = Begin(to, EntryType.Drop);
        Ranges(to, 1, report.Ranges);
        for (int kind = 0; kind < EventKinds.Count; kind++)
        {
            if (report.ByKind[kind] != 0) to.Varint(2 + kind, (ulong)report.ByKind[kind]);
        }

        if (report.Lost != 0) to.Varint(14, (ulong)report.Lost);
        to.Flag(15, told);
        to.End(start);
    }

    public static (DropReport Report, bool Told) ReadDrop(ReadOnlySpan<byte> body)
    {
        var ranges = new List<SequenceRange>();
        var counts = new long[EventKinds.Count];
        long lost = 0;
        bool told = false;
        var reader = new FieldReader(body);
        while (reader.Next())
        {
            if (reader.Field == 1) ReadRanges(reader.Bytes, ranges);
            else if (reader.Field is >= 2 and < 2 + EventKinds.Count) counts[reader.Field - 2] = (long)reader.Number;
            else if (reader.Field == 14) lost = (long)reader.Number;
            else if (reader.Field == 15) told = reader.Flag;
        }

        return (new DropReport { ByKind = counts, Lost = lost, Ranges = ranges }, told);
    }

    public static void Request(FieldWriter to, KnownRequest request)
    {
        int start = Begin(to, EntryType.Request);
        to.Text(1, request.Id);
        to.Text(2, request.Caller);
        to.Bytes(3, request.Outcome.Span);
        to.SomeText(4, request.Nonce);
        to.Time(5, request.At);
        to.End(start);
    }

    public static KnownRequest ReadRequest(ReadOnlySpan<byte> body)
    {
        var request = new KnownRequest("", "", default, "", default);
        var reader = new FieldReader(body);
        while (reader.Next())
        {
            request = reader.Field switch
            {
                1 => request with { Id = reader.Text },
                2 => request with { Caller = reader.Text },
                3 => request with { Outcome = reader.Bytes.ToArray() },
                4 => request with { Nonce = reader.Text },
                5 => request with { At = reader.Time },
                _ => request,
            };
        }

        return request;
    }

    public static void End(FieldWriter to, long entries) => Number(to, EntryType.End, entries);

    public static void Unsynced(FieldWriter to, long records) => Number(to, EntryType.Unsynced, records);

    /// <summary>The number in an <c>end</c> or <c>unsynced</c>; -1 when there is none.</summary>
    public static long ReadNumber(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        return reader.Next() && reader.Field == 1 ? (long)reader.Number : -1;
    }

    private static void Number(FieldWriter to, EntryType type, long number)
    {
        int start = Begin(to, type);
        to.Varint(1, (ulong)number);
        to.End(start);
    }
}

/// <summary>Who wrote what follows.</summary>
internal sealed record OpenEntry(int Format, string Node, long Epoch, string Product, string BootId, long NextSequence, DateTimeOffset At);
