using Scout.Server.Store;
using Scout.Server.Tests.Store;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Outbox;

/// <summary>What stays and what goes when there is too much (nats.md section 12, rule 6).</summary>
[Trait("fault", "R3")]
public sealed class EventOutboxTests
{
    [Fact]
    public void From_80_percent_on_good_check_results_are_not_queued_but_bad_ones_are()
    {
        var store = Small();
        for (int i = 0; i < 8; i++) store.Send("t");
        store.Send("c", EventKind.Check, routine: true);
        store.Send("c", EventKind.Check, routine: false);
        Assert.Equal(9, store.Outbox.Count);
        Assert.Equal(1, store.Statistics().Dropped[(int)EventKind.Check]);
        Assert.Equal(0.9, store.Statistics().OutboxFill);
    }

    [Fact]
    public void Below_80_percent_good_check_results_are_queued()
    {
        var store = Small();
        for (int i = 0; i < 8; i++) store.Send("c", EventKind.Check, routine: true);
        Assert.Equal(8, store.Outbox.Count);
    }

    [Fact]
    public void From_80_percent_on_a_state_replaces_the_older_ones_of_its_machine()
    {
        var store = Small();
        for (int i = 0; i < 3; i++) store.Send("a", EventKind.State);
        for (int i = 0; i < 5; i++) store.Send("b");
        store.Send("a", EventKind.State);
        Assert.Equal([4, 5, 6, 7, 8, 9], store.Drain().Order());
        Assert.Equal(3, store.Statistics().Dropped[(int)EventKind.State]);
    }

    [Fact]
    public void At_the_bound_they_go_in_the_order_of_the_rule()
    {
        var store = Small();
        store.Send("a");
        store.Send("a", EventKind.State);
        store.Send("w", EventKind.Watcher);
        store.Send("c", EventKind.Check);
        store.Send("a", EventKind.State);
        store.Send("n", EventKind.Lifecycle);
        for (int i = 0; i < 4; i++) store.Send("t" + i);
        var gone = new List<long>();
        var before = Left(store);
        for (int i = 0; i < 5; i++)
        {
            store.Send("new" + i);
            var after = Left(store);
            gone.AddRange(before.Except(after));
            before = after;
        }

        Assert.Equal([4, 2, 3, 6, 1], gone);
    }

    [Fact]
    public void The_last_state_of_a_machine_goes_only_when_nothing_else_is_left()
    {
        var store = Small();
        for (int i = 0; i < 15; i++) store.Send("m" + i, EventKind.State);
        Assert.Equal(10, store.Outbox.Count);
        store.Send("t");
        store.Send("u", EventKind.State);
        Assert.DoesNotContain(16, Left(store));
    }

    [Fact]
    public void The_bound_on_bytes_holds_too()
    {
        var store = Open(new FaultFiles(), Options with { MaxBytes = 10_000 });
        for (int i = 0; i < 50; i++) store.Send("m", EventKind.Check, size: 1_000);
        Assert.Equal(10, store.Outbox.Count);
        Assert.Equal(10_000, store.Statistics().OutboxBytes);
        Assert.Equal(Enumerable.Range(41, 10).Select(static one => (long)one), store.Drain());
    }

    [Fact]
    public void What_is_under_way_is_not_dropped()
    {
        var store = Small();
        store.Send("c", EventKind.Check);
        var entry = store.Outbox.Take()!;
        for (int i = 0; i < 15; i++) store.Send("c", EventKind.Check);
        Assert.False(entry.Removed);
        store.Outbox.Free(entry.Lane);
        Assert.Equal([1, 8, 9, 10, 11, 12, 13, 14, 15, 16], store.Drain());
    }

    [Fact]
    public void Produced_is_delivered_and_told_over_random_scripts_and_restarts()
    {
        for (int seed = 1; seed <= 30; seed++)
        {
            var random = new Random(seed);
            var files = new FaultFiles();
            var options = Options with { MaxEvents = random.Next(5, 60), MaxBytes = random.Next(2_000, 20_000), SegmentBytes = 4_000 };
            var store = Open(files, options);
            long produced = 0;
            long delivered = 0;
            long told = 0;
            for (int i = 0; i < 600; i++)
            {
                switch (random.Next(12))
                {
                    case 0 when store.Outbox.Take() is { } entry:
                        store.Acknowledge(entry, () => store.Outbox.Free(entry.Lane));
                        delivered++;
                        break;
                    case 1 when random.Next(10) == 0:
                        store.Pump();
                        store = Open(files, options);
                        break;
                    case 2 when random.Next(10) == 0:
                        if (store.CommitDropReport((report, sequence) =>
                        {
                            told += report.Total;
                            return Event(sequence, "_node", EventKind.Watcher);
                        }))
                        {
                            produced++;
                        }

                        break;
                    default:
                        var kind = (EventKind)random.Next(EventKinds.Count);
                        store.Commit(Commit(Event(store.ReserveSequence(), "m" + random.Next(6), kind, random.Next(50, 400), routine: random.Next(2) == 0)), sync: true);
                        produced++;
                        break;
                }

                if (random.Next(3) == 0) store.Pump();
            }

            store.Pump();
            store = Open(files, options);
            if (store.CommitDropReport((report, sequence) =>
            {
                told += report.Total;
                return Event(sequence, "_node", EventKind.Watcher);
            }))
            {
                produced++;
            }

            store.Pump();
            delivered += store.Drain().Count;
            Assert.True(produced == delivered + told, $"seed {seed}: {produced} produced, {delivered} delivered, {told} told");
        }
    }

    [Fact]
    public void Bytes_beyond_a_little_memory_are_read_from_the_journal()
    {
        var files = new FaultFiles();
        var store = Open(files, Options with { MaxBytes = 64 << 20, SegmentBytes = 256 << 10 });
        for (int i = 0; i < 300; i++) store.Send("m" + i, size: 10_000);
        Assert.Equal(300, store.Drain().Count);
    }

    [Fact]
    public void An_event_whose_bytes_are_gone_is_dropped_and_told()
    {
        var files = new FaultFiles();
        var first = Open(files);
        first.Send("a");
        first.Send("b");
        var store = Open(files);
        store.Pump();
        // The disk loses them under a running node.
        string path = $"{Journal}/{1:D20}.log";
        using (var file = files.Open(path)) file.Write(0, new byte[file.Length]);
        while (store.Outbox.Take() is { } entry)
        {
            Assert.Null(store.Load(entry));
            store.Outbox.Free(entry.Lane);
        }

        Assert.Equal(2, store.Outbox.TakeDrops()!.Total);
    }

    private static List<long> Left(NodeStore store)
    {
        var left = new List<long>();
        left.AddRange(store.Outbox.Positions().Select(static one => one.Sequence));
        return left;
    }

    private static NodeStore Small() => Open(new FaultFiles(), Options with { MaxEvents = 10 });
}
