using Microsoft.Extensions.Logging.Abstractions;
using Scout.Server.Outbox;
using Scout.Server.Store;
using Scout.Server.Tests.Store;
using Scout.Testing;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Outbox;

/// <summary>nats.md section 12, in virtual time.</summary>
[Trait("attack", "12")]
[Trait("fault", "R3")]
public sealed class EventPublisherTests
{
    [Fact]
    public void Nothing_is_sent_while_the_line_is_down_and_everything_once_in_order_when_it_is_up()
    {
        var bench = new Bench();
        for (int i = 0; i < 100; i++) bench.Store.Send("m" + (i % 7));
        bench.Run();
        Assert.Empty(bench.Stream.Attempts);
        bench.Publisher.Connected();
        bench.Run();
        Assert.Equal(0, bench.Store.Outbox.Count);
        Assert.Equal(100, bench.Stream.Stored.Count);
        Assert.All(bench.Stream.Stored.GroupBy(static one => one.Machine), static lane => Assert.Equal(lane.Select(static one => one.Sequence).Order(), lane.Select(static one => one.Sequence)));
        Assert.Equal(100, bench.Store.Statistics().Published[(int)EventKind.Transition]);
    }

    [Fact]
    public void The_message_id_is_the_id_of_the_event_and_never_changes()
    {
        var bench = new Bench();
        int tries = 0;
        bench.Stream.Script = (_, _) => ++tries < 4 ? new PublishAnswer(PublishResult.Temporary, Reason: "503") : null;
        bench.Store.Send();
        bench.Publisher.Connected();
        bench.RunFor(TimeSpan.FromMinutes(2));
        Assert.Equal(4, bench.Stream.Attempts.Count);
        Assert.All(bench.Stream.Attempts, static one => Assert.Equal(Id(1).ToString(), one.Id));
        Assert.Equal(3, bench.Publisher.Resent);
    }

    [Fact]
    public void A_lane_has_one_event_under_way_and_the_node_at_most_64()
    {
        var bench = new Bench();
        for (int i = 0; i < 400; i++) bench.Store.Send("m" + (i % 100));
        bench.Stream.Slow = true;
        bench.Publisher.Connected();
        var seen = new List<int>();
        while (bench.Store.Outbox.Count > 0)
        {
            bench.Run();
            seen.Add(bench.Stream.Waiting.Count);
            Assert.Equal(bench.Stream.Waiting.Count, bench.Stream.Waiting.Select(static one => one.Item.Machine).Distinct().Count());
            bench.Stream.AnswerAll();
            bench.Run(1);
            bench.Store.Pump();
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64], seen.Take(7));
        Assert.Equal(64, seen.Max());
    }

    [Fact]
    public void A_temporary_error_halves_what_is_under_way()
    {
        var pace = new PublishPace(new Random(1));
        pace.Connected();
        for (int i = 0; i < 63; i++) pace.Succeeded();
        Assert.Equal(64, pace.Window);
        pace.Failed(0, now: 0);
        Assert.Equal(32, pace.Window);
        pace.Succeeded();
        Assert.Equal(32, pace.Window);
    }

    [Fact]
    public void A_lane_that_fails_waits_and_others_go_on()
    {
        var bench = new Bench();
        bench.Stream.Script = static (item, _) => item.Machine == "bad" ? new PublishAnswer(PublishResult.Temporary, Reason: "10077") : null;
        bench.Store.Send("bad");
        for (int i = 0; i < 20; i++) bench.Store.Send("good" + i);
        bench.Publisher.Connected();
        bench.Run();
        Assert.Equal(20, bench.Stream.Stored.Count);
        Assert.Equal([1L], bench.Store.Outbox.Positions().Select(static one => one.Sequence));
        bench.Stream.Script = static (_, _) => null;
        bench.RunFor(TimeSpan.FromSeconds(31));
        Assert.Equal(0, bench.Store.Outbox.Count);
    }

    [Fact]
    public void The_third_temporary_error_in_a_row_pauses_all_lanes()
    {
        var bench = new Bench();
        bench.Stream.Script = static (_, _) => new PublishAnswer(PublishResult.Temporary, Reason: "no stream");
        for (int i = 0; i < 1_000; i++) bench.Store.Send("m" + i);
        bench.Publisher.Connected();
        bench.Run();
        Assert.Equal(3, bench.Stream.Attempts.Count);
        bench.RunFor(TimeSpan.FromHours(1));
        // 30 s at most between two, 15 s on average once the wait has grown.
        Assert.InRange(bench.Stream.Attempts.Count, 120, 600);
        bench.Stream.Script = static (_, _) => null;
        bench.RunFor(TimeSpan.FromMinutes(1));
        Assert.Equal(1_000, bench.Stream.Stored.Count);
    }

    [Fact]
    public void Without_an_answer_the_same_event_goes_again_and_its_duplicate_is_no_surprise()
    {
        var bench = new Bench();
        int tries = 0;
        bench.Stream.Script = (_, _) => ++tries == 1 ? new PublishAnswer(PublishResult.NoAnswer) : null;
        bench.Store.Send();
        bench.Publisher.Connected();
        bench.Run();
        Assert.Equal(2, bench.Stream.Attempts.Count);
        Assert.Single(bench.Stream.Stored);
        Assert.Equal(0, bench.Publisher.Suspicious);
        Assert.Equal(0, bench.Store.Outbox.Count);
    }

    [Fact]
    public void An_acknowledgement_of_another_stream_is_none()
    {
        var bench = new Bench();
        bench.Stream.Script = static (_, _) => new PublishAnswer(PublishResult.Stored, "EVIL");
        bench.Store.Send();
        bench.Publisher.Connected();
        bench.RunFor(TimeSpan.FromMinutes(1));
        Assert.Equal(1, bench.Store.Outbox.Count);
        bench.Stream.Script = static (_, _) => null;
        bench.RunFor(TimeSpan.FromMinutes(1));
        Assert.Equal(0, bench.Store.Outbox.Count);
    }

    [Fact]
    public void A_permanent_error_sets_the_event_aside_and_the_lane_goes_on()
    {
        var bench = new Bench();
        bench.Stream.Script = static (item, _) => item.Sequence == 1 ? new PublishAnswer(PublishResult.Permanent, Reason: "message size exceeds maximum (10054)") : null;
        bench.Store.Send();
        bench.Store.Send();
        bench.Publisher.Connected();
        bench.Run();
        Assert.Equal([2L], bench.Stream.Stored.Select(static one => one.Sequence));
        Assert.Equal(1, Assert.Single(bench.Publisher.SetAside).Event.Sequence);
        Assert.Equal(1, bench.Store.Statistics().SetAside);
        Assert.Equal(0, bench.Store.Outbox.Count);
    }

    [Fact]
    public void Only_the_last_hundred_set_aside_are_kept()
    {
        var bench = new Bench();
        bench.Stream.Script = static (_, _) => new PublishAnswer(PublishResult.Permanent, Reason: "no");
        for (int i = 0; i < 130; i++) bench.Store.Send();
        bench.Publisher.Connected();
        bench.Run();
        Assert.Equal(Enumerable.Range(31, 100).Select(static one => (long)one), bench.Publisher.SetAside.Select(static one => one.Event.Sequence));
    }

    [Fact]
    public void A_permission_violation_pauses_everything_for_five_minutes_and_delivers_nothing()
    {
        var bench = new Bench();
        bench.Stream.Script = static (_, _) => new PublishAnswer(PublishResult.Refused, Reason: "Permissions Violation for Publish");
        for (int i = 0; i < 10; i++) bench.Store.Send("m" + i);
        bench.Publisher.Connected();
        bench.Run();
        Assert.Single(bench.Stream.Attempts);
        Assert.NotNull(bench.Publisher.RefusedReason);
        bench.RunFor(TimeSpan.FromMinutes(4.9));
        Assert.Single(bench.Stream.Attempts);
        bench.Stream.Script = static (_, _) => null;
        bench.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal(10, bench.Stream.Stored.Count);
        Assert.Null(bench.Publisher.RefusedReason);
    }

    [Fact]
    public void A_duplicate_at_the_first_attempt_of_a_new_event_is_suspicious_and_published_once_more()
    {
        var bench = new Bench();
        var item = bench.Store.Send();
        bench.Stream.Know(item.Id.ToString());
        bench.Publisher.Connected();
        bench.Run();
        Assert.Equal([item.Id.ToString(), item.Id + ".1"], bench.Stream.Attempts.Select(static one => one.Id));
        Assert.Equal(1, bench.Publisher.Suspicious);
        Assert.Single(bench.Stream.Stored);
        Assert.Equal(0, bench.Store.Outbox.Count);
    }

    [Fact]
    public void A_duplicate_of_an_event_found_in_the_journal_is_the_expected_answer()
    {
        var first = new Bench();
        var item = first.Store.Send();
        var second = new Bench(first.Files);
        second.Stream.Know(item.Id.ToString());
        second.Publisher.Connected();
        second.Run();
        Assert.Single(second.Stream.Attempts);
        Assert.Equal(0, second.Publisher.Suspicious);
        Assert.Equal(0, second.Store.Outbox.Count);
    }

    [Fact]
    public void A_lane_waits_until_its_acknowledgement_is_written_so_that_a_crash_repeats_one_event()
    {
        var bench = new Bench();
        for (int i = 0; i < 3; i++) bench.Store.Send("disk");
        bench.Publisher.Connected();
        for (int i = 0; i < 10; i++) bench.Publisher.Step();
        Assert.Equal([1L], bench.Stream.Attempts.Select(static one => one.Sequence));
        var crashed = new Bench(bench.Files, bench.Stream);
        crashed.Publisher.Connected();
        crashed.Run();
        Assert.Equal([1L, 1L, 2L, 3L], bench.Stream.Attempts.Select(static one => one.Sequence));
        Assert.Equal([1L, 2L, 3L], bench.Stream.Stored.Select(static one => one.Sequence));
    }

    [Fact]
    public void The_line_going_down_in_the_middle_loses_and_doubles_nothing()
    {
        var bench = new Bench();
        var random = new Random(7);
        for (int i = 0; i < 300; i++) bench.Store.Send("m" + (i % 10));
        bench.Stream.Script = (_, _) => random.Next(4) switch
        {
            0 => new PublishAnswer(PublishResult.NoAnswer),
            1 => new PublishAnswer(PublishResult.Disconnected),
            _ => null,
        };
        for (int i = 0; i < 500 && bench.Store.Outbox.Count > 0; i++)
        {
            bench.Publisher.Connected();
            bench.Run(random.Next(6));
            bench.Publisher.Disconnected();
            bench.Run(random.Next(3));
            bench.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(Enumerable.Range(1, 300).Select(static one => (long)one), bench.Stream.Stored.Select(static one => one.Sequence).Order());
        Assert.All(bench.Stream.Stored.GroupBy(static one => one.Machine), static lane => Assert.Equal(lane.Select(static one => one.Sequence).Order(), lane.Select(static one => one.Sequence)));
    }

    [Fact]
    public void When_the_outbox_is_empty_states_are_asked_for_once_a_connection_but_not_those_just_acknowledged()
    {
        var bench = new Bench();
        bench.Store.Send("told", EventKind.State);
        bench.Publisher.Connected();
        bench.Run();
        Assert.Empty(bench.Repeats);
        bench.RunFor(TimeSpan.FromSeconds(11));
        Assert.Equal(["told"], Assert.Single(bench.Repeats));
        bench.RunFor(TimeSpan.FromHours(1));
        Assert.Single(bench.Repeats);
        bench.Publisher.Disconnected();
        bench.Publisher.Connected();
        bench.RunFor(TimeSpan.FromSeconds(11));
        Assert.Equal(2, bench.Repeats.Count);
        Assert.Empty(bench.Repeats[1]);
    }

    [Fact]
    public void What_was_dropped_is_told_first_when_the_line_is_back()
    {
        var bench = new Bench(options: Options with { MaxEvents = 100 });
        for (int i = 0; i < 250; i++) bench.Store.Send("m" + (i % 5), EventKind.Check);
        bench.Publisher.Connected();
        bench.Run();
        var told = Assert.Single(bench.Reports);
        Assert.Equal(150, told.ByKind[(int)EventKind.Check]);
        Assert.Equal([new SequenceRange(1, 150)], told.Ranges);
        Assert.Equal("_node", bench.Stream.Stored[0].Machine);
        Assert.Equal(101, bench.Stream.Stored.Count);
    }

    [Fact]
    public void A_day_without_a_broker_at_the_bound_ends_with_produced_equal_to_delivered_and_told()
    {
        var bench = new Bench(options: Options with { MaxEvents = 2_000, MaxBytes = 4 << 20 });
        var random = new Random(3);
        long produced = 0;
        var lost = new HashSet<EventKind>();
        for (int minute = 0; minute < 24 * 60; minute++)
        {
            for (int i = 0; i < 20; i++)
            {
                var kind = random.Next(8) switch { 0 => EventKind.Transition, 1 => EventKind.State, 2 => EventKind.Watcher, _ => EventKind.Check };
                bench.Store.Commit(Commit(Event(bench.Store.ReserveSequence(), "m" + random.Next(30), kind, routine: random.Next(2) == 0)), sync: true);
                produced++;
            }

            bench.Store.Pump();
            bench.RunFor(TimeSpan.FromMinutes(1));
            var figures = bench.Store.Statistics();
            Assert.True(figures.OutboxEvents <= 2_000);
            // No transition goes while a check result is left.
            if (figures.Dropped[(int)EventKind.Transition] > 0 && lost.Add(EventKind.Transition)) Assert.DoesNotContain(bench.Kinds(), static kind => kind == EventKind.Check);
        }

        Assert.Contains(EventKind.Transition, lost);
        Assert.Empty(bench.Stream.Attempts);
        bench.Publisher.Connected();
        bench.RunFor(TimeSpan.FromMinutes(1));
        var told = Assert.Single(bench.Reports);
        Assert.Equal(0, bench.Store.Outbox.Count);
        Assert.Equal(produced + 1, bench.Stream.Stored.Count + told.Total);
        Assert.Equal(told.Total, bench.Store.Statistics().Dropped.Sum());
        Assert.DoesNotContain(bench.Stream.Stored, one => told.ByKind[(int)one.Kind] == 0 && one.Kind == EventKind.Check);
    }

    [Fact]
    public void Drops_are_remembered_over_a_restart_and_told_once()
    {
        var first = new Bench(options: Options with { MaxEvents = 10 });
        for (int i = 0; i < 25; i++) first.Store.Send("m", EventKind.Check);
        var second = new Bench(first.Files, options: Options with { MaxEvents = 10 });
        second.Publisher.Connected();
        second.Run();
        Assert.Equal(15, Assert.Single(second.Reports).Total);
        var third = new Bench(first.Files);
        third.Publisher.Connected();
        third.RunFor(TimeSpan.FromMinutes(1));
        Assert.Empty(third.Reports);
    }

    [Fact]
    public async Task The_task_drains_a_backlog_and_stops_when_it_is_empty()
    {
        var files = new FaultFiles();
        await using var store = NodeStore.Open(Options, files, TimeProvider.System, NullLogger.Instance);
        var stream = new ScriptedStream();
        for (int i = 0; i < 500; i++) store.Commit(Commit(Event(store.ReserveSequence(), "m" + (i % 20))), sync: true);
        await using var publisher = new EventPublisher(store, stream, new EventPublisherOptions(), TimeProvider.System, NullLogger.Instance);
        publisher.Connected();
        Assert.True(await store.FlushAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(await publisher.StopAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(500, stream.Stored.Count);
        Assert.Equal(500, stream.Attempts.Count);
    }

    [Fact]
    public async Task Stopping_gives_up_after_its_time_and_keeps_what_is_left()
    {
        await using var store = NodeStore.Open(Options, new FaultFiles(), TimeProvider.System, NullLogger.Instance);
        store.Commit(Commit(Event(store.ReserveSequence())), sync: true);
        await using var publisher = new EventPublisher(store, new ScriptedStream { Slow = true }, new EventPublisherOptions(), TimeProvider.System, NullLogger.Instance);
        publisher.Connected();
        Assert.False(await publisher.StopAsync(TimeSpan.FromMilliseconds(50)));
        Assert.Equal(1, store.Outbox.Count);
    }

    /// <summary>Store, stream and publisher that move only when the test says so.</summary>
    private sealed class Bench
    {
        public Bench(FaultFiles? files = null, ScriptedStream? stream = null, NodeStoreOptions? options = null)
        {
            Files = files ?? new FaultFiles();
            Stream = stream ?? new ScriptedStream();
            Store = Open(Files, options, Time);
            Store.Pump();
            Publisher = EventPublisher.Idle(
                Store,
                Stream,
                new EventPublisherOptions
                {
                    Seed = 1,
                    ReportDrops = () => Store.CommitDropReport((report, sequence) =>
                    {
                        Reports.Add(report);
                        return Event(sequence, "_node", EventKind.Watcher);
                    }),
                    RepeatStates = Repeats.Add,
                },
                Time,
                NullLogger.Instance);
        }

        public FaultFiles Files { get; }

        public ManualTime Time { get; } = new();

        public ScriptedStream Stream { get; }

        public NodeStore Store { get; }

        public EventPublisher Publisher { get; }

        public List<DropReport> Reports { get; } = [];

        public List<IReadOnlySet<string>> Repeats { get; } = [];

        /// <summary>Until nothing happens any more at this moment.</summary>
        public void Run(int rounds = 2_000)
        {
            for (int i = 0; i < rounds; i++)
            {
                int before = Stream.Attempts.Count + Files.Count;
                var wait = Publisher.Step();
                Store.Pump();
                if (wait != TimeSpan.Zero && before == Stream.Attempts.Count + Files.Count) return;
            }
        }

        public void RunFor(TimeSpan span)
        {
            var end = Time.GetUtcNow() + span;
            while (true)
            {
                Run();
                var wait = Publisher.Step();
                Store.Pump();
                var left = end - Time.GetUtcNow();
                if (left <= TimeSpan.Zero) return;
                if (wait < TimeSpan.Zero || wait > left) wait = left;
                Time.Advance(wait == TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : wait);
            }
        }

        public IReadOnlyList<EventKind> Kinds()
        {
            var taken = new List<OutboxEntry>();
            while (Store.Outbox.Take() is { } entry) taken.Add(entry);
            foreach (var entry in taken)
            {
                entry.Attempts--;
                Store.Outbox.Free(entry.Lane);
            }

            return [.. taken.Select(static entry => entry.Kind)];
        }
    }
}
