using Scout.Server.Store;
using Scout.Testing;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Store;

public sealed class RetentionTests
{
    [Fact]
    public void Segments_go_when_a_snapshot_covers_them_and_their_history_is_beyond_the_bytes()
    {
        var files = new FaultFiles();
        var store = Open(files, Small);
        for (int i = 0; i < 2_000; i++) Deliver(store, "m" + (i % 20));
        Assert.InRange(store.Statistics().Bytes, 1, Small.HistoryBytes + (6 * Small.SegmentBytes) + 10_000);
        Assert.InRange(Count(files, ".log"), 2, 15);
        Assert.Equal(2, Count(files, ".snap"));
        var again = Open(files, Small);
        Assert.Equal(20, again.Recovered.Machines.Count);
        Assert.Equal(2_001, again.Recovered.NextSequence);
        Assert.Empty(again.Recovered.Repairs);
        Assert.Empty(again.Drain());
    }

    [Fact]
    public void Segments_go_when_their_history_is_too_old()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var options = Small with { HistoryBytes = 10 << 20, HistoryAge = TimeSpan.FromHours(1) };
        var store = Open(files, options, time);
        for (int i = 0; i < 300; i++) Deliver(store, "m");
        int before = Count(files, ".log");
        Assert.True(before > 10);
        time.Advance(TimeSpan.FromHours(2));
        for (int i = 0; i < 120; i++) Deliver(store, "m");
        Assert.True(Count(files, ".log") < before);
        Assert.True(store.History(new HistoryQuery { Limit = 1_000 }).Events.Count < 420);
    }

    [Fact]
    public void Nothing_goes_while_its_events_are_not_acknowledged()
    {
        var files = new FaultFiles();
        var store = Open(files, Small with { MaxEvents = 10_000, MaxBytes = 10 << 20 });
        for (int i = 0; i < 600; i++) store.Send("m" + (i % 20));
        var again = Open(files, Small with { MaxEvents = 10_000, MaxBytes = 10 << 20 });
        Assert.Equal(600, again.Drain().Count);
    }

    [Fact]
    public void A_few_old_unacknowledged_events_are_written_anew_so_that_their_segments_can_go()
    {
        var files = new FaultFiles();
        var store = Open(files, Small);
        var kept = store.Send("stuck");
        var stuck = store.Outbox.Take()!;
        store.Outbox.Free(stuck.Lane);
        for (int i = 0; i < 2_000; i++) Deliver(store, "m" + (i % 20), except: "stuck");
        Assert.InRange(Count(files, ".log"), 2, 16);
        Assert.Equal(kept.Bytes.ToArray(), store.Load(stuck)!.Bytes.ToArray());
        Assert.Equal(kept.Id, store.Load(stuck)!.Id);
        var again = Open(files, Small);
        Assert.Equal([kept.Sequence], again.Drain());
        Assert.Empty(Open(files, Small).Drain());
    }

    [Fact]
    public void A_snapshot_knows_requests_drops_and_places_of_events()
    {
        var (files, time) = (new FaultFiles(), new ManualTime());
        var options = Small with { MaxEvents = 50 };
        var store = Open(files, options, time);
        store.Commit(Commit(new KnownRequest("r", "c", "x"u8.ToArray(), "", time.GetUtcNow())), sync: true);
        for (int i = 0; i < 100; i++) store.Send("m", EventKind.Check);
        Assert.Equal(2, Count(files, ".snap"));
        var again = Open(files, options, time);
        Assert.NotNull(again.FindRequest("c", "r"));
        Assert.Equal(50, again.Outbox.TakeDrops()!.Total);
        Assert.Equal(50, again.Drain().Count);
    }

    [Fact]
    public async Task A_clean_stop_leaves_a_snapshot_and_an_empty_life_none()
    {
        var files = new FaultFiles();
        var store = Open(files);
        store.Send();
        await store.DisposeAsync();
        Assert.Equal(1, Count(files, ".snap"));
        Assert.Contains(files.Operations, static one => one.Step == Step.Rename && one.Path.EndsWith(".snap.tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_life_left_half_written_is_removed()
    {
        var files = new FaultFiles();
        Open(files).Send();
        using (files.Create(Path.Combine(Journal, $"{9:D20}.snap.tmp")))
        {
        }

        Open(files);
        Assert.Equal(0, Count(files, ".tmp"));
    }

    [Fact]
    public void At_most_ten_thousand_requests_are_known()
    {
        var memory = new RequestMemory();
        var now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (int i = 0; i < 10_100; i++) memory.Add(new KnownRequest($"{i}", "c", default, "", now), now);
        Assert.Equal(10_000, memory.Count);
        Assert.Equal(100, memory.Forgotten);
        Assert.Null(memory.Find("c", "99", now));
        Assert.NotNull(memory.Find("c", "100", now));
        memory.Add(new KnownRequest("100", "c", default, "again", now), now);
        Assert.Equal(10_000, memory.All.Count());
        memory.Prune(now.AddMinutes(11));
        Assert.Equal(0, memory.Count);
    }

    private static readonly NodeStoreOptions Small = Options with { SegmentBytes = 3_000, HistoryBytes = 12_000 };

    private static int Count(FaultFiles files, string ending) => files.List(Journal).Count(name => name.Name.EndsWith(ending, StringComparison.Ordinal));

    private static void Deliver(NodeStore store, string machine, string except = "")
    {
        store.Send(machine);
        var held = new List<OutboxEntry>();
        while (store.Outbox.Take() is { } entry)
        {
            if (entry.Lane.Machine == except)
            {
                held.Add(entry);
                continue;
            }

            store.Acknowledge(entry, () => store.Outbox.Free(entry.Lane));
        }

        foreach (var entry in held) store.Outbox.Free(entry.Lane);
        store.Pump();
    }
}
