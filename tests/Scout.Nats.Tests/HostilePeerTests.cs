using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>
/// A peer with rights of its own, behind an honest server that passes on what it sends, byte for byte: headers that are none, subjects with control bytes, statuses as only servers
/// say them. No listener may lose its line by it, and no reader of a stream the messages behind it.
/// </summary>
[Trait("attack", "39")]
[Trait("attack", "A9")]
public sealed class HostilePeerTests : IAsyncLifetime
{
    /// <summary>Header parts that nats-server takes, and how many messages of them are dropped whole.</summary>
    private static readonly (string Headers, bool Dropped)[] Broken =
    [
        ("garbage", false), ("NATS/1.0\r\nX: yZZ", false), ("NATS/1.0\r\n\r\n\r\n", false), ("NATS/1.0\r\nno colon\r\n\r\n", false), ("HTTP/1.1 200\r\n\r\n", false),
        ("NATS/1.0\r\nNats-Stream: E\r\nX: yZZ", false), ("NATS/1.0\r\nX: " + new string('x', 100_000) + "\r\n\r\n", true), ("NATS/1.0\r\nX: " + new string('x', 65_500) + "\r\nbroken\r\n\r\n", false),
    ];

    private NatsServerProcess server = null!;

    public async ValueTask InitializeAsync() => server = await NatsServerProcess.StartAsync();

    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task What_a_peer_breaks_reaches_a_listener_as_far_as_it_can_be_read_and_ends_no_line()
    {
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        await using INatsSub<byte[]> heard = await nats.SubscribeCoreAsync<byte[]>("e.>");
        await nats.PingAsync();
        using var peer = new Peer(server.Port);
        foreach ((string headers, _) in Broken) peer.Publish("e.a", "hi", headers);
        foreach (string subject in (string[])["e.\u0001", "e.\u007f", "e.a\rb", "e.*", "e.>", "e." + new string('a', 3900)]) peer.Publish(subject, "hi");
        peer.Publish("e.end", "end");
        await peer.SyncAsync();
        List<NatsMsg<byte[]>> told = [];
        while (told.Count == 0 || told[^1].Subject != "e.end") told.Add(await heard.Msgs.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        int dropped = Broken.Count(static one => one.Dropped);
        Assert.Equal(Broken.Length - dropped + 6 + 1, told.Count);
        Assert.All(told.SkipLast(1), static one => Assert.Equal("hi", Encoding.ASCII.GetString(one.Data!)));
        Assert.Equal((0L, 0L, (long)Broken.Length), (nats.Stats.Reconnects, nats.Stats.ProtocolViolations, nats.Stats.BrokenMessages));
    }

    [Fact]
    public async Task What_a_peer_stored_hides_nothing_that_is_stored_behind_it()
    {
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        var js = new NatsJSContext(nats);
        INatsJSStream stream = await js.CreateStreamAsync(new StreamConfig("E", ["e.>"]) { AllowDirect = true });
        using var peer = new Peer(server.Port);
        string[] bad = [.. Broken.Where(static one => !one.Dropped).Select(static one => one.Headers), "NATS/1.0 404 No Messages\r\n\r\n", "NATS/1.0 503\r\n\r\n", "NATS/1.0 409 Consumer Deleted\r\n\r\n", "NATS/1.0 500\r\nNats-Stream: other\r\n\r\n"];
        foreach (string headers in bad)
        {
            peer.Publish("e.bad", "", headers);
            peer.Publish("e.good", "good");
        }

        foreach (string subject in (string[])["e.\u0001", "e.*", "e.a\rb"]) peer.Publish(subject, "");
        peer.Publish("e.good", "last");
        peer.Publish("e.bad", "", "NATS/1.0 404\r\n\r\n");
        await peer.SyncAsync();
        ulong all = (ulong)((bad.Length * 2) + 5);
        List<ulong> sequences = [];
        await foreach (NatsJSStreamMsg<byte[]> one in stream.ReadRangeAsync<byte[]>()) sequences.Add(one.Sequence);
        Assert.Equal(Enumerable.Range(1, (int)all).Select(static one => (ulong)one), sequences);
        int good = 0;
        await foreach (NatsJSStreamMsg<byte[]> one in stream.ReadRangeAsync<byte[]>(new NatsJSReadRangeOpts { Filter = "e.good" })) good++;
        Assert.Equal(bad.Length + 1, good);

        // By a consumer too: what has a place in the stream is a message, whatever its status says.
        INatsJSConsumer consumer = await js.CreateOrUpdateConsumerAsync("E", new ConsumerConfig("all") { FilterSubject = "e.>" });
        int pulled = 0;
        await foreach (NatsJSMsg<byte[]> one in consumer.FetchAsync<byte[]>(new NatsJSFetchOpts { MaxMsgs = (int)all, Expires = TimeSpan.FromSeconds(20) }))
        {
            pulled++;
            await one.AckAsync();
        }

        Assert.Equal((int)all, pulled);
        Assert.Equal((0L, 0L), (nats.Stats.Reconnects, nats.Stats.ProtocolViolations));
    }

    /// <summary>A client that minds no rule.</summary>
    private sealed class Peer : IDisposable
    {
        private readonly TcpClient client = new();
        private readonly NetworkStream stream;

        public Peer(int port)
        {
            client.Connect("127.0.0.1", port);
            stream = client.GetStream();
            Send("CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true,\"protocol\":1,\"lang\":\"raw\",\"version\":\"0\"}\r\n");
        }

        public void Publish(string subject, string body, string? headers = null) => Send(headers is null
            ? string.Create(CultureInfo.InvariantCulture, $"PUB {subject} {body.Length}\r\n{body}\r\n")
            : string.Create(CultureInfo.InvariantCulture, $"HPUB {subject} {headers.Length} {headers.Length + body.Length}\r\n{headers}{body}\r\n"));

        /// <summary>The server has taken everything.</summary>
        public async Task SyncAsync()
        {
            Send("PING\r\n");
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            while (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)) is { } line && line != "PONG")
            {
            }
        }

        public void Dispose()
        {
            stream.Dispose();
            client.Dispose();
        }

        private void Send(string text) => stream.Write(Encoding.Latin1.GetBytes(text));
    }
}
