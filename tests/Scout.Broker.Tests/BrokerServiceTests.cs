using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Scout.Broker.Checks;
using Scout.Broker.Supervision;
using Scout.Nats;
using Scout.Protocol.Streams;
using Scout.Testing.Processes;

namespace Scout.Broker.Tests;

/// <summary>With a real nats-server.</summary>
[Trait("attack", "32")]
public sealed class BrokerServiceTests
{
    [Fact]
    public async Task It_gets_ready_with_all_streams_and_stops_without_leaving_a_process()
    {
        await using var bench = new Bench();
        await bench.StartAsync();
        int pid = bench.ServerPid;
        Assert.True(Bench.Alive(pid));
        await using (NatsConnection nats = await ConnectAsync(bench.Url))
        {
            foreach (StreamDefinition stream in StreamCatalog.All)
            {
                JsonObject answer = await CallAsync(nats, $"STREAM.INFO.{stream.Name}");
                Assert.Empty(StreamConfigJson.Compare(StreamConfigJson.Write(stream, 2, 9), answer["config"]!.AsObject()));
            }
        }

        Assert.Equal(0, (await bench.StopAsync()).Code);
        Assert.False(Bench.Alive(pid));
        Assert.Equal(1, bench.Log.Count(5000));
        Assert.Equal(0, bench.Log.Count(5006));
    }

    [Fact]
    public async Task Only_its_user_can_read_what_it_keeps()
    {
        await using var bench = new Bench();
        await bench.StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(bench.Options.Data));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(bench.Options.Data, "nats-server.conf")));
        string environment = File.ReadAllText($"/proc/{bench.ServerPid}/environ");
        Assert.Equal(["PATH", "HOME", "LC_ALL"], environment.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split('=')[0]));
    }

    [Fact]
    public async Task A_second_broker_on_the_same_store_ends_with_3_and_names_the_pid_and_leaves_the_first_alone()
    {
        await using var bench = new Bench();
        await bench.StartAsync();
        string config = File.ReadAllText(Path.Combine(bench.Options.Data, "nats-server.conf"));
        BrokerExit exit = await BrokerService.RunAsync(bench.Options with { Listen = $"127.0.0.1:{Bench.FreePort()}" }, new LogBook(), TimeProvider.System, CancellationToken.None);
        Assert.Equal(3, exit.Code);
        Assert.Contains($"pid {bench.ServerPid}", exit.Message, StringComparison.Ordinal);
        Assert.Equal(config, File.ReadAllText(Path.Combine(bench.Options.Data, "nats-server.conf")));
        Assert.True(Bench.Alive(bench.ServerPid));
    }

    [Fact]
    public async Task A_killed_server_is_started_again_with_everything_it_had_acknowledged()
    {
        await using var bench = new Bench();
        await bench.StartAsync();
        int before = bench.ServerPid;
        await using (NatsConnection nats = await ConnectAsync(bench.Url))
        {
            for (int i = 0; i < 20; i++)
            {
                NatsMsg<byte[]> ack = await nats.RequestAsync<string, byte[]>("scout.lifecycle.web1.alive", "{}");
                Assert.Null(JsonNode.Parse(ack.Data!)!["error"]);
            }
        }

        Process.GetProcessById(before).Kill();
        await Until.TrueAsync("ready again", () => bench.Log.Count(5003) == 2, TimeSpan.FromSeconds(20), () => bench.Log.Text);
        Assert.NotEqual(before, bench.ServerPid);
        Assert.Equal(1, bench.Log.Count(5007));
        await using NatsConnection again = await ConnectAsync(bench.Url);
        JsonObject info = await CallAsync(again, "STREAM.INFO.SCOUT_LIFECYCLE");
        Assert.Equal(20, (long)info["state"]!["last_seq"]!);
    }

    [Fact]
    public async Task The_server_of_a_killed_broker_ends_and_the_next_broker_takes_over_at_once()
    {
        using var folder = new TempFolder();
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        int port = Bench.FreePort();
        string data = folder.File("data");
        string lockFile = Path.Combine(data, "jetstream", ".scout.lock");
        int first;
        await using (ChildProcess broker = ChildProcess.Start(Bench.HostPath, [data, $"127.0.0.1:{port}"]))
        {
            await broker.PrintedAsync("5003 ready");
            first = int.Parse(Bench.ReadWithoutLock(lockFile).Split(' ')[0], CultureInfo.InvariantCulture);
            await broker.KillAsync();
            await using ChildProcess next = ChildProcess.Start(Bench.HostPath, [data, $"127.0.0.1:{port}"]);
            await next.PrintedAsync("5003 ready");
            Assert.False(Bench.Alive(first));
            int second = int.Parse(Bench.ReadWithoutLock(lockFile).Split(' ')[0], CultureInfo.InvariantCulture);
            Assert.NotEqual(first, second);
            Assert.True(Bench.Alive(second));
            Assert.Equal(0, await next.StopAsync());
            Assert.False(Bench.Alive(second));
        }
    }

    [Fact]
    public async Task The_server_of_a_killed_broker_is_gone_within_seconds_when_nobody_follows()
    {
        using var folder = new TempFolder();
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        string data = folder.File("data");
        await using ChildProcess broker = ChildProcess.Start(Bench.HostPath, [data, $"127.0.0.1:{Bench.FreePort()}"]);
        await broker.PrintedAsync("5003 ready");
        int server = int.Parse(Bench.ReadWithoutLock(Path.Combine(data, "jetstream", ".scout.lock")).Split(' ')[0], CultureInfo.InvariantCulture);
        await broker.KillAsync();
        await Until.TrueAsync("no orphan", () => !Bench.Alive(server), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task With_a_token_file_only_its_readers_get_in()
    {
        await using var bench = new Bench();
        string path = bench.File("token");
        bench.Options = bench.Options with { TokenFile = path };
        await bench.StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        string token = File.ReadAllText(path).Trim();
        Assert.Equal(43, token.Length);
        Assert.DoesNotContain(token, bench.Log.Text, StringComparison.Ordinal);
        Assert.Equal(0, bench.Log.Count(5000));
        await Assert.ThrowsAnyAsync<NatsException>(() => ConnectAsync(bench.Url));
        await using NatsConnection nats = await ConnectAsync(bench.Url, token);
        await nats.PingAsync();
    }

    [Fact]
    public async Task A_stream_that_somebody_changed_is_put_right_at_the_next_start()
    {
        await using var bench = new Bench();
        await bench.StartAsync();
        await using (NatsConnection nats = await ConnectAsync(bench.Url))
        {
            NatsServerVersion version = (await NatsServerBinary.FindAsync(bench.Options.NatsServer, null, TimeProvider.System)).Binary!.Version;
            JsonObject config = StreamConfigJson.Write(StreamCatalog.All[2], version.Major, version.Minor);
            config["max_age"] = 3_600_000_000_000L;
            config["max_msgs_per_subject"] = 9;
            Assert.Null((await CallAsync(nats, "STREAM.UPDATE.SCOUT_LIFECYCLE", config))["error"]);
        }

        IReadOnlyList<BrokerCheckRow> rows = await BrokerCheck.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None);
        BrokerCheckRow row = Assert.Single(rows, one => !one.Ok);
        Assert.Equal("stream SCOUT_LIFECYCLE", row.Check);
        Assert.Contains("max_age is 3600000000000, not 2592000000000000", row.Detail, StringComparison.Ordinal);

        Process.GetProcessById(bench.ServerPid).Kill();
        await Until.TrueAsync("ready again", () => bench.Log.Count(5003) == 2, TimeSpan.FromSeconds(20), () => bench.Log.Text);
        Assert.Equal(2, bench.Log.Count(5021));
        Assert.All(await BrokerCheck.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None), one => Assert.True(one.Ok, one.ToString()));
    }

    [Fact]
    public async Task What_cannot_be_changed_in_place_is_reported_and_left_alone()
    {
        await using var bench = new Bench();
        await bench.StartAsync();
        await using (NatsConnection nats = await ConnectAsync(bench.Url))
        {
            JsonObject config = StreamConfigJson.Write(StreamCatalog.All[2], 2, 9);
            config["storage"] = "memory";
            Assert.Null((await CallAsync(nats, "STREAM.DELETE.SCOUT_LIFECYCLE"))["error"]);
            config["max_bytes"] = 1024;
            Assert.Null((await CallAsync(nats, "STREAM.CREATE.SCOUT_LIFECYCLE", config))["error"]);
        }

        // Memory streams do not survive the server, so the check is asked, not a restart.
        IReadOnlyList<BrokerCheckRow> rows = await BrokerCheck.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None);
        BrokerCheckRow row = Assert.Single(rows, one => !one.Ok);
        Assert.Contains("storage is \"memory\", not \"file\"", row.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(row.Hint);
    }

    [Fact]
    public async Task The_latest_state_of_a_machine_is_copied_by_the_server_and_read_by_direct_get()
    {
        await using var bench = new Bench();
        await bench.StartAsync();
        await using NatsConnection nats = await ConnectAsync(bench.Url);
        foreach (string body in new[] { "one", "two" })
        {
            NatsMsg<byte[]> ack = await nats.RequestAsync<string, byte[]>("scout.event.web1.disk_root.state", body);
            Assert.Equal("SCOUT_EVENTS", (string?)JsonNode.Parse(ack.Data!)!["stream"]);
        }

        await Until.TrueAsync("the copy", async () => (await nats.RequestAsync<byte[], string>("$JS.API.DIRECT.GET.SCOUT_STATE.scout.event.web1.disk_root.state", [])).Data == "two");
        Assert.Equal(1, (long)(await CallAsync(nats, "STREAM.INFO.SCOUT_STATE"))["state"]!["messages"]!);
    }

    [Fact]
    public async Task A_state_whose_headers_name_the_events_stream_does_not_hold_up_the_copies_behind_it()
    {
        await using var bench = new Bench();
        await bench.StartAsync();
        await using NatsConnection nats = await ConnectAsync(bench.Url);
        await nats.RequestAsync<string, byte[]>("scout.event.web1.odd.state", "x", new NatsHeaders { ["Nats-Expected-Stream"] = "SCOUT_EVENTS" });
        await nats.RequestAsync<string, byte[]>("scout.event.web1.disk_root.state", "good");
        await Until.TrueAsync(
            "the copy behind it",
            async () => (await nats.RequestAsync<byte[], string>("$JS.API.DIRECT.GET.SCOUT_STATE.scout.event.web1.disk_root.state", [])).Data == "good",
            TimeSpan.FromSeconds(15),
            () => bench.Log.Text);
    }

    [Fact]
    public async Task Rollup_is_refused_so_nobody_can_empty_the_roster()
    {
        await using var bench = new Bench();
        await bench.StartAsync();
        await using NatsConnection nats = await ConnectAsync(bench.Url);
        NatsMsg<byte[]> ack = await nats.RequestAsync<string, byte[]>("$KV.SCOUT_NODES.web1", "{}", new NatsHeaders { ["Nats-Rollup"] = "all" });
        Assert.Equal(10111, (int)JsonNode.Parse(ack.Data!)!["error"]!["err_code"]!);
    }

    [Fact]
    public async Task Health_and_metrics_tell_of_the_server()
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with { Http = "127.0.0.1:0" };
        await bench.StartAsync();
        string address = bench.Log.Lines(5030)[0].Split(' ')[^1];
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        Assert.Equal("ready\n", await http.GetStringAsync("/readyz"));
        Assert.Equal("ok\n", await http.GetStringAsync("/healthz"));
        string metrics = await http.GetStringAsync("/metrics");
        Assert.Contains("scout_broker_server_up 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("scout_broker_streams_different 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("scout_broker_stream_source_lag{stream=\"SCOUT_STATE\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.Equal(404, (int)(await http.GetAsync("/")).StatusCode);
        Assert.Equal(404, (int)(await http.PostAsync("/metrics", null)).StatusCode);

        Process.GetProcessById(bench.ServerPid).Kill();
        await Until.TrueAsync("not ready", async () => (int)(await http.GetAsync("/readyz")).StatusCode == 503);
        await Until.TrueAsync("ready", async () => (int)(await http.GetAsync("/readyz")).StatusCode == 200);
        Assert.Contains("scout_broker_server_restarts_total 1\n", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_finds_all_well_before_the_start_and_while_it_runs()
    {
        await using var bench = new Bench();
        IReadOnlyList<BrokerCheckRow> before = await BrokerCheck.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None);
        Assert.All(before, row => Assert.True(row.Ok, row.ToString()));
        Assert.Equal(["nats-server", "directory", "configuration", "store", "lock", "port"], before.Select(row => row.Check));
        await bench.StartAsync();
        IReadOnlyList<BrokerCheckRow> running = await BrokerCheck.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None);
        Assert.All(running, row => Assert.True(row.Ok, row.ToString()));
        Assert.Equal(Scout.Protocol.Streams.StreamCatalog.All.Length, running.Count(row => row.Check.StartsWith("stream ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Check_gives_a_hint_for_each_row_that_fails()
    {
        await using var bench = new Bench();
        Directory.CreateDirectory(bench.Options.Data);
        File.SetUnixFileMode(bench.Options.Data, (UnixFileMode)511);
        bench.Options = bench.Options with { NatsServer = bench.File("nowhere"), Listen = "0.0.0.0:4222" };
        IReadOnlyList<BrokerCheckRow> rows = await BrokerCheck.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None);
        Assert.Equal(["nats-server", "listen", "directory"], rows.Where(row => !row.Ok).Select(row => row.Check));
        Assert.All(rows.Where(row => !row.Ok), row => Assert.NotEmpty(row.Hint));
    }

    [Fact]
    public async Task Port_0_takes_a_free_port_and_says_which()
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with { Listen = "localhost:0" };
        await bench.StartAsync();
        string url = bench.Log.Lines(5003)[0].Split(' ')[1].TrimEnd(',');
        await using NatsConnection nats = await ConnectAsync(url);
        await nats.PingAsync();
    }

    [Fact]
    public async Task A_broker_that_is_stopped_while_it_starts_leaves_nothing_behind()
    {
        await using var bench = new Bench();
        Task<BrokerExit> running = bench.RunAsync();
        await Until.TrueAsync("nats-server is there", () => File.Exists(Path.Combine(bench.Options.Data, "jetstream", ".scout.lock")) && bench.LockWords().Length == 2);
        int pid = bench.ServerPid;
        await bench.CancelAsync();
        Assert.Equal(0, (await running.WaitAsync(TimeSpan.FromSeconds(20))).Code);
        Assert.False(Bench.Alive(pid));
    }

    private static async Task<NatsConnection> ConnectAsync(string url, string? token = null)
    {
        var nats = new NatsConnection(new NatsOpts { Url = url, AuthOpts = new NatsAuthOpts { Token = token } });
        try
        {
            await nats.ConnectAsync();
            return nats;
        }
        catch
        {
            await nats.DisposeAsync();
            throw;
        }
    }

    private static async Task<JsonObject> CallAsync(NatsConnection nats, string subject, JsonObject? body = null)
    {
        NatsMsg<byte[]> reply = await nats.RequestAsync<string, byte[]>("$JS.API." + subject, body?.ToJsonString() ?? "");
        return JsonNode.Parse(reply.Data!)!.AsObject();
    }
}
