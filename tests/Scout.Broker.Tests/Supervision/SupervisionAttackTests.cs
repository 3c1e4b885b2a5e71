using System.Diagnostics;
using System.Globalization;
using Scout.Broker.Supervision;

namespace Scout.Broker.Tests.Supervision;

/// <summary>What row 34 of security.md section 15 has beside the back-off (<see cref="CrashPolicyTests"/>): a reused pid, a flooded log.</summary>
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
    public async Task A_server_that_floods_its_log_is_never_held_up_and_the_rest_is_counted()
    {
        const long flood = 64L << 20;
        using Process server = Process.Start(new ProcessStartInfo("sh", ["-c", $"yes '[1] 2026/11/21 09:00:00.000000 [INF] flood' 2>/dev/null | head -c {flood}"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        long taken = 0;
        long begin = TimeProvider.System.GetTimestamp();
        var drain = new LineDrain(server.StandardOutput.BaseStream, _ => taken++);
        await drain.RunAsync(TimeProvider.System).WaitAsync(TimeSpan.FromSeconds(60));
        await server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, server.ExitCode);
        long seconds = (long)TimeProvider.System.GetElapsedTime(begin).TotalSeconds + 2;
        Assert.InRange(taken, 1, LineDrain.MaxPerSecond * seconds);
        Assert.Equal((flood + 42) / 43, taken + drain.Dropped);
    }
}
