using System.Diagnostics;
using System.Globalization;
using Scout.Broker.Supervision;
using Scout.Nats;

namespace Scout.Broker.Tests.Supervision;

/// <summary>Row 34 of security.md section 15 on real servers: killed twenty times, a pid that is a stranger's, a flooded log. The back-off itself is <see cref="CrashPolicyTests"/>.</summary>
[Trait("attack", "34")]
public sealed class SupervisionAttackTests
{
    [Fact]
    public async Task A_stranger_that_bears_the_pid_of_an_earlier_server_is_not_touched()
    {
        await using var bench = new Bench();
        using Process stranger = Process.Start(new ProcessStartInfo("sleep", ["300"]) { UseShellExecute = false })!;
        try
        {
            string run = Path.Combine(bench.Options.Data, "run");
            Directory.CreateDirectory(bench.Options.Data, (UnixFileMode)0b111_000_000);
            Directory.CreateDirectory(run, (UnixFileMode)0b111_000_000);
            string pid = stranger.Id.ToString(CultureInfo.InvariantCulture);
            File.WriteAllText(Path.Combine(run, "nats.pid"), pid);
            File.WriteAllText(Path.Combine(run, $"nats-server_{pid}.ports"), "{\"nats\":[\"nats://127.0.0.1:1\"],\"monitoring\":[\"http://127.0.0.1:1\"]}");
            string store = Path.Combine(bench.Options.Data, "jetstream");
            Directory.CreateDirectory(store, (UnixFileMode)0b111_000_000);
            File.WriteAllText(Path.Combine(store, ".scout.lock"), $"{pid} {Environment.ProcessId}\n");
            await bench.StartAsync();
            Assert.NotEqual(stranger.Id, bench.ServerPid);
            Assert.Equal(0, (await bench.StopAsync()).Code);
            Assert.True(Bench.Alive(stranger.Id));
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task Killed_twenty_times_it_comes_back_each_time_with_the_back_off_that_fits()
    {
        var time = new ManualTime();
        using var stop = new CancellationTokenSource();
        Task clock = GoOnAsync(time, stop.Token);
        try
        {
            await using var bench = new Bench { Time = time };
            await bench.StartAsync();
            for (int kill = 1; kill <= 20; kill++)
            {
                int before = bench.ServerPid;
                Process.GetProcessById(before).Kill();
                await Until.TrueAsync("its end is noticed", () => Ends(bench) == kill, TimeSpan.FromSeconds(60), () => bench.Log.Text);
                // Not a moment earlier, and then at once.
                Assert.Equal(kill, bench.Log.Count(5003));
                time.Advance(Wait(kill) + TimeSpan.FromSeconds(1));
                await Until.TrueAsync("it is back", () => bench.Log.Count(5003) == kill + 1, TimeSpan.FromSeconds(60), () => bench.Log.Text);
                Assert.NotEqual(before, bench.ServerPid);
                Assert.False(Bench.Alive(before));
                // A minute of health, and the waits begin anew.
                if (kill == 10) await HealthyAsync(time);
            }

            Assert.Equal(["00:00:00.5000000", "00:00:01", "00:00:02", "00:00:04", "00:00:00.5000000", "00:00:01", "00:00:02", "00:00:04"], bench.Log.Lines(5007).Select(line => line[(line.LastIndexOf(' ') + 1)..]));
            Assert.Equal(12, bench.Log.Count(5008));
        }
        finally
        {
            await stop.CancelAsync();
            await clock;
        }
    }

    [Fact]
    public async Task A_server_whose_log_is_flooded_is_never_held_up_and_the_rest_is_counted()
    {
        long flood = Environment.GetEnvironmentVariable("SCOUT_LANE") == "extended" ? 1L << 30 : 128L << 20;
        await using var bench = new Bench();
        string done = bench.File("flooded");
        string fake = bench.File("nats-server");
        // The real one, and beside it a flood into its log: on the very pipe that it writes to itself.
        File.WriteAllText(fake, $"""
            #!/bin/sh
            case " $* " in *" -t "*|*version*|*" -v "*) exec {NatsServerProcess.Executables[0]} "$@";; esac
            (/usr/bin/yes '[1] 2026/11/21 09:00:00.000000 [INF] flood' 2>/dev/null | /usr/bin/head -c {flood} >&2; echo done >{done}) &
            exec {NatsServerProcess.Executables[0]} "$@"
            """.ReplaceLineEndings("\n") + "\n");
        File.SetUnixFileMode(fake, (UnixFileMode)0b111_000_000);
        bench.Options = bench.Options with { NatsServer = fake, Http = $"127.0.0.1:{Bench.FreePort()}" };
        await bench.StartAsync();
        await using (var nats = new NatsConnection(new NatsOpts { Url = bench.Url }))
        {
            await nats.ConnectAsync();
            // It answers while its log is flooded.
            while (!File.Exists(done)) await nats.PingAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            await nats.PingAsync();
        }

        using var client = new HttpClient();
        long lines = (flood + 42) / 43;
        await Until.TrueAsync("every line is taken or counted", async () =>
        {
            string page = await client.GetStringAsync(new Uri($"http://{bench.Options.Http}/metrics"));
            string row = page.Split('\n').Single(line => line.StartsWith("scout_broker_log_dropped_total ", StringComparison.Ordinal));
            long dropped = long.Parse(row[(row.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
            return dropped + bench.Log.Text.Split("flood").Length - 1 >= lines;
        }, TimeSpan.FromSeconds(60), () => $"{lines} lines, {bench.Log.Text.Split("flood").Length - 1} taken");
        Assert.Equal(0, (await bench.StopAsync()).Code);
    }

    private static int Ends(Bench bench) => bench.Log.Count(5007) + bench.Log.Count(5008);

    // 0.5, 1, 2, 4 s, then five minutes; the tenth is followed by a minute of health.
    private static TimeSpan Wait(int kill)
    {
        int nth = kill > 10 ? kill - 10 : kill;
        return nth < CrashPolicy.Limit ? CrashPolicy.First * Math.Pow(2, nth - 1) : CrashPolicy.Window;
    }

    // As real time goes on, and not faster: servers start in real time.
    private static async Task GoOnAsync(ManualTime time, CancellationToken stop)
    {
        long last = TimeProvider.System.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
            long now = TimeProvider.System.GetTimestamp();
            time.Advance(TimeProvider.System.GetElapsedTime(last, now));
            last = now;
        }
    }

    // In small steps, so that what is asked meanwhile is answered.
    private static async Task HealthyAsync(ManualTime time)
    {
        for (int second = 0; second < 65; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
