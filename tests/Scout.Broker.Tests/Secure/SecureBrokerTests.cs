using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Checks;
using Scout.Broker.Files;
using Scout.Broker.Secure;
using Scout.Nats;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Streams;

namespace Scout.Broker.Tests.Secure;

/// <summary>A secure broker with a real nats-server.</summary>
public sealed class SecureBrokerTests
{
    [Fact]
    public async Task It_gets_ready_with_all_streams_and_nothing_of_its_own_is_refused()
    {
        await using SecureBench bench = await SecureBench.RunningAsync();
        Assert.Contains($"tls://127.0.0.1:{bench.Port}", bench.Log.Lines(5003)[0], StringComparison.Ordinal);
        await using NatsConnection admin = await bench.ConnectAsync(bench.Files.Creds("admin"));
        foreach (StreamDefinition stream in StreamCatalog.All)
        {
            NatsMsg<byte[]> answer = await admin.RequestAsync<byte[], byte[]>("$JS.API.STREAM.INFO." + stream.Name, []);
            Assert.Null(JsonNode.Parse(answer.Data!)!["error"]);
        }

        // The mesh has looked at the roster and taken its lease by then.
        await Until.TrueAsync("the lease", () => bench.Log.Count(5040) > 0, TimeSpan.FromSeconds(30), () => bench.Log.Text);
        Assert.DoesNotContain("iolation", bench.Log.Text, StringComparison.Ordinal);
        Assert.Equal(0, bench.Log.Count(5048));
        Assert.All(await BrokerCheck.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None), static row => Assert.True(row.Ok, row.ToString()));
        string metrics = await bench.MetricsAsync();
        Assert.Contains("scout_broker_reload_failed 0\n", metrics, StringComparison.Ordinal);
        long left = long.Parse(metrics.Split('\n').Single(static line => line.StartsWith("scout_broker_certificate_expiry_seconds ", StringComparison.Ordinal)).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(left, 89 * 86_400, 90 * 86_400);
        Assert.Equal(0, (await bench.StopAsync()).Code);
    }

    [Fact]
    public async Task After_a_restart_nats_server_has_restored_every_stream_by_itself()
    {
        await using SecureBench bench = await SecureBench.RunningAsync();
        Assert.Equal(BrokerExit.Stopped, await bench.StopAsync());
        await bench.StartAsync();
        Assert.DoesNotContain("Error recreating stream", bench.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_gets_in_without_a_login_or_without_tls()
    {
        await using SecureBench bench = await SecureBench.RunningAsync();
        await using var none = new NatsConnection(new NatsOpts { Url = $"tls://127.0.0.1:{bench.Port}", TlsOpts = new NatsTlsOpts { CaFile = bench.Files.Authority } });
        await Assert.ThrowsAnyAsync<NatsException>(async () => await none.ConnectAsync());
        using var plain = new TcpClient();
        await plain.ConnectAsync(IPAddress.Loopback, bench.Port);
        NetworkStream stream = plain.GetStream();
        await stream.WriteAsync("CONNECT {\"verbose\":false}\r\nPUB scout.event.web1.disk.state 0\r\n\r\nPING\r\n"u8.ToArray());
        byte[] buffer = new byte[4096];
        var heard = new StringBuilder();
        try
        {
            while (await stream.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30)) is > 0 and var count) heard.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // Reset: as good as closed.
        }

        Assert.DoesNotContain("PONG", heard.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_login_is_cut_and_refused_and_others_stay()
    {
        await using SecureBench bench = await SecureBench.RunningAsync();
        string bobs = bench.Creds(ScoutRole.Viewer, "bob");
        string alices = bench.Creds(ScoutRole.Viewer, "alice");
        await using NatsConnection bob = await bench.ConnectAsync(bobs);
        await using NatsConnection alice = await bench.ConnectAsync(alices);
        int aliceLost = 0;
        alice.ConnectionDisconnected += (_, _) =>
        {
            Interlocked.Increment(ref aliceLost);
            return ValueTask.CompletedTask;
        };
        string key = NatsCreds.Read(bobs).Key.PublicKey;
        var beside = new SignalReload(bench.Files, TimeProvider.System);
        await bench.Authority.RevokeAsync([key], CancellationToken.None);
        ReloadOutcome outcome = await beside.ReloadAsync("test", CancellationToken.None);
        Assert.True(outcome.Applied, outcome.Detail + bench.Log.Text);
        await Until.TrueAsync("bob is cut", () => bob.ConnectionState != NatsConnectionState.Open, TimeSpan.FromSeconds(20), () => bench.Log.Text);
        await Assert.ThrowsAnyAsync<NatsException>(() => bench.ConnectAsync(bobs, patient: false));
        await alice.PingAsync();
        Assert.Equal(0, aliceLost);
    }
}
