using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>The small fields of an event.</summary>
internal struct EventHead
{
    public EventHead()
    {
    }

    public long Sequence { get; private set; }

    public string Machine { get; private set; } = "";

    public EventKind Kind { get; private set; }

    public DateTimeOffset Time { get; private set; }

    public bool Routine { get; private set; }

    public bool Report { get; private set; }

    public bool Queued { get; private set; } = true;

    public int Size { get; private set; }

    /// <summary>See <see cref="StoredEvent.Audits"/>.</summary>
    public List<string>? Audits { get; private set; }

    public static EventHead Of(StoredEvent item) => new()
    {
        Sequence = item.Sequence,
        Machine = item.Machine,
        Kind = item.Kind,
        Time = item.Time,
        Routine = item.Routine,
        Report = item.Report,
        Size = item.Bytes.Length,
    };

    internal void Take(in FieldReader reader)
    {
        switch (reader.Field)
        {
            case 1: Sequence = (long)reader.Number; break;
            case 5: Machine = reader.Text; break;
            case 6: Kind = reader.Number < EventKinds.Count ? (EventKind)reader.Number : EventKind.Watcher; break;
            case 7: Time = reader.Time; break;
            case 8: Routine = reader.Flag; break;
            case 9: Report = reader.Flag; break;
            case 10: Queued = !reader.Flag; break;
            case 12: Size = reader.Bytes.Length; break;
            case 13: (Audits ??= []).Add(reader.Text); break;
            case 14 when reader.Flag: Audits ??= []; break;
            default: break;
        }
    }
}

/// <summary>Where the body of an event entry lies.</summary>
/// <param name="Segment">Number of the segment.</param>
/// <param name="Offset">In the file.</param>
/// <param name="Length">Bytes of the body.</param>
/// <param name="Sum">CRC-32C of the body.</param>
/// <param name="Sequence">Of the event.</param>
internal readonly record struct EventPosition(long Segment, long Offset, int Length, uint Sum, long Sequence);
