using System.Text;
using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>Core publish, subscribe and request against a real server.</summary>
public sealed class CoreServerTests : IAsyncLifetime
{
    private NatsServerProcess server = null!;
    private NatsConnection nats = null!;

    public async ValueTask InitializeAsync()
    {
        server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        nats = Connect();
        await nats.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (nats is not null) await nats.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
    }

    [Fact]
    public async Task What_is_published_arrives_in_order()
    {
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("a.*");
        for (int i = 0; i < 500; i++) await nats.PublishAsync("a.b", $"text {i}");
        for (int i = 0; i < 500; i++)
        {
            NatsMsg<string> message = await sub.Msgs.ReadAsync(Soon());
            Assert.Equal($"text {i}", message.Data);
            Assert.Equal("a.b", message.Subject);
        }
    }

    [Fact]
    public async Task Every_payload_type_arrives_as_every_other()
    {
        await using INatsSub<byte[]> bytes = await nats.SubscribeCoreAsync<byte[]>("p");
        await using INatsSub<ReadOnlyMemory<byte>> memory = await nats.SubscribeCoreAsync<ReadOnlyMemory<byte>>("p");
        await using INatsSub<Memory<byte>> writable = await nats.SubscribeCoreAsync<Memory<byte>>("p");
        await using INatsSub<string> text = await nats.SubscribeCoreAsync<string>("p");
        await nats.PublishAsync("p", "äö");
        await nats.PublishAsync("p", "äö"u8.ToArray());
        await nats.PublishAsync<ReadOnlyMemory<byte>>("p", "äö"u8.ToArray());
        await nats.PublishAsync<Memory<byte>>("p", "äö"u8.ToArray());
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("äö"u8.ToArray(), (await bytes.Msgs.ReadAsync(Soon())).Data);
            Assert.Equal("äö"u8.ToArray(), (await memory.Msgs.ReadAsync(Soon())).Data.ToArray());
            Assert.Equal("äö"u8.ToArray(), (await writable.Msgs.ReadAsync(Soon())).Data.ToArray());
            Assert.Equal("äö", (await text.Msgs.ReadAsync(Soon())).Data);
        }
    }

    [Fact]
    public async Task Other_payload_types_are_refused_by_name()
    {
        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(async () => await nats.PublishAsync("p", 5));
        Assert.Contains("System.Int32", error.Message);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await nats.SubscribeCoreAsync<DateTime>("p"));
    }

    [Fact]
    public async Task Headers_arrive_with_their_case_their_order_and_their_repetitions()
    {
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("h");
        await nats.PublishAsync("h", "x", new NatsHeaders { { "One", "1" }, { "Two", "2 zwei: äö" }, { "one", "again" } });
        NatsMsg<string> message = await sub.Msgs.ReadAsync(Soon());
        Assert.Equal(["1", "again"], message.Headers!["ONE"].ToArray());
        Assert.Equal("2 zwei: äö", (string?)message.Headers["Two"]);
        Assert.Equal("x", message.Data);
        Assert.Equal(0, message.Headers.Code);
    }

    [Fact]
    public async Task A_request_gets_its_answer()
    {
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("ask");
        _ = Task.Run(async () =>
        {
            await foreach (NatsMsg<string> question in sub.Msgs.ReadAllAsync()) await question.ReplyAsync("re: " + question.Data, question.Headers);
        });
        await using NatsConnection other = Connect();
        NatsMsg<string>[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
            await other.RequestAsync<string, string>("ask", $"{i}", i % 2 == 0 ? new NatsHeaders { ["N"] = $"{i}" } : null)));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"re: {i}"), answers.Select(answer => answer.Data));
        Assert.Equal(0, other.Stats.PendingRequests);
    }

    [Fact]
    public async Task A_request_to_nobody_fails_at_once()
    {
        NatsNoRespondersException error = await Assert.ThrowsAsync<NatsNoRespondersException>(async () =>
            await nats.RequestAsync<string, string>("nobody", "hello"));
        Assert.Equal("nobody", error.Subject);
    }

    [Fact]
    public async Task A_request_nobody_answers_times_out_and_frees_its_token()
    {
        await using INatsSub<string> silent = await nats.SubscribeCoreAsync<string>("silent");
        await Assert.ThrowsAsync<NatsNoReplyException>(async () =>
            await nats.RequestAsync<string, string>("silent", "?", replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromMilliseconds(50) }));
        Assert.Equal(0, nats.Stats.PendingRequests);
    }

    [Fact]
    public async Task A_cancelled_request_frees_its_token_at_once()
    {
        await using INatsSub<string> silent = await nats.SubscribeCoreAsync<string>("silent");
        using var cancel = new CancellationTokenSource();
        ValueTask<NatsMsg<string>> request = nats.RequestAsync<string, string>("silent", "?", cancellationToken: cancel.Token);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await request);
        Assert.Equal(0, nats.Stats.PendingRequests);
    }

    [Fact]
    public async Task Many_answer_one_question()
    {
        var responders = new List<INatsSub<string>>();
        for (int i = 0; i < 5; i++)
        {
            INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("all");
            responders.Add(sub);
            string name = $"n{i}";
            _ = Task.Run(async () =>
            {
                await foreach (NatsMsg<string> question in sub.Msgs.ReadAllAsync()) await question.ReplyAsync(name);
            });
        }

        var names = new List<string?>();
        await foreach (NatsMsg<string> answer in nats.RequestManyAsync<string, string>("all", "who", replyOpts: new NatsSubOpts { MaxMsgs = 5, Timeout = TimeSpan.FromSeconds(5) }))
            names.Add(answer.Data);
        Assert.Equal(["n0", "n1", "n2", "n3", "n4"], names.Order(StringComparer.Ordinal));
        foreach (INatsSub<string> sub in responders) await sub.DisposeAsync();
    }

    [Fact]
    public async Task A_question_to_nobody_ends_without_answers()
    {
        Assert.Empty(await nats.RequestManyAsync<string, string>("nobody", "who").ToListAsync());
        await Assert.ThrowsAsync<NatsNoRespondersException>(async () =>
            await nats.RequestManyAsync<string, string>("nobody", "who", replyOpts: new NatsSubOpts { ThrowIfNoResponders = true }).ToListAsync());
    }

    [Fact]
    public async Task A_queue_group_shares_the_messages()
    {
        await using INatsSub<string> one = await nats.SubscribeCoreAsync<string>("q", "group");
        await using INatsSub<string> two = await nats.SubscribeCoreAsync<string>("q", "group");
        for (int i = 0; i < 100; i++) await nats.PublishAsync("q", "x");
        await nats.PingAsync();
        Assert.Equal(100, one.Msgs.Count + two.Msgs.Count);
    }

    [Fact]
    public async Task A_subscription_ends_after_its_number_of_messages()
    {
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("m", opts: new NatsSubOpts { MaxMsgs = 3 });
        for (int i = 0; i < 10; i++) await nats.PublishAsync("m", $"{i}");
        List<string?> got = [];
        await foreach (NatsMsg<string> message in sub.Msgs.ReadAllAsync(Soon())) got.Add(message.Data);
        Assert.Equal(["0", "1", "2"], got);
    }

    [Fact]
    public async Task A_full_subscription_drops_the_newest_and_says_so_once_a_burst()
    {
        var told = new TaskCompletionSource<NatsMessageDroppedEventArgs>();
        int times = 0;
        nats.MessageDropped += (_, args) =>
        {
            Interlocked.Increment(ref times);
            told.TrySetResult(args);
            return ValueTask.CompletedTask;
        };
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("full", opts: new NatsSubOpts { ChannelCapacity = 10 });
        for (int i = 0; i < 25; i++) await nats.PublishAsync("full", $"{i}");
        await nats.PingAsync();
        Assert.Equal("full", (await told.Task.WaitAsync(Soon())).Subject);
        Assert.Equal(15, sub.Dropped);
        Assert.Equal(15, nats.Stats.DroppedMessages);
        Assert.Equal(1, times);
        Assert.Equal("0", (await sub.Msgs.ReadAsync()).Data);
    }

    [Fact]
    public async Task A_payload_above_the_servers_limit_is_refused_before_it_is_sent()
    {
        await Assert.ThrowsAsync<NatsPayloadTooLargeException>(async () => await nats.PublishAsync("big", new byte[1024 * 1024 + 1]));
        await using INatsSub<byte[]> sub = await nats.SubscribeCoreAsync<byte[]>("big");
        await nats.PublishAsync("big", new byte[1024 * 1024]);
        Assert.Equal(1024 * 1024, (await sub.Msgs.ReadAsync(Soon())).Size);
    }

    [Fact]
    public async Task A_token_is_asked_for_and_accepted()
    {
        await using NatsServerProcess closed = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false, Token = "s3cret" });
        await using var without = new NatsConnection(new NatsOpts { Url = closed.Url });
        NatsServerException error = await Assert.ThrowsAsync<NatsServerException>(async () => await without.ConnectAsync());
        Assert.True(error.IsAuthError);
        await using var with = new NatsConnection(new NatsOpts { Url = closed.Url, AuthOpts = new NatsAuthOpts { Token = "s3cret" } });
        await with.ConnectAsync();
        await using var inUrl = new NatsConnection(new NatsOpts { Url = closed.Url.Replace("nats://", "nats://s3cret@") });
        await inUrl.PingAsync();
        Assert.Equal(NatsConnectionState.Open, inUrl.ConnectionState);
    }

    [Fact]
    public async Task Connecting_to_nothing_says_where_and_why()
    {
        await using var nowhere = new NatsConnection(new NatsOpts { Url = "nats://127.0.0.1:1" });
        NatsConnectionFailedException error = await Assert.ThrowsAsync<NatsConnectionFailedException>(async () => await nowhere.ConnectAsync());
        Assert.Contains("127.0.0.1:1", error.Message);
        Assert.Equal(NatsConnectionState.Closed, nowhere.ConnectionState);
    }

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token;

    private NatsConnection Connect() => new(new NatsOpts { Url = server.Url, Name = "test" });
}
