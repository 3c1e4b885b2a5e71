using Scout.Checks.Execution;

namespace Scout.Checks.Tests.Execution;

/// <summary>The table of plugins.md section 3.</summary>
[Collection(nameof(ExecutorCollection))]
[Trait("fault", "R4")]
public sealed class OutcomeTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(0, CheckStatus.Ok, "exit")]
    [InlineData(1, CheckStatus.Warning, "exit")]
    [InlineData(2, CheckStatus.Critical, "exit")]
    [InlineData(3, CheckStatus.Unknown, "exit")]
    [InlineData(4, CheckStatus.Unknown, "bad_exit")]
    [InlineData(126, CheckStatus.Unknown, "bad_exit")]
    [InlineData(127, CheckStatus.Unknown, "bad_exit")]
    [InlineData(255, CheckStatus.Unknown, "bad_exit")]
    public async Task The_exit_code_decides(int code, CheckStatus status, string reason)
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily("exit", $"{code}", "TEXT of it | a=1s");
        Assert.Equal((status, reason, code), (result.Status, result.Reason, result.ExitCode));
        Assert.Equal("TEXT of it", result.Output.Text);
        Assert.Equal(1, Assert.Single(result.Output.PerfData).Value);
        Assert.Equal(reason == "exit", result.Detail.Length == 0);
        Assert.Null(result.Signal);
        Assert.True(result.Pid > 0);
        Assert.True(result.Duration > TimeSpan.Zero && result.CpuTime > TimeSpan.Zero);
        Assert.False(result.Truncated || result.Leftovers);
        Assert.Equal(result.Stdout.Length, result.BytesPrinted);
    }

    [Theory]
    [InlineData("SEGV", "SIGSEGV")]
    [InlineData("KILL", "SIGKILL")]
    [InlineData("PIPE", "SIGPIPE")]
    [InlineData("TERM", "SIGTERM")]
    public async Task A_signal_is_named(string name, string expected)
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily("signal", name);
        Assert.Equal((CheckStatus.Unknown, "signal", expected), (result.Status, result.Reason, result.Signal));
        Assert.Null(result.ExitCode);
        Assert.Contains(expected, result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stderr_is_a_field_of_its_own()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily("err", "no such", "host");
        Assert.Equal(("no such host", "", "no such host\n"), (result.Output.Text, result.Stdout, result.Output.Stderr));
    }

    [Fact]
    public async Task A_hung_plugin_is_a_timeout_that_keeps_its_output()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily(Short, "hang");
        Assert.Equal((CheckStatus.Unknown, "timeout", "SIGTERM"), (result.Status, result.Reason, result.Signal));
        Assert.Equal("HANG started", result.Output.Text);
        Assert.InRange(result.Duration.TotalSeconds, 0.3, 6);
        Assert.Contains("0.3 s", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deaf_plugin_is_killed_a_second_after_its_deadline()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily(Short, "deaf");
        Assert.Equal(("timeout", "SIGKILL"), (result.Reason, result.Signal));
        Assert.InRange(result.Duration.TotalSeconds, 1.3, 8);
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => "its sleep lives on");
    }

    [Fact]
    public async Task What_a_plugin_says_after_term_does_not_make_it_well()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily(Short, "polite");
        Assert.Equal((CheckStatus.Unknown, "timeout", 0), (result.Status, result.Reason, result.ExitCode));
        Assert.Equal("OK after all", result.Output.Text);
    }

    [Fact]
    public async Task A_stopped_plugin_hears_term()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily(Short, "stop");
        Assert.Equal(("timeout", "SIGTERM"), (result.Reason, result.Signal));
        Assert.InRange(result.Duration.TotalSeconds, 0.3, 6);
    }

    [Fact]
    public async Task A_cancelled_run_ends_with_its_group()
    {
        await using var lab = new ExecutorLab();
        Task<PluginResult> result = lab.Run(lab.Request(lab.Nasty, "hang"), out IPluginRun run);
        await ExecutorLab.Eventually(() => lab.Carriers().Count > 0, () => "it never started");
        run.Cancel();
        run.Cancel();
        Assert.Equal("cancelled", (await result).Reason);
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => "it lives on");
    }

    [Fact]
    public async Task Shutdown_lets_quick_ones_end_and_ends_the_others_together()
    {
        var lab = new ExecutorLab(options => options with { ShutdownGrace = TimeSpan.FromMilliseconds(700) });
        Task<PluginResult> quick = lab.Run(lab.Request("/bin/sh", "-c", "sleep 0.2; echo OK"));
        Task<PluginResult>[] slow = [.. Enumerable.Range(0, 5).Select(_ => lab.Nastily("hang"))];
        await ExecutorLab.Eventually(() => lab.Carriers().Count >= 6, () => "they never started");
        await lab.DisposeAsync();
        Assert.Equal("exit", (await quick).Reason);
        foreach (Task<PluginResult> run in slow) Assert.Equal("cancelled", (await run).Reason);
        Assert.Equal("cancelled", (await lab.Run(lab.Request("/bin/true"))).Reason);
        Assert.Equal(0, lab.Executor.Counters.Open);
    }

    [Fact]
    public async Task The_counters_tell_what_happened()
    {
        await using var lab = new ExecutorLab();
        await lab.Nastily("exit", "0");
        await lab.Nastily(Short, "hang");
        await lab.Run(lab.Request("nothing-of-this-name"));
        PluginExecutorCounters counters = lab.Executor.Counters;
        Assert.Equal((3L, 3L, 1L, 1L, 0), (counters.Started, counters.Completed, counters.Timeouts, counters.SpawnFailures, counters.Open));
    }
}
