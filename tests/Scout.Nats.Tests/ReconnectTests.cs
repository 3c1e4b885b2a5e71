using System.Collections.Concurrent;
using Scout.Nats.Tests.Fakes;
using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>Lost lines, with a real server behind a proxy that breaks them.</summary>
[Trait("fault", "R3")]
public sealed class ReconnectTests
{
    [Fact]
    public async Task Twenty_kills_while_publishing_lose_nothing_and_double_nothing()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync();
        await using NatsConnection nats = Connect(server.Url, opts => opts with { RequestTimeout = TimeSpan.FromSeconds(2), CommandTimeout = TimeSpan.FromSeconds(10) });
        var js = new NatsJSContext(nats);
        INatsJSStream stream = await js.CreateStreamAsync(new StreamConfig("E", ["e.*"]) { AllowDirect = true, DuplicateWindow = TimeSpan.FromMinutes(10) });
        using var stop = new CancellationTokenSource();
        var acked = new ConcurrentDictionary<string, int>();
        Task[] lanes = [.. Enumerable.Range(0, 8).Select(lane => Task.Run(() => PublishLaneAsync(js, $"m{lane}", acked, stop.Token)))];
        for (int kill = 0; kill < 20; kill++)
        {
            int before = acked.Values.Sum();
            await Until.TrueAsync("the lanes are moving", () => acked.Values.Sum() > before + 50);
            await server.RestartAsync();
        }

        int last = acked.Values.Sum();
        await Until.TrueAsync("the lanes are moving again", () => acked.Values.Sum() > last + 50);
        await stop.CancelAsync();
        await Task.WhenAll(lanes);
        Assert.True(nats.Stats.Reconnects >= 20);

        var stored = new Dictionary<string, List<int>>();
        await foreach (NatsJSStreamMsg<string> message in stream.ReadRangeAsync<string>())
        {
            if (!stored.TryGetValue(message.Subject, out List<int>? numbers)) stored[message.Subject] = numbers = [];
            numbers.Add(int.Parse(message.Data!));
        }

        for (int lane = 0; lane < 8; lane++) Assert.Equal(Enumerable.Range(0, acked[$"m{lane}"]), stored[$"e.m{lane}"]);
    }

    [Fact]
    public async Task Subscriptions_live_through_reconnects_and_are_not_doubled()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        await using var proxy = new FaultProxy(server.Port);
        await using NatsConnection nats = Connect(proxy.Url);
        await using NatsConnection other = Connect(server.Url);
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("a");
        await nats.ConnectAsync();
        for (int round = 1; round <= 100; round++)
        {
            proxy.Cut();
            await Until.TrueAsync("the line is back", () => nats.Stats.Reconnects == round && nats.ConnectionState == NatsConnectionState.Open);
            if (round % 10 != 0) continue;
            await nats.PingAsync();
            await other.PublishAsync("a", $"{round}");
            Assert.Equal($"{round}", (await sub.Msgs.ReadAsync(Soon())).Data);
        }

        await other.PingAsync();
        await nats.PingAsync();
        Assert.Equal(0, sub.Msgs.Count);
        Assert.Equal(2, nats.Stats.Subscriptions);
        Assert.Equal(1, proxy.Open);
    }

    [Fact]
    public async Task A_half_open_line_is_noticed_within_two_intervals_and_replaced()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        await using var proxy = new FaultProxy(server.Port);
        await using NatsConnection nats = Connect(proxy.Url, opts => opts with { PingInterval = TimeSpan.FromMilliseconds(100) });
        await nats.ConnectAsync();
        var lost = new TaskCompletionSource<TimeSpan>();
        long start = TimeProvider.System.GetTimestamp();
        nats.ConnectionDisconnected += (_, _) =>
        {
            lost.TrySetResult(TimeProvider.System.GetElapsedTime(start));
            return ValueTask.CompletedTask;
        };
        start = TimeProvider.System.GetTimestamp();
        proxy.Stall();
        TimeSpan noticed = await lost.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(noticed < TimeSpan.FromSeconds(2), $"noticed after {noticed}");
        proxy.Resume();
        await nats.PingAsync();
    }

    [Fact]
    public async Task A_request_under_way_fails_when_the_line_breaks()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        await using var proxy = new FaultProxy(server.Port);
        await using NatsConnection nats = Connect(proxy.Url);
        await using INatsSub<string> silent = await nats.SubscribeCoreAsync<string>("ask");
        Task request = nats.RequestAsync<string, string>("ask", "?").AsTask();
        await silent.Msgs.ReadAsync(Soon());
        proxy.Cut();
        await Assert.ThrowsAsync<NatsConnectionFailedException>(() => request);
        Assert.Equal(0, nats.Stats.PendingRequests);
    }

    [Fact]
    public async Task A_bounded_subscription_asks_a_new_line_for_what_remains()
    {
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection =>
        {
            connection.OnLine = async line =>
            {
                if (line == "UNSUB 2 5") await connection.SendAsync("MSG a 2 1\r\nx\r\nMSG a 2 1\r\ny\r\n");
            };
            return Task.CompletedTask;
        });
        await using NatsConnection nats = Connect(server.Url);
        await nats.ConnectAsync();
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("a", opts: new NatsSubOpts { MaxMsgs = 5 });
        await Until.TrueAsync("two have come", () => sub.Msgs.Count == 2);
        server.Connections[0].Close();
        await Until.TrueAsync("the rest is asked for", () => server.Connections.Count == 2 && server.Connections[1].Lines.Contains("UNSUB 2 3"));
    }

    [Fact]
    public async Task A_connection_that_never_was_keeps_trying_when_asked_to()
    {
        int port;
        await using (NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false })) port = server.Port;
        await using NatsConnection nats = Connect($"nats://127.0.0.1:{port}", opts => opts with { RetryOnInitialConnect = true, CommandTimeout = TimeSpan.FromSeconds(30) });
        await nats.ConnectAsync();
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("a");
        Assert.NotEqual(NatsConnectionState.Open, nats.ConnectionState);
        ValueTask publish = nats.PublishAsync("a", "early");
        await using NatsServerProcess late = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false, Port = port });
        await publish;
        Assert.Equal("early", (await sub.Msgs.ReadAsync(Soon())).Data);
    }

    [Fact]
    public async Task Waits_are_full_jitter_within_their_bounds()
    {
        var backoff = new Connection.Backoff(new NatsOpts { JitterSeed = 5 });
        for (int failures = 1; failures < 40; failures++)
        {
            double[] waits = [.. Enumerable.Range(0, 200).Select(_ => backoff.After(failures, refused: false).TotalSeconds)];
            double bound = Math.Min(30, Math.Pow(2, failures - 1));
            Assert.All(waits, wait => Assert.InRange(wait, 0, bound));
            Assert.InRange(waits.Average(), bound * 0.35, bound * 0.65);
        }

        Assert.All(Enumerable.Range(0, 200), _ => Assert.InRange(backoff.First().TotalSeconds, 0, 2));
        Assert.All(Enumerable.Range(0, 200), _ => Assert.InRange(backoff.PingInterval().TotalSeconds, 24, 36));
        Assert.Contains(Enumerable.Range(0, 200), _ => backoff.After(20, refused: true).TotalSeconds > 60);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Several_servers_are_tried_in_one_round()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        for (int seed = 0; seed < 5; seed++)
        {
            await using NatsConnection nats = Connect($"nats://127.0.0.1:1,nats://127.0.0.1:2,{server.Url}", opts => opts with { JitterSeed = seed });
            await nats.ConnectAsync();
        }
    }

    [Fact]
    public async Task Disposing_sends_what_was_published()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        await using NatsConnection reader = Connect(server.Url);
        await using INatsSub<string> sub = await reader.SubscribeCoreAsync<string>("a", opts: new NatsSubOpts { ChannelCapacity = 10_000 });
        await reader.PingAsync();
        await using (NatsConnection nats = Connect(server.Url))
        {
            for (int i = 0; i < 5000; i++) await nats.PublishAsync("a", $"{i}");
        }

        await Until.TrueAsync("all have come", () => sub.Msgs.Count == 5000);
        await using NatsConnection gone = Connect(server.Url);
        await gone.DisposeAsync();
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(async () => await gone.PublishAsync("a", "x"));
    }

    [Fact]
    public async Task A_line_that_ends_after_any_byte_leaves_nobody_waiting()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        await using NatsConnection responder = Connect(server.Url);
        await using INatsSub<string> questions = await responder.SubscribeCoreAsync<string>("ask");
        await responder.PingAsync();
        _ = Task.Run(async () =>
        {
            await foreach (NatsMsg<string> question in questions.Msgs.ReadAllAsync()) await question.ReplyAsync("answer", new NatsHeaders { ["A"] = "b" });
        });
        Exception? unobserved = null;
        EventHandler<UnobservedTaskExceptionEventArgs> watch = (_, args) => unobserved = args.Exception;
        TaskScheduler.UnobservedTaskException += watch;
        try
        {
            // INFO and everything after it is about 600 bytes; beyond that nothing is cut.
            await Parallel.ForEachAsync(Enumerable.Range(0, 700), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (bytes, token) =>
            {
                await using var proxy = new FaultProxy(server.Port);
                proxy.CutAfter(bytes);
                await using NatsConnection nats = Connect(proxy.Url, opts => opts with { RetryOnInitialConnect = true });
                await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>($"own.{bytes}", cancellationToken: token);
                await nats.ConnectAsync();
                await Until.TrueAsync($"an answer after a cut at {bytes}", async () =>
                {
                    try
                    {
                        await nats.PublishAsync($"own.{bytes}", "x", cancellationToken: token);
                        return (await nats.RequestAsync<string, string>("ask", "?", cancellationToken: token)).Data == "answer";
                    }
                    catch (NatsConnectionFailedException)
                    {
                        return false;
                    }
                });
                Assert.Equal(0, nats.Stats.PendingRequests);
                Assert.Equal(0, nats.Stats.ProtocolViolations);
            });
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Null(unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= watch;
        }
    }

    private static async Task PublishLaneAsync(NatsJSContext js, string lane, ConcurrentDictionary<string, int> acked, CancellationToken stop)
    {
        for (int number = 0; !stop.IsCancellationRequested;)
        {
            try
            {
                var opts = new NatsJSPubOpts { MsgId = $"{lane}-{number}", ExpectedStream = "E", RetryAttempts = 0 };
                PubAckResponse ack = await js.PublishAsync($"e.{lane}", $"{number}", opts, cancellationToken: CancellationToken.None);
                ack.EnsureSuccess();
                acked[lane] = ++number;
            }
            catch (NatsException)
            {
                // The same message again, with the same id.
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token;

    private static NatsConnection Connect(string url, Func<NatsOpts, NatsOpts>? change = null)
    {
        var opts = new NatsOpts
        {
            Url = url,
            ReconnectSpread = TimeSpan.FromMilliseconds(1),
            ReconnectWaitMin = TimeSpan.FromMilliseconds(2),
            ReconnectWaitMax = TimeSpan.FromMilliseconds(20),
        };
        return new NatsConnection(change is null ? opts : change(opts));
    }
}
