using Scout.Nats.Tests.Fakes;
using Scout.Testing;

namespace Scout.Nats.Tests;

public sealed class LameDuckTests
{
    [Fact]
    public async Task With_another_server_the_line_moves_before_the_old_one_is_closed()
    {
        await using FakeNatsServer other = FakeNatsServer.AfterHandshake(connection =>
        {
            connection.OnLine = line => line == "SUB a 2" ? connection.SendAsync("MSG a 2 3\r\nnew\r\n") : Task.CompletedTask;
            return Task.CompletedTask;
        });
        await using FakeNatsServer old = FakeNatsServer.AfterHandshake(async connection =>
        {
            connection.OnLine = line => line == "UNSUB 2" ? connection.SendAsync("MSG a 2 3\r\nold\r\n") : Task.CompletedTask;
            await connection.SendAsync($"INFO {{\"ldm\":true,\"connect_urls\":[\"127.0.0.1:{other.Port}\"]}}\r\n");
        });
        await using NatsConnection nats = HostileServerTests.Connect(old);
        var told = new TaskCompletionSource();
        int lost = 0;
        nats.LameDuckModeActivated += (_, _) =>
        {
            told.TrySetResult();
            return ValueTask.CompletedTask;
        };
        nats.ConnectionDisconnected += (_, _) =>
        {
            lost++;
            return ValueTask.CompletedTask;
        };
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("a");
        await nats.ConnectAsync();
        await told.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await old.Connections[0].Closed.WaitAsync(TimeSpan.FromSeconds(10));
        await Until.TrueAsync("both lines have delivered", () => sub.Msgs.Count == 2);
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
        Assert.Equal(0, lost);
        await nats.PingAsync();
    }

    [Fact]
    public async Task Without_another_server_the_line_carries_on_until_it_ends()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url, ReconnectSpread = TimeSpan.Zero, ReconnectWaitMin = TimeSpan.FromMilliseconds(1), ReconnectWaitMax = TimeSpan.FromMilliseconds(10) });
        var told = new TaskCompletionSource<string>();
        nats.LameDuckModeActivated += (_, args) =>
        {
            told.TrySetResult(args.Server);
            return ValueTask.CompletedTask;
        };
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("a");
        await nats.ConnectAsync();
        server.EnterLameDuckMode();
        Assert.Equal($"127.0.0.1:{server.Port}", await told.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        if (nats.Stats.Reconnects == 0)
        {
            await nats.PublishAsync("a", "still here");
            Assert.Equal("still here", (await sub.Msgs.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token)).Data);
        }

        await server.RestartAsync();
        await Until.TrueAsync("the line is back", () => nats.ConnectionState == NatsConnectionState.Open && nats.Stats.Reconnects > 0);
    }
}
