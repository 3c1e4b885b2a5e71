using Scout.Server.Store;
using Scout.Testing;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Store;

[Trait("fault", "R1")]
public sealed class NodeStoreTests
{
    [Fact]
    public async Task What_was_committed_is_there_after_a_clean_stop()
    {
        var files = new FaultFiles();
        var store = Open(files);
        Assert.True(store.Recovered.IsNew);
        var item = store.Send("disk");
        await store.DisposeAsync();
        var again = Open(files);
        Assert.False(again.Recovered.IsNew);
        Assert.Empty(again.Recovered.Repairs);
        Assert.Equal("1", Assert.Single(again.Recovered.Machines).Version);
        Assert.Equal(item.Sequence + 1, again.Recovered.NextSequence);
        Assert.Equal(store.Recovered.Epoch, again.Recovered.Epoch);
        Assert.Equal([item.Sequence], again.Drain());
    }

    [Fact]
    public void What_was_committed_is_there_after_kill_9()
    {
        var files = new FaultFiles();
        var store = Open(files);
        for (int i = 0; i < 10; i++) store.Send("m" + (i % 3));
        var again = Open(files);
        Assert.Equal(3, again.Recovered.Machines.Count);
        Assert.Equal(11, again.Recovered.NextSequence);
        Assert.Equal(10, again.Drain().Count);
    }

    [Fact]
    public void A_commit_of_nothing_leaves_no_damage()
    {
        var files = new FaultFiles();
        var store = Open(files);
        store.Send("a");
        store.Commit(Commit(), sync: false);
        store.Pump();
        store.Send("b");
        store.Commit(Commit(), sync: true);
        store.Pump();
        store.Send("c");
        var again = Open(files);
        Assert.Empty(again.Recovered.Repairs);
        Assert.Equal(4, again.Recovered.NextSequence);
        Assert.Equal([1, 2, 3], again.Drain());
    }

    [Fact]
    public void An_acknowledged_event_does_not_come_back()
    {
        var files = new FaultFiles();
        var store = Open(files);
        for (int i = 0; i < 10; i++) store.Send("m" + i);
        for (int i = 0; i < 4; i++)
        {
            var entry = store.Outbox.Take()!;
            store.Acknowledge(entry, () => store.Outbox.Free(entry.Lane));
        }

        store.Pump();
        Assert.Equal([5, 6, 7, 8, 9, 10], Open(files).Drain());
    }

    [Fact]
    public void An_event_set_aside_does_not_come_back_but_stays_in_the_history()
    {
        var files = new FaultFiles();
        var store = Open(files);
        store.Send("disk");
        var entry = store.Outbox.Take()!;
        store.SetAside(entry, "10054: too large", () => { });
        store.Pump();
        var again = Open(files);
        Assert.Empty(again.Drain());
        Assert.Single(again.History(new HistoryQuery()).Events);
        Assert.Equal(1, store.Statistics().SetAside);
    }

    [Fact]
    public void An_erased_machine_is_gone()
    {
        var files = new FaultFiles();
        var store = Open(files);
        store.Commit(Commit(Machine("a"), Machine("b")), sync: true);
        store.Commit(Commit("a"), sync: true);
        store.Pump();
        Assert.Equal(["b"], Open(files).Recovered.Machines.Select(static one => one.Name));
    }

    [Fact]
    public void A_commit_is_done_only_when_it_is_on_disk()
    {
        var files = new FaultFiles();
        var store = Open(files);
        store.Pump();
        var said = new List<CommitState>();
        store.Commit(Commit(Machine("a"), Event(store.ReserveSequence())), sync: true, said.Add);
        Assert.Empty(said);
        Assert.Null(store.Outbox.Take());
        int syncs = files.Operations.Count(static one => one.Step == Step.Sync);
        store.Pump();
        Assert.Equal([CommitState.Done], said);
        Assert.NotNull(store.Outbox.Take());
        Assert.Equal(syncs + 1, files.Operations.Count(static one => one.Step == Step.Sync));
    }

    [Fact]
    public void Commits_that_wait_together_cost_one_write_and_one_sync()
    {
        var files = new FaultFiles();
        var store = Open(files);
        store.Pump();
        int before = files.Count;
        for (int i = 0; i < 50; i++) store.Commit(Commit(Machine("m" + i), Event(store.ReserveSequence(), "m" + i)), sync: true);
        store.Pump();
        Assert.Equal([Step.Write, Step.Sync], files.Operations.Skip(before).Select(static one => one.Step));
        Assert.Equal(50, Open(files).Recovered.Machines.Count);
    }

    [Fact]
    public void A_steady_result_and_an_acknowledgement_are_written_without_a_sync()
    {
        var files = new FaultFiles();
        var store = Open(files);
        store.Send();
        int before = files.Count;
        store.Commit(Commit(Machine("disk", version: "steady")), sync: false);
        store.Acknowledge(store.Outbox.Take()!, () => { });
        store.Pump();
        Assert.Equal([Step.Write], files.Operations.Skip(before).Select(static one => one.Step));
        var again = Open(files);
        Assert.Equal("steady", again.Recovered.Machines[0].Version);
        Assert.Empty(again.Drain());
    }

    [Fact]
    public void An_answered_request_is_known_for_ten_minutes_and_over_a_restart()
    {
        var files = new FaultFiles();
        var time = new ManualTime();
        var store = Open(files, time: time);
        store.Commit(Commit(new KnownRequest("r1", "local:root", "done"u8.ToArray(), "n", time.GetUtcNow())), sync: true);
        store.Pump();
        Assert.Equal("done"u8.ToArray(), store.FindRequest("local:root", "r1")!.Outcome.ToArray());
        Assert.Null(store.FindRequest("local:other", "r1"));
        var again = Open(files, time: time);
        Assert.Equal("n", again.FindRequest("local:root", "r1")!.Nonce);
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Null(again.FindRequest("local:root", "r1"));
    }

    [Fact]
    public void A_store_of_another_node_is_refused_with_the_words_that_mend_it()
    {
        var files = new FaultFiles();
        Open(files).Pump();
        var error = Assert.Throws<StoreException>(() => Open(files, Options with { Node = "web2" }));
        Assert.Equal(StoreProblem.ForeignNode, error.Problem);
        Assert.Contains("belongs to web1; give --node web1 or another --data", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reboot_is_noticed()
    {
        var files = new FaultFiles();
        Open(files).Pump();
        Assert.False(Open(files).Recovered.BootChanged);
        var booted = Open(files, Options with { BootId = "boot-2" });
        Assert.True(booted.Recovered.BootChanged);
        booted.Pump();
        Assert.False(Open(files, Options with { BootId = "boot-2" }).Recovered.BootChanged);
    }

    [Fact]
    public async Task The_counter_goes_on_over_many_restarts_without_a_hole()
    {
        var files = new FaultFiles();
        for (int life = 0; life < 20; life++)
        {
            var store = Open(files, Options with { SegmentBytes = 2_000 });
            Assert.Equal((life * 3) + 1, store.Recovered.NextSequence);
            for (int i = 0; i < 3; i++) store.Send("m" + i);
            if (life % 2 == 0) await store.DisposeAsync();
        }

        Assert.Equal(Enumerable.Range(1, 60).Select(static one => (long)one), Open(files).Drain().Order());
    }

    [Fact]
    public void Without_a_broker_events_are_history_only_and_are_not_sent_later()
    {
        var files = new FaultFiles();
        var store = Open(files, Options with { Publishes = false });
        store.Send();
        Assert.Equal(0, store.Outbox.Count);
        var again = Open(files);
        Assert.Empty(again.Drain());
        Assert.Single(again.History(new HistoryQuery()).Events);
    }

    [Fact]
    public async Task The_thread_answers_commits_in_order_on_a_real_disk()
    {
        using var folder = new TempFolder();
        var options = Options with { DataFolder = folder.Path };
        var order = new List<int>();
        var store = NodeStore.Open(options, new LinuxStoreFiles(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        for (int i = 0; i < 200; i++)
        {
            int number = i;
            store.Commit(Commit(Machine("m" + (i % 10)), Event(store.ReserveSequence())), sync: true, _ => order.Add(number));
        }

        Assert.True(await store.FlushAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(Enumerable.Range(0, 200), order);
        await store.DisposeAsync();
        var again = Open(new LinuxStoreFiles(), options);
        Assert.Equal(10, again.Recovered.Machines.Count);
        Assert.Empty(again.Recovered.Repairs);
        Assert.Equal(200, again.Outbox.Count);
        var mode = File.GetUnixFileMode(Directory.GetFiles(Path.Combine(folder.Path, "journal"), "*.log")[0]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
    }

    [Fact]
    public async Task A_steady_result_reaches_the_file_within_a_second()
    {
        var files = new FaultFiles();
        var time = new ManualTime();
        await using var store = NodeStore.Open(Options, files, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.True(await store.FlushAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        var written = new TaskCompletionSource();
        store.Commit(Commit(Machine("a", version: "7")), sync: false, _ => written.TrySetResult());
        Assert.False(written.Task.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await written.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
