using Scout.Server.Store;
using Scout.Testing;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Store;

/// <summary>reliability.md R2: a journal of about 4 KB with a snapshot, hurt at every byte.</summary>
[Trait("fault", "R2")]
public sealed class DamageTests
{
    private static readonly NodeStoreOptions Small = Options with { SegmentBytes = 1_200, HistoryBytes = 1 << 20 };

    public static TheoryData<string> Ways => ["truncate", "flip", "zero"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_journal_hurt_at_any_byte_opens_and_misses_only_what_was_touched(string way)
    {
        var whole = Journal();
        var expected = Sequences(Open(FaultFiles.With(whole), Small));
        Assert.InRange(whole.Values.Sum(static bytes => bytes.Length), 3_500, 9_000);
        Assert.Contains(whole.Keys, static path => path.EndsWith(".snap", StringComparison.Ordinal));
        foreach (string path in whole.Keys)
        {
            for (int at = 0; at < whole[path].Length; at++)
            {
                var hurt = whole.ToDictionary(static file => file.Key, static file => file.Value.ToArray());
                int until = Hurt(hurt, path, at, way);
                string where = $"{way} {Path.GetFileName(path)} at {at}";
                var files = FaultFiles.With(hurt);
                NodeStore store;
                try
                {
                    store = Open(files, Small);
                }
                catch (Exception error)
                {
                    Assert.Fail($"{where}: {error}");
                    return;
                }

                Check(where, store, path, expected, Touched(whole[path], at, until) is var touched && way == "truncate" ? touched : touched with { Clean = false });
                if (at % 5 != 0) continue;
                // It goes on, and the next opening has nothing to complain of but what it was told.
                store.Send("after");
                var again = Open(files, Small);
                Assert.True(again.Recovered.Machines.Any(static one => one.Name == "after"), where);
                Assert.True(again.Recovered.NextSequence == store.LastSequence + 1, where);
            }
        }
    }

    [Fact]
    public void One_line_names_file_offset_bytes_records_and_sequences()
    {
        var files = Line();
        byte[] bytes = files[Path.Combine(StoreFactory.Journal, $"{1:D20}.log")];
        bytes[bytes.AsSpan().IndexOf("{\"n\":3}"u8)] ^= 1;
        var store = Open(FaultFiles.With(files));
        string line = Assert.Single(store.Recovered.Repairs).Line;
        Assert.Matches(@"^journal/0{19}1\.log: damage at offset \d+, \d+ bytes; records 4 to 4 are lost, sequences from 3 to 3$", line);
        Assert.Equal(1, store.Statistics().LostRecords);
        Assert.Equal([0, 1, 0, 0], store.Statistics().Repairs);
    }

    [Fact]
    public void After_damage_the_counter_jumps_and_the_gap_is_told_as_a_drop_is()
    {
        var files = Line();
        byte[] bytes = files[Path.Combine(StoreFactory.Journal, $"{1:D20}.log")];
        bytes[bytes.AsSpan().IndexOf("{\"n\":3}"u8)] ^= 1;
        var store = Open(FaultFiles.With(files));
        Assert.Equal(1_006, store.Recovered.NextSequence);
        DropReport? told = null;
        store.CommitDropReport((report, sequence) =>
        {
            told = report;
            return Event(sequence, "_node", EventKind.Watcher);
        });
        Assert.Equal([new SequenceRange(3, 3), new SequenceRange(6, 1_005)], told!.Ranges);
        Assert.Equal(1_001, told.Lost);
    }

    [Fact]
    public void A_torn_tail_is_cut_off_without_a_hole_in_the_counter()
    {
        var files = Line();
        string path = Path.Combine(StoreFactory.Journal, $"{1:D20}.log");
        files[path] = files[path][..^10];
        var disk = FaultFiles.With(files);
        var store = Open(disk);
        Assert.Equal(RepairKind.Torn, Assert.Single(store.Recovered.Repairs).Kind);
        Assert.Equal(5, store.Recovered.NextSequence);
        Assert.False(store.Outbox.HasDrops);
        store.Send("on");
        Assert.Empty(Open(disk).Recovered.Repairs);
    }

    [Fact]
    public void A_journal_that_cannot_be_read_at_all_is_set_aside_and_a_new_one_begins_with_a_new_epoch()
    {
        var files = Line();
        foreach (var bytes in files.Values) Array.Fill(bytes, (byte)'x');
        var disk = FaultFiles.With(files);
        var time = new ManualTime(new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var store = Open(disk, time: time);
        Assert.True(store.Recovered.IsNew);
        Assert.Empty(store.Recovered.Machines);
        Assert.Equal(time.GetUtcNow().ToUnixTimeSeconds(), store.Recovered.Epoch);
        Assert.Equal(RepairKind.Corrupt, Assert.Single(store.Recovered.Repairs).Kind);
        Assert.Contains(disk.Contents().Keys, static path => path.EndsWith(".corrupt", StringComparison.Ordinal));
        store.Send();
        Assert.Empty(Open(disk, time: time).Recovered.Repairs);
    }

    [Fact]
    public void The_newest_three_sets_of_corrupt_files_stay()
    {
        var time = new ManualTime();
        var disk = new FaultFiles();
        for (int i = 0; i < 6; i++)
        {
            Open(disk, time: time).Send();
            foreach (string path in disk.Contents().Keys.Where(static path => path.EndsWith(".log", StringComparison.Ordinal)))
            {
                using var file = disk.Open(path);
                file.Write(0, new byte[file.Length]);
            }

            time.Advance(TimeSpan.FromMinutes(1));
        }

        Open(disk, time: time);
        Assert.Equal(3, disk.Contents().Keys.Count(static path => path.EndsWith(".corrupt", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_bad_snapshot_is_set_aside_and_made_anew()
    {
        var whole = Journal();
        string snapshot = whole.Keys.Where(static path => path.EndsWith(".snap", StringComparison.Ordinal)).Max(StringComparer.Ordinal)!;
        whole[snapshot][40] ^= 0x10;
        var disk = FaultFiles.With(whole);
        var store = Open(disk, Small);
        Assert.Equal(RepairKind.Snapshot, Assert.Single(store.Recovered.Repairs).Kind);
        Assert.Equal(Sequences(Open(FaultFiles.With(Journal()), Small)), Sequences(store));
        store.Pump();
        Assert.Contains(disk.Contents().Keys, static path => path.EndsWith(".snap", StringComparison.Ordinal));
        Assert.Empty(Open(disk, Small).Recovered.Repairs);
    }

    [Fact]
    public void Unknown_entries_and_fields_of_a_later_version_are_stepped_over()
    {
        var files = new FaultFiles();
        Open(files).Send("a");
        var to = new Scout.Server.Store.Encoding.FieldWriter();
        int start = Scout.Server.Store.Encoding.RecordFormat.Begin(to);
        int entry = Scout.Server.Store.Encoding.Entries.Begin(to, (Scout.Server.Store.Encoding.EntryType)99);
        to.Text(1, "from the future");
        to.End(entry);
        int machine = Scout.Server.Store.Encoding.Entries.Begin(to, Scout.Server.Store.Encoding.EntryType.Machine);
        to.Text(1, "b");
        to.Text(4, "OK");
        to.Text(900, "new");
        to.End(machine);
        Scout.Server.Store.Encoding.RecordFormat.End(to, start, 3);
        using (var file = files.Open(Path.Combine(StoreFactory.Journal, $"{1:D20}.log"))) file.Write(file.Length, to.Written);
        var again = Open(files);
        Assert.Equal(["a", "b"], again.Recovered.Machines.Select(static one => one.Name));
        Assert.Empty(again.Recovered.Repairs);
    }

    [Fact]
    public void A_store_of_a_newer_format_is_refused()
    {
        var files = new FaultFiles();
        var to = new Scout.Server.Store.Encoding.FieldWriter();
        int start = Scout.Server.Store.Encoding.RecordFormat.Begin(to);
        Scout.Server.Store.Encoding.Entries.Open(to, new(2, "web1", 1, "9.0", "", 1, default));
        Scout.Server.Store.Encoding.RecordFormat.End(to, start, 1);
        using (var file = files.Create(Path.Combine(StoreFactory.Journal, $"{1:D20}.log"))) file.Write(0, to.Written);
        var error = Assert.Throws<StoreException>(() => Open(files));
        Assert.Equal(StoreProblem.NewerFormat, error.Problem);
        Assert.Contains("newer version (9.0", error.Message, StringComparison.Ordinal);
    }

    private static void Check(string where, NodeStore store, string path, List<long> expected, (int Touched, bool Tail, bool Clean) hurt)
    {
        // The fold: each machine at its own version, or missing because its record was hurt; the snapshots and the segments both tell of them.
        var found = Sequences(store);
        var told = store.Outbox.TakeDrops();
        var missing = expected.Except(found).ToList();
        Assert.True(!found.Except(expected).Any(), $"{where}: events from nowhere");
        if (path.EndsWith(".snap", StringComparison.Ordinal))
        {
            Assert.True(missing.Count == 0, $"{where}: a snapshot was hurt, and events {string.Join(' ', missing)} are missing");
            return;
        }

        // One event a record in this journal.
        Assert.True(missing.Count <= hurt.Touched, $"{where}: {missing.Count} events missing, {hurt.Touched} records touched");
        // A file cut between two records looks like one that had not been written any further.
        if (missing.Count == 0 || hurt.Clean) return;
        Assert.True(store.Recovered.Repairs.Count > 0, $"{where}: events {string.Join(' ', missing)} are missing and nobody says so");
        if (hurt.Tail) return;
        Assert.True(told is not null, $"{where}: events {string.Join(' ', missing)} are missing and nothing is told");
        Assert.All(missing, one => Assert.True(told!.Ranges.Any(range => range.First <= one && one <= range.Last), $"{where}: {one} is not told"));
    }

    /// <summary>How many records the damage touches, whether it reaches the end of the file, and whether it begins between two.</summary>
    private static (int Touched, bool Tail, bool Clean) Touched(byte[] bytes, int from, int until)
    {
        int touched = 0;
        int at = 0;
        bool tail = false;
        bool clean = false;
        while (at < bytes.Length && Scout.Server.Store.Encoding.RecordFormat.TryHeader(bytes.AsSpan(at), out int size, out _, out _))
        {
            int end = at + Scout.Server.Store.Encoding.RecordFormat.HeaderBytes + size;
            clean |= at == from && until == bytes.Length;
            if (at < until && end > from)
            {
                touched++;
                tail = end == bytes.Length;
            }

            at = end;
        }

        return (touched, tail, clean);
    }

    private static int Hurt(Dictionary<string, byte[]> files, string path, int at, string way)
    {
        byte[] bytes = files[path];
        switch (way)
        {
            case "truncate":
                files[path] = bytes[..at];
                return bytes.Length;
            case "flip":
                bytes[at] ^= (byte)(1 << (at % 8));
                return at + 1;
            default:
                int count = Math.Min(512, bytes.Length - at);
                bytes.AsSpan(at, count).Clear();
                return at + count;
        }
    }

    private static List<long> Sequences(NodeStore store) => [.. store.Outbox.Positions().Select(static one => one.Sequence)];

    private static Dictionary<string, byte[]> Line()
    {
        var files = new FaultFiles();
        var store = Open(files);
        store.Pump();
        for (int i = 0; i < 5; i++) store.Send("m" + i);
        return files.Contents();
    }

    private static Dictionary<string, byte[]> Journal()
    {
        var files = new FaultFiles();
        var store = Open(files, Small);
        store.Pump();
        for (int i = 0; i < 20; i++) store.Send("m" + (i % 4), size: 40);
        return files.Contents();
    }
}
