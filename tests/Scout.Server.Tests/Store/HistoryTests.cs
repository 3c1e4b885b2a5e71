using Scout.Server.Store;
using Scout.Testing;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Store;

public sealed class HistoryTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Without_a_place_to_begin_the_newest_come_oldest_first()
    {
        var store = Filled();
        var page = store.History(new HistoryQuery { Limit = 5 });
        Assert.Equal([96, 97, 98, 99, 100], page.Events.Select(static one => one.Sequence));
        Assert.True(page.Truncated);
        Assert.Equal(Event(96, "m0").Bytes.ToArray(), page.Events[0].Bytes.ToArray());
        Assert.Equal("scout.event.web1.m0.transition", page.Events[0].Subject);
    }

    [Fact]
    public void Pages_after_a_sequence_give_everything_once()
    {
        var store = Filled();
        var seen = new List<long>();
        var page = store.History(new HistoryQuery { After = 0, Limit = 7 });
        while (page.Events.Count > 0)
        {
            seen.AddRange(page.Events.Select(static one => one.Sequence));
            page = store.History(new HistoryQuery { After = seen[^1], Limit = 7 });
        }

        Assert.Equal(Enumerable.Range(1, 100).Select(static one => (long)one), seen);
        Assert.False(page.Truncated);
    }

    [Theory]
    [InlineData("m1", null, null, null, 25)]
    [InlineData(null, "check", null, null, 50)]
    [InlineData(null, null, 90, null, 11)]
    [InlineData(null, null, null, 10, 10)]
    [InlineData("m1", "check", 50, 60, 2)]
    public void What_is_asked_for_is_what_comes(string? machine, string? kind, int? since, int? until, int count)
    {
        var page = Filled().History(new HistoryQuery
        {
            Machine = machine is null ? null : name => name == machine,
            Kinds = kind is null ? [] : [EventKinds.Parse(kind)!.Value],
            Since = since is { } from ? Start.AddSeconds(from) : null,
            Until = until is { } to ? Start.AddSeconds(to) : null,
        });
        Assert.Equal(count, page.Events.Count);
        Assert.False(page.Truncated);
    }

    [Fact]
    public void Acknowledged_events_stay_in_the_history()
    {
        var store = Filled();
        store.Drain();
        Assert.Equal(100, store.History(new HistoryQuery()).Events.Count);
    }

    [Fact]
    public void What_is_not_on_disk_yet_is_not_shown()
    {
        var store = Filled();
        store.Commit(Commit(Event(store.ReserveSequence())), sync: true);
        Assert.Equal(100, store.History(new HistoryQuery()).Events.Count);
    }

    [Fact]
    public void Rows_of_the_audit_are_events_of_their_own_kind_in_file_outbox_and_history()
    {
        var files = new FaultFiles();
        var store = Open(files);
        store.Send("m1");
        store.Commit(Commit(Event(store.ReserveSequence(), "_node", EventKind.Watcher) with { Audits = ["m1"] }), sync: true);
        store.Commit(Commit(Event(store.ReserveSequence(), "_node", EventKind.Watcher) with { Audits = [] }), sync: true);
        store.Pump();
        var again = Open(files);
        Assert.Empty(again.Recovered.Repairs);
        Assert.Equal([2, 3], again.History(new HistoryQuery { Audit = true }).Events.Select(static one => one.Sequence));
        Assert.Equal([1, 2], again.History(new HistoryQuery { Machine = static name => name == "m1" }).Events.Select(static one => one.Sequence));
        Assert.Equal([1L, 2, 3], again.Drain().Order());
    }

    [Fact]
    public async Task Who_waits_is_woken_by_the_next_event()
    {
        var time = new ManualTime();
        var store = Open(new FaultFiles(), time: time);
        store.Send();
        Assert.True(await store.WaitForEventsAsync(0, TimeSpan.Zero, default));
        var waiting = store.WaitForEventsAsync(1, TimeSpan.FromSeconds(30), default);
        Assert.False(waiting.IsCompleted);
        store.Send();
        Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(20)));
        var idle = store.WaitForEventsAsync(2, TimeSpan.FromSeconds(30), default);
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.False(await idle.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    /// <summary>100 events over several segments, of four machines, every other a check.</summary>
    private static NodeStore Filled()
    {
        var store = Open(new FaultFiles(), Options with { SegmentBytes = 2_000 });
        for (int i = 1; i <= 100; i++) store.Send("m" + (i % 4), i % 2 == 1 ? EventKind.Check : EventKind.Transition);
        return store;
    }
}
