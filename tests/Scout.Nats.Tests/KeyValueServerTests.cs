using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>Key-value buckets against a real server.</summary>
public sealed class KeyValueServerTests : IAsyncLifetime
{
    private NatsServerProcess server = null!;
    private NatsConnection nats = null!;
    private NatsKVContext kv = null!;

    public async ValueTask InitializeAsync()
    {
        server = await NatsServerProcess.StartAsync();
        nats = new NatsConnection(new NatsOpts { Url = server.Url, RequestTimeout = TimeSpan.FromSeconds(10) });
        kv = new NatsKVContext(new NatsJSContext(nats));
    }

    public async ValueTask DisposeAsync()
    {
        if (nats is not null) await nats.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
    }

    [Fact]
    public async Task A_value_that_was_put_is_got_with_its_revision()
    {
        INatsKVStore store = await CreateAsync(history: 2);
        ulong revision = await store.PutAsync("web1", "up");
        NatsKVEntry<string> entry = await store.GetEntryAsync<string>("web1");
        Assert.Equal(("BUCKET", "web1", "up", revision, NatsKVOperation.Put), (entry.Bucket, entry.Key, entry.Value, entry.Revision, entry.Operation));
        await store.PutAsync("web1", "down");
        Assert.Equal("down", (await store.GetEntryAsync<string>("web1")).Value);
        Assert.Equal("up", (await store.GetEntryAsync<string>("web1", revision)).Value);
    }

    [Fact]
    public async Task A_key_that_was_never_put_is_not_found()
    {
        INatsKVStore store = await CreateAsync();
        Assert.Equal("web1", (await Assert.ThrowsAsync<NatsKVKeyNotFoundException>(async () => await store.GetEntryAsync<string>("web1"))).Key);
        Assert.Null(await store.TryGetEntryAsync<string>("web1"));
    }

    [Fact]
    public async Task Creating_works_once_and_again_over_a_tombstone()
    {
        INatsKVStore store = await CreateAsync();
        await store.CreateAsync("web1", "a");
        await Assert.ThrowsAsync<NatsKVCreateException>(async () => await store.CreateAsync("web1", "b"));
        await store.DeleteAsync("web1");
        NatsKVKeyDeletedException deleted = await Assert.ThrowsAsync<NatsKVKeyDeletedException>(async () => await store.GetEntryAsync<string>("web1"));
        Assert.Equal(2ul, deleted.Revision);
        Assert.Equal(3ul, await store.CreateAsync("web1", "c"));
        Assert.Equal("c", (await store.GetEntryAsync<string>("web1")).Value);
    }

    [Fact]
    public async Task Updating_needs_the_right_revision()
    {
        INatsKVStore store = await CreateAsync();
        ulong first = await store.PutAsync("web1", "a");
        ulong second = await store.UpdateAsync("web1", "b", first);
        await Assert.ThrowsAsync<NatsKVWrongLastRevisionException>(async () => await store.UpdateAsync("web1", "c", first));
        await Assert.ThrowsAsync<NatsKVWrongLastRevisionException>(async () => await store.DeleteAsync("web1", new NatsKVDeleteOpts { Revision = first }));
        await store.DeleteAsync("web1", new NatsKVDeleteOpts { Revision = second });
        Assert.Equal(NatsKVOperation.Del, (await store.TryGetEntryAsync<string>("web1"))!.Value.Operation);
    }

    [Fact]
    public async Task Purging_is_refused_unless_the_bucket_allows_it()
    {
        INatsKVStore store = await CreateAsync();
        await store.PutAsync("web1", "a");
        Assert.Equal(NatsJSErrors.RollupRefused, (await Assert.ThrowsAsync<NatsJSApiException>(async () => await store.PurgeAsync("web1"))).ErrCode);

        INatsKVStore open = await kv.CreateStoreAsync(new NatsKVConfig("OPEN") { AllowPurge = true, History = 5 });
        for (int i = 0; i < 3; i++) await open.PutAsync("web1", $"{i}");
        await open.PurgeAsync("web1");
        NatsKVEntry<string> only = Assert.Single(await open.HistoryAsync<string>("web1").ToListAsync());
        Assert.Equal(NatsKVOperation.Purge, only.Operation);
    }

    [Fact]
    public async Task History_gives_the_kept_revisions_oldest_first()
    {
        INatsKVStore store = await CreateAsync(history: 3);
        for (int i = 0; i < 5; i++) await store.PutAsync("web1", $"{i}");
        await store.PutAsync("web2", "x");
        Assert.Equal(["2", "3", "4"], (await store.HistoryAsync<string>("web1").ToListAsync()).Select(entry => entry.Value));
    }

    [Fact]
    public async Task Keys_are_those_that_are_not_deleted()
    {
        INatsKVStore store = await CreateAsync();
        Assert.Empty(await store.GetKeysAsync().ToListAsync());
        foreach (string key in new[] { "a", "b.place", "c/d" }) await store.PutAsync(key, "x");
        await store.DeleteAsync("a");
        Assert.Equal(["b.place", "c/d"], await store.GetKeysAsync().ToListAsync());
    }

    [Fact]
    public async Task A_watcher_sees_what_is_there_then_what_changes()
    {
        INatsKVStore store = await CreateAsync();
        await store.PutAsync("web1", "1");
        await store.PutAsync("web2", "2");
        await store.PutAsync("web1", "3");
        var upToDate = new TaskCompletionSource();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var opts = new NatsKVWatchOpts
        {
            OnNoData = _ =>
            {
                upToDate.TrySetResult();
                return ValueTask.FromResult(false);
            },
        };
        await using IAsyncEnumerator<NatsKVEntry<string>> watch = store.WatchAsync<string>(opts, stop.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(("web2", "2"), (watch.Current.Key, watch.Current.Value));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(("web1", "3", 0ul), (watch.Current.Key, watch.Current.Value, watch.Current.Delta));
        ValueTask<bool> next = watch.MoveNextAsync();
        await upToDate.Task.WaitAsync(stop.Token);
        await store.DeleteAsync("web2");
        Assert.True(await next);
        Assert.Equal(("web2", NatsKVOperation.Del), (watch.Current.Key, watch.Current.Operation));
    }

    [Fact]
    public async Task A_watcher_of_an_empty_bucket_is_told_so()
    {
        INatsKVStore store = await CreateAsync();
        int calls = 0;
        var opts = new NatsKVWatchOpts
        {
            OnNoData = _ =>
            {
                calls++;
                return ValueTask.FromResult(true);
            },
        };
        Assert.Empty(await store.WatchAsync<string>(opts).ToListAsync());
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task A_watcher_of_updates_only_does_not_see_what_was_there()
    {
        INatsKVStore store = await CreateAsync();
        await store.PutAsync("web1", "old");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var opts = new NatsKVWatchOpts
        {
            UpdatesOnly = true,
            OnNoData = async token =>
            {
                await store.PutAsync("web1", "new", token);
                return false;
            },
        };
        await using IAsyncEnumerator<NatsKVEntry<string>> watch = store.WatchAsync<string>("*", opts, stop.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal("new", watch.Current.Value);
    }

    [Fact]
    public async Task A_watcher_resumes_at_a_revision()
    {
        INatsKVStore store = await CreateAsync(history: 10);
        for (int i = 1; i <= 5; i++) await store.PutAsync("web1", $"{i}");
        var opts = new NatsKVWatchOpts { ResumeAtRevision = 4, OnNoData = _ => ValueTask.FromResult(true) };
        Assert.Equal(["4", "5"], (await store.WatchAsync<string>(opts).ToListAsync()).Select(entry => entry.Value));
    }

    [Fact]
    public async Task A_bucket_republishes_with_the_stream_header()
    {
        INatsKVStore store = await kv.CreateStoreAsync(new NatsKVConfig("ROSTER") { Republish = new Republish { Src = "$KV.ROSTER.>", Dest = "roster.>" } });
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("roster.>");
        await store.PutAsync("web1", "up");
        NatsMsg<string> message = await sub.Msgs.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        Assert.Equal("up", message.Data);
        Assert.Equal("KV_ROSTER", (string?)message.Headers!["Nats-Stream"]);
    }

    [Fact]
    public async Task Buckets_are_listed_and_deleted_and_their_status_is_told()
    {
        INatsKVStore store = await CreateAsync();
        await store.PutAsync("a", "x");
        Assert.Equal(1, (await store.GetStatusAsync()).Info.State.Messages);
        Assert.Equal(["BUCKET"], await kv.GetBucketNamesAsync().ToListAsync());
        Assert.Equal("BUCKET", (await kv.GetStoreAsync("BUCKET")).Bucket);
        Assert.True(await kv.DeleteStoreAsync("BUCKET"));
        Assert.Equal(404, (await Assert.ThrowsAsync<NatsJSApiException>(async () => await kv.GetStoreAsync("BUCKET"))).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("a*")]
    [InlineData("ä")]
    [InlineData(">")]
    public async Task A_bad_key_is_refused_before_it_is_sent(string key)
    {
        INatsKVStore store = kv.GetStoreHandle("BUCKET");
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.PutAsync(key, "x"));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.GetEntryAsync<string>(key));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.DeleteAsync(key));
    }

    private ValueTask<INatsKVStore> CreateAsync(long history = 1) =>
        kv.CreateStoreAsync(new NatsKVConfig("BUCKET") { History = history, Storage = StreamConfigStorage.Memory });
}
