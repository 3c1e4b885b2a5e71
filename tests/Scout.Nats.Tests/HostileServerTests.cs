using System.Text;
using Scout.Nats.Tests.Fakes;
using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>Every line of the table of hostile frames (specification section 10), from a fake server.</summary>
[Trait("attack", "35")]
[Trait("attack", "A9")]
public sealed class HostileServerTests
{
    private static readonly string Storm = string.Concat(Enumerable.Repeat("PONG\r\n", 10));

    public static TheoryData<string, string> Violations => new()
    {
        { "HELLO\r\n", "unknown verb" },
        { "INFO not json\r\n", "INFO is not JSON" },
        { "INFO {\"max_payload\":\"many\"}\r\n", "INFO is not JSON" },
        { "INFO {}{}\r\n", "INFO is not JSON" },
        { "INFO {" + new string(' ', 65 * 1024), "too long" },
        { "MSG " + new string('a', 17 * 1024), "too long" },
        { "MSG a 1 -1\r\n", "length is not a number" },
        { "MSG a 1 +1\r\n", "length is not a number" },
        { "MSG a 1 x\r\n", "length is not a number" },
        { "MSG a 1 2147483648\r\n", "max_payload" },
        { "MSG a 1 99999999999\r\n", "length is not a number" },
        { "MSG a 1 1048577\r\n", "max_payload" },
        { "HMSG a 1 1160000 1160001\r\n", "header part too long" },
        { "HMSG a 1 20 10\r\n", "longer than the message" },
        { "MSG a 1 2\r\nabcd\r\n", "not followed by CRLF" },
        { Storm, "PONGs nobody asked for" },
        { "PING\n", "CRLF" },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_violation_ends_the_line_and_the_next_one_works(string bytes, string reason)
    {
        foreach (int[] pieces in new int[][] { [], [1, 7, 3, 4096, 2] })
        {
            await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection => connection.SendAsync(Encoding.Latin1.GetBytes(bytes), pieces));
            await using NatsConnection nats = Connect(server);
            List<string> told = [];
            nats.ConnectionDisconnected += (_, args) =>
            {
                lock (told) told.Add(args.Message);
                return ValueTask.CompletedTask;
            };
            await nats.ConnectAsync();
            await Until.TrueAsync("there is a second line", () => server.Connections.Count >= 2 && nats.ConnectionState == NatsConnectionState.Open && nats.Stats.Reconnects == 1);
            await Until.TrueAsync("the reason is told", () => { lock (told) return told.Count > 0; });
            Assert.Contains(reason, told[0]);
            Assert.Equal(1, nats.Stats.ProtocolViolations);
            await nats.PingAsync();
        }
    }

    [Theory]
    [InlineData("PING\r\n", "the first line is not INFO")]
    [InlineData("INFO []\r\n", "INFO is not JSON")]
    [InlineData("MSG a 1 0\r\n\r\n", "the first line is not INFO")]
    [InlineData("GET / HTTP/1.1\r\n", "unknown verb")]
    [InlineData("INFO {}\n", "CRLF")]
    [InlineData("INFO {}\r\nMSG a 1 0\r\n\r\n", "before the first PONG")]
    public async Task A_broken_handshake_is_told_to_the_caller(string bytes, string reason)
    {
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(bytes);
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Connect(server);
        Assert.Contains(reason, (await Assert.ThrowsAsync<NatsProtocolViolationException>(async () => await nats.ConnectAsync())).Message);
    }

    [Fact]
    public async Task A_handshake_of_one_byte_at_a_time_ends_at_its_deadline()
    {
        var time = new ManualTime();
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync("INFO {\"server_id\":");
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Connect(server, opts => opts with { TimeProvider = time });
        Task connect = nats.ConnectAsync().AsTask();
        await Until.TrueAsync("it is connected", () => server.Connections.Count == 1);
        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(1), () => connect.IsCompleted);
        Assert.Contains("did not finish the handshake within 5 s", (await Assert.ThrowsAsync<NatsConnectionFailedException>(() => connect)).Message);
    }

    [Fact]
    public async Task A_line_that_never_ends_is_not_a_sign_of_life()
    {
        var time = new ManualTime();
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(async connection =>
        {
            while (true)
            {
                string line = await connection.ReadLineAsync();
                if (line == "PING") await connection.SendAsync("x");
            }
        });
        await using NatsConnection nats = Connect(server, opts => opts with { TimeProvider = time, PingJitter = 0 });
        await nats.ConnectAsync();
        for (int beat = 1; beat <= 2; beat++)
        {
            time.Advance(TimeSpan.FromSeconds(30));
            await Until.TrueAsync("the PING has come", () => server.Connections[0].Lines.Count(line => line == "PING") > beat || server.Connections.Count > 1);
        }

        time.Advance(TimeSpan.FromSeconds(30));
        await AdvanceUntilAsync(time, TimeSpan.FromMilliseconds(1), () => nats.Stats.Reconnects == 1);
    }

    [Fact]
    public async Task A_silent_server_is_noticed_within_two_intervals()
    {
        var time = new ManualTime();
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection => connection.Closed.WaitAsync(TimeSpan.FromSeconds(20)));
        await using NatsConnection nats = Connect(server, opts => opts with { TimeProvider = time, PingJitter = 0 });
        await nats.ConnectAsync();
        time.Advance(TimeSpan.FromSeconds(60));
        await AdvanceUntilAsync(time, TimeSpan.FromMilliseconds(1), () => nats.Stats.Reconnects == 1);
        Assert.Equal(2, server.Connections.Count);
    }

    [Fact]
    public async Task A_flood_of_pings_that_reads_no_answers_ends_the_line()
    {
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(async connection =>
        {
            byte[] flood = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("PING\r\n", 10_000)));
            for (int i = 0; i < 1000; i++) await connection.SendAsync(flood);
        });
        await using NatsConnection nats = Connect(server);
        await nats.ConnectAsync();
        await Until.TrueAsync("there is a second line", () => server.Connections.Count >= 2 && nats.ConnectionState == NatsConnectionState.Open);
        Assert.Equal(1, nats.Stats.ProtocolViolations);
    }

    [Fact]
    public async Task Messages_for_nobody_are_dropped_and_counted()
    {
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection => connection.SendAsync("MSG a 999 2\r\nhi\r\nMSG a 0 2\r\nhi\r\nMSG not.the.inbox 1 2\r\nhi\r\n"));
        await using NatsConnection nats = Connect(server);
        await nats.ConnectAsync();
        await Until.TrueAsync("they are counted", () => nats.Stats is { UnknownSubscription: 2, StrayReplies: 1 });
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
        Assert.Single(server.Connections);
    }

    [Fact]
    public async Task Doubled_and_foreign_answers_complete_one_request_once()
    {
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection =>
        {
            connection.OnLine = async line =>
            {
                if (!line.StartsWith("PUB ask ", StringComparison.Ordinal)) return;
                string inbox = line.Split(' ')[2];
                string foreign = inbox[..(inbox.LastIndexOf('.') + 1)] + "123456789";
                await connection.SendAsync($"MSG {foreign} 1 2\r\nno\r\nMSG {inbox}.x 1 2\r\nno\r\nMSG {inbox} 1 3\r\nyes\r\nMSG {inbox} 1 2\r\nno\r\n");
            };
            return Task.CompletedTask;
        });
        await using NatsConnection nats = Connect(server);
        Assert.Equal("yes", (await nats.RequestAsync<string, string>("ask", "?")).Data);
        Assert.Equal("yes", (await nats.RequestAsync<string, string>("ask", "?")).Data);
        await Until.TrueAsync("the others are counted", () => nats.Stats.StrayReplies == 6);
    }

    [Fact]
    public async Task The_last_INFO_of_a_storm_counts_and_64_addresses_are_kept()
    {
        string urls = string.Join(',', Enumerable.Range(0, 2000).Select(i => $"\"h{i}:1\""));
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(async connection =>
        {
            for (int i = 0; i < 200; i++) await connection.SendAsync($"INFO {{\"server_name\":\"s{i}\",\"max_payload\":{i}}}\r\n");
            await connection.SendAsync($"INFO {{\"server_name\":\"la\\u001bst\",\"connect_urls\":[\"http://x:1\",\"a b:1\",\"noport\",\"x:0\",\"x:99999\",5,{urls}]}}\r\n");
        });
        await using NatsConnection nats = Connect(server);
        await nats.ConnectAsync();
        await Until.TrueAsync("the last one is there", () => nats.ServerInfo!.Name == "last");
        Assert.Equal(199, nats.ServerInfo!.MaxPayload);
        Assert.Equal(64, nats.ServerInfo.ConnectUrls.Count);
        Assert.Equal("h0:1", nats.ServerInfo.ConnectUrls[0]);
        Assert.Equal("2.9.10", nats.ServerInfo.Version);
    }

    [Fact]
    public async Task A_storm_of_errors_leaves_the_line_open_and_costs_no_memory()
    {
        byte[] storm = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"-ERR 'Permissions Violation for Publish to \"{new string('x', 500)}\"'\r\n", 2000)));
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection => connection.SendAsync(storm));
        await using NatsConnection nats = Connect(server);
        nats.ServerError += async (_, _) => await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        await nats.ConnectAsync();
        await nats.PingAsync();
        await Until.TrueAsync("events beyond the queue are counted", () => nats.Stats.DroppedEvents > 1000);
        Assert.Single(server.Connections);
    }

    [Theory]
    [InlineData("{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\"")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\"}")]
    [InlineData("{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\",\"config\":{\"name\":5}}")]
    [InlineData("{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\",\"config\":{\"max_msgs\":1e99}}")]
    [InlineData("{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\",\"config\":{\"max_age\":99999999999999999999}}")]
    [InlineData("{\"type\":\"x\",\"type\":\"y\",\"config\":{}}")]
    [InlineData("DEPTH")]
    public async Task A_wrong_answer_of_JetStream_is_an_exception_and_the_line_lives_on(string json)
    {
        if (json == "DEPTH") json = "{\"type\":\"io.nats.jetstream.api.x\",\"config\":" + new string('[', 1000) + new string(']', 1000) + "}";
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection =>
        {
            connection.OnLine = line => line.Contains("PUB ", StringComparison.Ordinal) ? connection.SendAsync($"MSG {line.Split(' ')[2]} 1 {json.Length}\r\n{json}\r\n") : Task.CompletedTask;
            return Task.CompletedTask;
        });
        await using NatsConnection nats = Connect(server);
        var js = new NatsJSContext(nats);
        await Assert.ThrowsAnyAsync<NatsJSException>(async () => await js.GetStreamAsync("S"));
        await Assert.ThrowsAnyAsync<NatsJSException>(async () => await js.PublishAsync("s", "x", new NatsJSPubOpts { ExpectedStream = "S" }));
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
        Assert.Single(server.Connections);
    }

    [Theory]
    [InlineData("{\"stream\":\"OTHER\",\"seq\":1}")]
    [InlineData("{\"stream\":\"S\"}")]
    [InlineData("{\"stream\":\"S\",\"seq\":0}")]
    [InlineData("{\"stream\":\"S\",\"seq\":-1}")]
    [InlineData("{\"stream\":\"S\",\"seq\":\"1\"}")]
    [InlineData("{\"stream\":\"S\",\"seq\":1,\"seq\":2}")]
    [InlineData("{\"stream\":\"OTHER\",\"stream\":\"S\",\"seq\":1}")]
    [InlineData("{\"seq\":1}")]
    [InlineData("{\"stream\":\"S\",\"seq\":1}x")]
    [InlineData("+ACK")]
    [InlineData("")]
    public async Task A_wrong_acknowledgement_is_none(string json)
    {
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection =>
        {
            connection.OnLine = line => line.StartsWith("HPUB ", StringComparison.Ordinal) ? connection.SendAsync($"MSG {line.Split(' ')[2]} 1 {json.Length}\r\n{json}\r\n") : Task.CompletedTask;
            return Task.CompletedTask;
        });
        await using NatsConnection nats = Connect(server);
        await Assert.ThrowsAnyAsync<NatsJSException>(async () => await new NatsJSContext(nats).PublishAsync("s", "x", new NatsJSPubOpts { ExpectedStream = "S" }));
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
    }

    internal static async Task AdvanceUntilAsync(ManualTime time, TimeSpan step, Func<bool> condition) =>
        await Until.TrueAsync("time has brought it about", () =>
        {
            if (condition()) return true;
            time.Advance(step);
            return condition();
        });

    internal static NatsConnection Connect(FakeNatsServer server, Func<NatsOpts, NatsOpts>? change = null)
    {
        var opts = new NatsOpts
        {
            Url = server.Url,
            ReconnectSpread = TimeSpan.Zero,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(1),
            ReconnectWaitMax = TimeSpan.FromMilliseconds(5),
            JitterSeed = 1,
        };
        return new NatsConnection(change is null ? opts : change(opts));
    }
}
