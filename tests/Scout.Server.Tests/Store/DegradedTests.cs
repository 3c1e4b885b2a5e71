using Scout.Server.Store;
using Scout.Testing;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Store;

/// <summary>reliability.md R9: the disk refuses, and is well again.</summary>
[Trait("fault", "R9")]
public sealed class DegradedTests
{
    public static TheoryData<string> Ways => ["full", "broken", "short", "sync", "folder", "create"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_the_disk_refused_waits_and_is_kept_when_it_takes_it_again(string way)
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var store = Open(files, time: time);
        store.Send("before");
        var health = new List<bool>();
        store.HealthChanged = () => health.Add(store.CanCommit);
        Refuse(files, way);
        var said = new List<CommitState>();
        store.Commit(Commit(Machine("a", version: "1"), Event(store.ReserveSequence(), "a")), sync: true, said.Add);
        store.Pump();
        if (way is "folder" or "create")
        {
            // Only a new segment meets these.
            Assert.True(store.CanCommit);
            return;
        }

        Assert.Equal([CommitState.Held], said);
        Assert.Equal([false], health);
        Assert.NotNull(store.DegradedReason);
        store.Commit(Commit(Machine("a", version: "2"), Event(store.ReserveSequence(), "a")), sync: true, said.Add);
        store.Commit(Commit(Machine("b", version: "steady")), sync: false);
        Assert.Equal([CommitState.Held, CommitState.Held], said);
        Assert.True(store.Statistics().Degraded);
        Assert.True(store.Statistics().HeldBytes > 0);
        Assert.Equal([1], Sendable(store));
        time.Advance(TimeSpan.FromSeconds(1));
        store.Pump();
        Assert.False(store.CanCommit);
        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        store.Pump();
        Assert.True(store.CanCommit);
        Assert.Equal([false, true], health);
        Assert.Equal([CommitState.Held, CommitState.Held, CommitState.Done, CommitState.Done], said);
        var again = Open(files, time: time);
        Assert.Empty(again.Recovered.Repairs);
        Assert.Equal([("a", "2"), ("b", "steady"), ("before", "1")], again.Recovered.Machines.Select(static one => (one.Name, one.Version)));
        Assert.Equal([1, 2, 3], again.Drain().Order());
        Assert.Equal(4, again.Recovered.NextSequence);
    }

    [Fact]
    public void A_failed_sync_is_not_repeated_on_the_same_file_and_unsynced_records_move_with_their_numbers()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var store = Open(files, time: time);
        store.Send("first");
        store.Commit(Commit(Machine("steady", version: "9")), sync: false);
        store.Pump();
        files.Fault = static (step, _) => step == Step.Sync ? new IOException("EIO") : null;
        store.Commit(Commit(Machine("a"), Event(store.ReserveSequence(), "a")), sync: true);
        store.Pump();
        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        store.Pump();
        var segments = files.Contents().Keys.Where(static path => path.EndsWith(".log", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        Assert.Equal([$"{Journal}/{1:D20}.log", $"{Journal}/{3:D20}.log"], segments);
        // Only what is on the platter: the steady result was rewritten, though it lies in the old file too.
        var disk = new Disk();
        foreach (var operation in files.Operations) disk.Apply(operation);
        var again = Open(FaultFiles.With(disk.After(PowerCut.Dropped, new Random(1))), time: time);
        Assert.Equal(["a", "first", "steady"], again.Recovered.Machines.Select(static one => one.Name));
        Assert.Empty(again.Recovered.Repairs);
        Assert.Equal([1, 2], again.Drain().Order());
    }

    [Fact]
    public void A_new_segment_that_cannot_be_made_is_tried_again_until_it_can()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var options = Options with { SegmentBytes = 1_000 };
        var store = Open(files, options, time);
        store.Send("a");
        while (files.Contents()[$"{Journal}/{1:D20}.log"].Length < 1_000) store.Send("a");
        foreach (var refused in new[] { Step.Create, Step.SyncFolder, Step.Write, Step.Sync, Step.Delete })
        {
            files.Fault = (step, _) => step == refused ? new IOException("ENOSPC") : null;
            store.Commit(Commit(Machine("b", version: $"{refused}"), Event(store.ReserveSequence(), "b")), sync: true);
            time.Advance(TimeSpan.FromSeconds(1));
            store.Pump();
        }

        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        store.Pump();
        Assert.True(store.CanCommit);
        var again = Open(files, options, time);
        Assert.Empty(again.Recovered.Repairs);
        Assert.Equal("Delete", again.Recovered.Machines.Single(static one => one.Name == "b").Version);
        Assert.Equal(store.LastSequence + 1, again.Recovered.NextSequence);
        Assert.Equal(store.LastSequence, again.Drain().Count);
    }

    [Fact]
    public void Steady_results_are_held_once_a_machine()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var store = Open(files, time: time);
        store.Send();
        Refuse(files, "full");
        store.Send();
        long before = store.Statistics().HeldBytes;
        for (int i = 0; i < 10_000; i++) store.Commit(Commit(Machine("m" + (i % 10), version: $"{i}")), sync: false);
        Assert.True(store.Statistics().HeldBytes < before + 10_000);
        Assert.Equal(9_990, store.Statistics().HeldDropped);
        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        store.Pump();
        Assert.Equal("9999", Open(files, time: time).Recovered.Machines.Single(static one => one.Name == "m9").Version);
    }

    [Fact]
    public void A_day_on_a_full_disk_stays_within_the_bound_and_every_event_is_delivered_or_told()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var options = Options with { MaxEvents = 500, MaxBytes = 200_000 };
        var store = Open(files, options, time);
        store.Pump();
        Refuse(files, "full");
        long worst = 0;
        for (int i = 0; i < 20_000; i++)
        {
            var kind = i % 4 == 0 ? EventKind.Transition : EventKind.Check;
            store.Commit(Commit(Machine("m" + (i % 50), version: $"{i}"), Event(store.ReserveSequence(), "m" + (i % 50), kind, size: 300)), sync: true);
            if (i % 100 == 0)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                store.Pump();
            }

            worst = Math.Max(worst, store.Statistics().HeldBytes);
        }

        Assert.True(worst < 2 * options.MaxBytes, $"{worst} bytes held");
        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        store.Pump();
        Assert.True(store.CanCommit);
        Assert.Equal(0, store.Statistics().HeldBytes);
        Balance(Open(files, options, time));
        Balance(store);

        static void Balance(NodeStore one)
        {
            DropReport? told = null;
            Assert.True(one.CommitDropReport((report, sequence) =>
            {
                told = report;
                return Event(sequence, "_node", EventKind.Watcher);
            }));
            one.Pump();
            var delivered = one.Drain();
            Assert.Equal(20_000 + 1, delivered.Count + told!.Total);
            Assert.Equal(0, told.Lost);
            Assert.DoesNotContain(delivered, sequence => told.Ranges.Any(range => range.First <= sequence && sequence <= range.Last));
        }
    }

    [Fact]
    public void A_report_of_drops_made_on_a_full_disk_is_told_once()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var options = Options with { MaxEvents = 10 };
        var store = Open(files, options, time);
        store.Pump();
        Refuse(files, "full");
        for (int i = 0; i < 25; i++) store.Send("m", EventKind.Check);
        var told = new List<long>();
        StoredEvent Report(DropReport report, long sequence)
        {
            told.Add(report.Total);
            return Event(sequence, "_node", EventKind.Watcher);
        }

        Assert.True(store.CommitDropReport(Report));
        for (int i = 0; i < 5; i++) store.Send("m", EventKind.Check);
        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        store.Pump();
        var again = Open(files, options, time);
        Assert.True(again.CommitDropReport(Report));
        Assert.Equal([15, 6], told);
    }

    [Fact]
    public void A_snapshot_that_cannot_be_written_degrades_nothing_and_is_tried_again()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var options = Options with { SegmentBytes = 2_000 };
        var store = Open(files, options, time);
        files.Fault = static (_, path) => path.EndsWith(".tmp", StringComparison.Ordinal) ? new IOException("ENOSPC") : null;
        for (int i = 0; i < 100; i++) store.Send("m" + i);
        Assert.True(store.CanCommit);
        Assert.True(store.Statistics().SnapshotFailures > 0);
        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(31));
        store.Send("more");
        Assert.Contains(files.Contents().Keys, static path => path.EndsWith(".snap", StringComparison.Ordinal));
        Assert.Equal(101, Open(files, options, time).Recovered.Machines.Count);
    }

    [Fact]
    public void A_store_that_cannot_be_written_at_the_start_opens_degraded()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        Open(files, time: time).Send("a");
        Refuse(files, "full");
        var store = Open(files, time: time);
        store.Pump();
        Assert.False(store.CanCommit);
        Assert.Single(store.Recovered.Machines);
        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        store.Pump();
        Assert.True(store.CanCommit);
    }

    [Fact]
    public void Acknowledgements_while_degraded_are_written_later()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var store = Open(files, time: time);
        store.Send("a");
        store.Send("b");
        Refuse(files, "full");
        var entry = store.Outbox.Take()!;
        bool free = false;
        store.Acknowledge(entry, () => free = true);
        store.Pump();
        Assert.True(free);
        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        store.Pump();
        Assert.Equal([2], Open(files, time: time).Drain());
    }

    private static List<long> Sendable(NodeStore store)
    {
        var taken = new List<OutboxEntry>();
        while (store.Outbox.Take() is { } entry) taken.Add(entry);
        foreach (var entry in taken) store.Outbox.Free(entry.Lane);
        return [.. taken.Select(static entry => entry.Sequence)];
    }

    private static void Refuse(FaultFiles files, string way)
    {
        files.ShortWrite = way == "short" ? 37 : 0;
        files.Fault = (step, path) => way switch
        {
            "full" or "short" => step is Step.Write or Step.Create ? new IOException($"write {path}: No space left on device (errno 28)") : null,
            "broken" => step == Step.SyncFolder ? null : new IOException($"{path}: Input/output error (errno 5)"),
            "sync" => step == Step.Sync ? new IOException("fdatasync: Input/output error (errno 5)") : null,
            "folder" => step == Step.SyncFolder ? new IOException("fsync: Input/output error (errno 5)") : null,
            _ => step == Step.Create ? new UnauthorizedAccessException($"open {path}: Read-only file system (errno 30)") : null,
        };
    }
}
