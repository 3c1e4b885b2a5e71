using Scout.Machines;
using Scout.Machines.Records;

namespace Scout.Server.Store.Encoding;

/// <summary>Body of the entry <c>machine</c>. Values that equal the default are left out; unknown fields are stepped over. Numbers are never reused.</summary>
internal static class MachineRecordCodec
{
    public static void Write(FieldWriter to, MachineRecord record)
    {
        to.Text(1, record.Name);
        to.SomeText(2, record.Digest);
        to.SomeText(3, record.Version);
        to.Text(4, record.State);
        to.Time(5, record.Since);
        if (record.Check is { } check) WriteCheck(to, check);
        if (record.Maintenance is { } maintenance)
        {
            WriteNote(to, 7, maintenance.Reason, maintenance.Until, maintenance.Caller, maintenance.Since);
        }

        to.Time(8, record.WindowEndedUntil);
        if (record.Acknowledgement is { } acknowledgement)
        {
            WriteNote(to, 9, acknowledgement.Reason, acknowledgement.Until, acknowledgement.Caller, acknowledgement.Since);
        }

        to.Text(10, record.ForcedFrom);
        to.Text(11, record.Data);
        to.Flag(12, record.Runaway);
        foreach (var watcher in record.Watchers) WatcherRecordCodec.Write(to, 13, watcher);
        to.Time(14, record.DeletedAt);
        if (record.Acknowledgement?.Believed is { } believed) to.Varint(15, (ulong)believed);
    }

    /// <summary>Null when these are no fields, or name or state is missing.</summary>
    public static MachineRecord? Read(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        var record = new MachineRecord { Name = "", State = "" };
        List<WatcherRecord>? watchers = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: record = record with { Name = reader.Text }; break;
                case 2: record = record with { Digest = reader.Text }; break;
                case 3: record = record with { Version = reader.Text }; break;
                case 4: record = record with { State = reader.Text }; break;
                case 5: record = record with { Since = reader.Time }; break;
                case 6: record = record with { Check = ReadCheck(reader.Bytes) }; break;
                case 7:
                    var one = ReadNote(reader.Bytes);
                    record = record with { Maintenance = new MaintenanceRecord(one.Reason, one.Until, one.Caller, one.Since) };
                    break;
                case 8: record = record with { WindowEndedUntil = reader.Time }; break;
                case 9:
                    var other = ReadNote(reader.Bytes);
                    record = record with { Acknowledgement = new AcknowledgementRecord(other.Reason, other.Until, other.Caller, other.Since) };
                    break;
                case 10: record = record with { ForcedFrom = reader.Text }; break;
                case 11: record = record with { Data = reader.Text }; break;
                case 12: record = record with { Runaway = reader.Flag }; break;
                case 13: (watchers ??= []).Add(WatcherRecordCodec.Read(reader.Bytes)); break;
                case 14: record = record with { DeletedAt = reader.Time }; break;
                case 15 when record.Acknowledgement is { } known:
                    record = record with { Acknowledgement = known with { Believed = Status(reader.Number) } };
                    break;
                default: break;
            }
        }

        if (reader.Failed || record.Name.Length == 0 || record.State.Length == 0) return null;
        return watchers is null ? record : record with { Watchers = [.. watchers] };
    }

    private static void WriteCheck(FieldWriter to, CheckRecord check)
    {
        int start = to.Begin(6);
        // The default of Fresh is true, so it is the stale one that is told.
        to.Flag(1, !check.Fresh);
        if (check.Belief != CheckStatus.Ok) to.Varint(2, (ulong)check.Belief);
        if (check.DoubtDirection != 0) to.Signed(3, check.DoubtDirection);
        if (check.DoubtCount != 0) to.Signed(4, check.DoubtCount);
        if (check.DoubtExtreme != CheckStatus.Ok) to.Varint(5, (ulong)check.DoubtExtreme);
        if (check.FlapRing != 0) to.Varint(6, (uint)check.FlapRing);
        to.Flag(7, check.Flapping);
        to.Text(8, check.SuppressedBy);
        if (check.LastRaw is { } raw) to.Varint(9, (ulong)raw);
        if (check.LastResult is { } result) LastResultCodec.Write(to, 10, result);
        to.SomeText(11, check.Subject);
        to.End(start);
    }

    private static CheckRecord ReadCheck(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        var check = new CheckRecord();
        while (reader.Next())
        {
            check = reader.Field switch
            {
                1 => check with { Fresh = !reader.Flag },
                2 => check with { Belief = Status(reader.Number) },
                3 => check with { DoubtDirection = (int)reader.Signed },
                4 => check with { DoubtCount = (int)reader.Signed },
                5 => check with { DoubtExtreme = Status(reader.Number) },
                6 => check with { FlapRing = (int)(reader.Number & 0xFFFFF) },
                7 => check with { Flapping = reader.Flag },
                8 => check with { SuppressedBy = reader.Text },
                9 => check with { LastRaw = Status(reader.Number) },
                10 => check with { LastResult = LastResultCodec.Read(reader.Bytes) },
                11 => check with { Subject = reader.Text },
                _ => check,
            };
        }

        return check;
    }

    private static void WriteNote(FieldWriter to, int field, string reason, DateTimeOffset? until, string caller, DateTimeOffset since)
    {
        int start = to.Begin(field);
        to.SomeText(1, reason);
        to.Time(2, until);
        to.SomeText(3, caller);
        to.Time(4, since);
        to.End(start);
    }

    private static (string Reason, DateTimeOffset? Until, string Caller, DateTimeOffset Since) ReadNote(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        string reason = "";
        string caller = "";
        DateTimeOffset? until = null;
        DateTimeOffset since = default;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: reason = reader.Text; break;
                case 2: until = reader.Time; break;
                case 3: caller = reader.Text; break;
                case 4: since = reader.Time; break;
                default: break;
            }
        }

        return (reason, until, caller, since);
    }

    internal static CheckStatus Status(ulong number) => number <= 3 ? (CheckStatus)number : CheckStatus.Unknown;
}
