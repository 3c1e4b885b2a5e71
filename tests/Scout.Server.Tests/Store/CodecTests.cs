using Scout.Machines;
using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Server.Store;
using Scout.Server.Store.Encoding;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Store;

public sealed class CodecTests
{
    [Fact]
    public void Crc32c_gives_the_value_everybody_gets()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0u, Crc32C.Compute([]));
        // RFC 3720, B.4.
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
    }

    [Fact]
    public void A_record_of_a_machine_comes_back_as_it_was()
    {
        for (int seed = 1; seed <= 500; seed++) Same(Any(new Random(seed)), $"seed {seed}");
    }

    [Fact]
    public void The_smallest_record_comes_back_as_it_was() => Same(new MachineRecord { Name = "a", State = "b" }, "smallest");

    [Fact]
    public void A_steady_record_is_small()
    {
        var to = new FieldWriter();
        MachineRecordCodec.Write(to, Steady());
        Assert.InRange(to.Length, 100, 260);
    }

    [Fact]
    public void Unknown_fields_of_every_kind_are_stepped_over_at_every_depth()
    {
        var to = new FieldWriter();
        to.Text(1, "disk");
        to.Varint(200, 7);
        to.Fixed64(201, 8);
        to.Fixed32(202, 9);
        to.Text(4, "OK");
        int check = to.Begin(6);
        to.Text(77, "new");
        to.Varint(2, 2);
        int result = to.Begin(10);
        to.Varint(99, 1);
        to.Text(3, "out");
        to.End(result);
        to.End(check);
        int watcher = to.Begin(13);
        to.Text(1, "w");
        to.Fixed64(50, 1);
        to.End(watcher);
        var record = MachineRecordCodec.Read(to.Written)!;
        Assert.Equal("disk", record.Name);
        Assert.Equal(CheckStatus.Critical, record.Check!.Belief);
        Assert.Equal("out", record.Check.LastResult!.Output);
        Assert.Equal("w", Assert.Single(record.Watchers).Name);
    }

    [Fact]
    public void Bytes_that_are_no_record_never_throw()
    {
        var random = new Random(5);
        byte[] good = Bytes(Any(new Random(9)));
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = i % 2 == 0 ? [.. good] : new byte[random.Next(200)];
            if (i % 2 == 1) random.NextBytes(bytes);
            for (int n = random.Next(1, 6); n > 0 && bytes.Length > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0) bytes = bytes[..random.Next(bytes.Length + 1)];
            _ = MachineRecordCodec.Read(bytes);
            _ = EventCodec.Read(bytes, out _);
            _ = EventCodec.TryHead(bytes, out _);
            _ = EventCodec.ReadPosition(bytes);
            _ = Entries.ReadOpen(bytes);
            _ = Entries.ReadDrop(bytes);
            _ = Entries.ReadRequest(bytes);
            var reader = new EntryReader(bytes);
            while (reader.Next())
            {
            }
        }
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(127L)]
    [InlineData(128L)]
    [InlineData(long.MaxValue)]
    [InlineData(-1L)]
    [InlineData(long.MinValue)]
    public void Numbers_come_back(long value)
    {
        var to = new FieldWriter();
        to.Signed(3, value);
        to.Varint(4, (ulong)value);
        to.Fixed64(5, (ulong)value);
        var reader = new FieldReader(to.Written);
        Assert.True(reader.Next() && reader.Signed == value);
        Assert.True(reader.Next() && reader.Number == (ulong)value);
        Assert.True(reader.Next() && reader.Number == (ulong)value);
        Assert.False(reader.Next() || reader.Failed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(2_097_151)]
    [InlineData(2_097_152)]
    public void A_message_of_any_length_says_its_length(int size)
    {
        var to = new FieldWriter();
        int start = to.Begin(2);
        to.Raw(new byte[size]);
        to.End(start);
        to.Varint(3, 5);
        var reader = new FieldReader(to.Written);
        Assert.True(reader.Next());
        Assert.Equal(size, reader.Bytes.Length);
        Assert.True(reader.Next() && reader.Number == 5);
    }

    [Fact]
    public void An_event_comes_back_as_it_was()
    {
        var item = Event(77, "disk", EventKind.Check, routine: true) with { Report = true };
        var to = new FieldWriter();
        int body = EventCodec.Write(to, item, queued: false);
        var read = EventCodec.Read(to.Written[body..], out bool queued)!;
        Assert.False(queued);
        Assert.Equal(item with { Bytes = default }, read with { Bytes = default });
        Assert.Equal(item.Bytes.ToArray(), read.Bytes.ToArray());
    }

    [Fact]
    public void A_set_of_sequences_is_exact_until_its_bound_and_never_forgets_one()
    {
        var random = new Random(2);
        var set = new SequenceSet();
        var exact = SequenceSet.Exact();
        var truth = new HashSet<long>();
        for (int i = 0; i < 9_000; i++)
        {
            long one = random.Next(1, 40_000);
            set.Add(one);
            exact.Add(one);
            truth.Add(one);
        }

        Assert.Equal(truth.Count, exact.Ranges.Sum(static range => range.Last - range.First + 1));
        Assert.True(set.Ranges.Count <= SequenceSet.MaxRanges);
        Assert.All(truth, one => Assert.True(set.Contains(one) && exact.Contains(one)));
        Assert.True(set.Ranges.Zip(set.Ranges.Skip(1)).All(static pair => pair.First.Last + 1 < pair.Second.First));
    }

    private static void Same(MachineRecord record, string where)
    {
        var read = MachineRecordCodec.Read(Bytes(record));
        Assert.True(read is not null, where);
        // Lists in records compare by reference, so the text of all members decides.
        Assert.Equal(Text(record), Text(read));
    }

    private static string Text(MachineRecord record) =>
        $"{record with { Watchers = [], Check = null }} {record.Check?.ToString().Replace(record.Check.LastResult?.PerfData.ToString() ?? "-", "", StringComparison.Ordinal)} [{string.Join(' ', record.Check?.LastResult?.PerfData ?? [])}] "
        + string.Join(';', record.Watchers.Select(static one => $"{one with { Starts = [] }} {string.Join(' ', one.Starts)}"));

    private static byte[] Bytes(MachineRecord record)
    {
        var to = new FieldWriter();
        MachineRecordCodec.Write(to, record);
        return to.Written.ToArray();
    }

    private static MachineRecord Steady() => new()
    {
        Name = "disk_root",
        Digest = new string('a', 32),
        Version = "1.0.0",
        State = "OK",
        Since = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Check = new CheckRecord
        {
            Fresh = false,
            LastRaw = CheckStatus.Ok,
            Subject = new string('b', 32),
            LastResult = new LastResult
            {
                Status = CheckStatus.Ok,
                Reason = "exit",
                Output = "DISK OK - free space: / 3326 MB (56%)",
                ExitCode = 0,
                StartedAt = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
                Duration = TimeSpan.FromMilliseconds(12),
                PerfData = [new PerfDatum("/", 2643e6, "bytes", "2643MB;5948;5958;0;5968")],
            },
        },
    };

    private static MachineRecord Any(Random random)
    {
        DateTimeOffset Time() => new(random.NextInt64(DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero);
        DateTimeOffset? Maybe() => random.Next(2) == 0 ? null : Time();
        string Text() => new([.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => (char)random.Next(' ', 0xD000))]);
        string? MaybeText() => random.Next(2) == 0 ? null : Text();
        CheckStatus Status() => (CheckStatus)random.Next(4);
        bool Bit() => random.Next(2) == 0;
        return new MachineRecord
        {
            Name = "n" + Text(),
            Digest = Text(),
            Version = Text(),
            State = "s" + Text(),
            Since = Time(),
            WindowEndedUntil = Maybe(),
            ForcedFrom = MaybeText(),
            Data = MaybeText(),
            Runaway = Bit(),
            DeletedAt = Maybe(),
            Maintenance = Bit() ? null : new MaintenanceRecord(Text(), Maybe(), Text(), Time()),
            Acknowledgement = Bit() ? null : new AcknowledgementRecord(Text(), Maybe(), Text(), Time()),
            Check = Bit()
                ? null
                : new CheckRecord
                {
                    Fresh = Bit(),
                    Belief = Status(),
                    DoubtDirection = random.Next(-1, 2),
                    DoubtCount = random.Next(100),
                    DoubtExtreme = Status(),
                    FlapRing = random.Next(1 << 20),
                    Flapping = Bit(),
                    SuppressedBy = MaybeText(),
                    LastRaw = Bit() ? null : Status(),
                    Subject = Text(),
                    LastResult = Bit()
                        ? null
                        : new LastResult
                        {
                            Status = Status(),
                            Reason = Text(),
                            Output = Text(),
                            LongOutput = Text(),
                            ExitCode = Bit() ? null : random.Next(-1, 256),
                            StartedAt = Time(),
                            Duration = new TimeSpan(random.NextInt64(1L << 40)),
                            PerfData = [.. Enumerable.Range(0, random.Next(5)).Select(_ => new PerfDatum(Text(), Bit() ? null : random.NextDouble() * 1e9, Text(), Text()))],
                        },
                },
            Watchers =
            [
                .. Enumerable.Range(0, random.Next(4)).Select(i => new WatcherRecord
                {
                    Name = "w" + i, Digest = Text(), LastStart = Maybe(), Starts = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Time())], Exhausted = Bit(),
                    TimerEnds = Maybe(), ScheduleOn = Bit() ? null : Bit(), FiredUntil = Maybe(), LastOutcome = MaybeText(), Suspect = Bit(),
                    Mark = Bit() ? null : new FileMark(random.NextInt64(), random.NextInt64(), (ulong)random.NextInt64() * 2),
                }),
            ],
        };
    }
}
