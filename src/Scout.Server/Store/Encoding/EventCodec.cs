namespace Scout.Server.Store.Encoding;

/// <summary>Body of the entry <c>event</c>, and of <c>position</c>, which points to one.</summary>
internal static class EventCodec
{
    /// <param name="to">Where to.</param>
    /// <param name="item">The event.</param>
    /// <param name="queued">False: history only, it is never sent.</param>
    /// <param name="moved">Written anew, so that its old segment can go.</param>
    /// <returns>Where the body begins.</returns>
    public static int Write(FieldWriter to, StoredEvent item, bool queued, bool moved = false)
    {
        int start = Entries.Begin(to, item.Audits is null ? EntryType.Event : EntryType.Audit);
        to.Varint(1, (ulong)item.Sequence);
        to.Text(2, item.Subject);
        Span<byte> id = stackalloc byte[16];
        item.Id.TryWriteBytes(id, bigEndian: true, out _);
        to.Bytes(3, id);
        to.Text(4, item.Stream);
        to.Text(5, item.Machine);
        if (item.Kind != EventKind.Transition) to.Varint(6, (ulong)item.Kind);
        to.Time(7, item.Time);
        to.Flag(8, item.Routine);
        to.Flag(9, item.Report);
        to.Flag(10, !queued);
        to.Flag(11, moved);
        to.Bytes(12, item.Bytes.Span);
        foreach (string machine in item.Audits ?? []) to.Text(13, machine);
        to.Flag(14, item.Audits is not null);
        return to.End(start);
    }

    /// <summary>Null when these are no fields.</summary>
    public static StoredEvent? Read(ReadOnlySpan<byte> body, out bool queued, bool withBytes = true)
    {
        var reader = new FieldReader(body);
        var head = new EventHead();
        string stream = "";
        Guid id = default;
        string subject = "";
        ReadOnlyMemory<byte> bytes = default;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2: subject = reader.Text; break;
                case 3: id = reader.Bytes.Length == 16 ? new Guid(reader.Bytes, bigEndian: true) : default; break;
                case 4: stream = reader.Text; break;
                case 12: bytes = withBytes ? reader.Bytes.ToArray() : default; break;
                default: head.Take(reader); break;
            }
        }

        queued = head.Queued;
        if (reader.Failed || head.Sequence <= 0 || head.Machine.Length == 0) return null;
        return new StoredEvent
        {
            Sequence = head.Sequence,
            Subject = subject,
            Id = id,
            Stream = stream,
            Machine = head.Machine,
            Kind = head.Kind,
            Time = head.Time,
            Routine = head.Routine,
            Report = head.Report,
            Audits = head.Audits,
            Bytes = bytes,
        };
    }

    /// <summary>What queries and the outbox need, without the bytes of the event.</summary>
    public static bool TryHead(ReadOnlySpan<byte> body, out EventHead head)
    {
        var reader = new FieldReader(body);
        head = new EventHead();
        while (reader.Next()) head.Take(reader);
        return !reader.Failed && head.Sequence > 0 && head.Machine.Length > 0;
    }

    public static void WritePosition(FieldWriter to, EventPosition position)
    {
        int start = Entries.Begin(to, EntryType.Position);
        to.Varint(1, (ulong)position.Segment);
        to.Varint(2, (ulong)position.Offset);
        to.Varint(3, (ulong)position.Length);
        to.Fixed32(4, position.Sum);
        to.Varint(5, (ulong)position.Sequence);
        to.End(start);
    }

    public static EventPosition ReadPosition(ReadOnlySpan<byte> body)
    {
        var position = default(EventPosition);
        var reader = new FieldReader(body);
        while (reader.Next())
        {
            position = reader.Field switch
            {
                1 => position with { Segment = (long)reader.Number },
                2 => position with { Offset = (long)reader.Number },
                3 => position with { Length = (int)Math.Min(reader.Number, RecordFormat.MaxPayload) },
                4 => position with { Sum = (uint)reader.Number },
                5 => position with { Sequence = (long)reader.Number },
                _ => position,
            };
        }

        return position;
    }
}
