using Scout.Machines.Records;

namespace Scout.Server.Store.Encoding;

/// <summary>What a watcher remembers, inside a machine's record.</summary>
internal static class WatcherRecordCodec
{
    public static void Write(FieldWriter to, int field, WatcherRecord watcher)
    {
        int start = to.Begin(field);
        to.SomeText(1, watcher.Name);
        to.SomeText(2, watcher.Digest);
        to.Time(3, watcher.LastStart);
        foreach (var begun in watcher.Starts) to.Time(4, begun);
        to.Flag(5, watcher.Exhausted);
        to.Time(6, watcher.TimerEnds);
        if (watcher.ScheduleOn is { } on) to.Varint(7, on ? 1u : 0u);
        to.Time(8, watcher.FiredUntil);
        if (watcher.Mark is { } mark)
        {
            int inner = to.Begin(9);
            to.Signed(1, mark.Modified);
            to.Signed(2, mark.Size);
            to.Varint(3, mark.Inode);
            to.End(inner);
        }

        to.Text(10, watcher.LastOutcome);
        to.Flag(11, watcher.Suspect);
        to.Time(12, watcher.ScheduleSince);
        to.End(start);
    }

    public static WatcherRecord Read(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        var watcher = new WatcherRecord { Name = "" };
        List<DateTimeOffset>? starts = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: watcher = watcher with { Name = reader.Text }; break;
                case 2: watcher = watcher with { Digest = reader.Text }; break;
                case 3: watcher = watcher with { LastStart = reader.Time }; break;
                case 4: (starts ??= []).Add(reader.Time); break;
                case 5: watcher = watcher with { Exhausted = reader.Flag }; break;
                case 6: watcher = watcher with { TimerEnds = reader.Time }; break;
                case 7: watcher = watcher with { ScheduleOn = reader.Flag }; break;
                case 8: watcher = watcher with { FiredUntil = reader.Time }; break;
                case 9: watcher = watcher with { Mark = ReadMark(reader.Bytes) }; break;
                case 10: watcher = watcher with { LastOutcome = reader.Text }; break;
                case 11: watcher = watcher with { Suspect = reader.Flag }; break;
                case 12: watcher = watcher with { ScheduleSince = reader.Time }; break;
                default: break;
            }
        }

        return starts is null ? watcher : watcher with { Starts = [.. starts] };
    }

    private static FileMark ReadMark(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        var mark = new FileMark(0, 0, 0);
        while (reader.Next())
        {
            mark = reader.Field switch
            {
                1 => mark with { Modified = reader.Signed },
                2 => mark with { Size = reader.Signed },
                3 => mark with { Inode = reader.Number },
                _ => mark,
            };
        }

        return mark;
    }
}
