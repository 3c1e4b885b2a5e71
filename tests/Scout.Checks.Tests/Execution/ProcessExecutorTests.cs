using Scout.Checks.Execution;
using Scout.Testing;

namespace Scout.Checks.Tests.Execution;

/// <summary>
/// The contract against the portable executor (plugins.md section 10). What it may fail is listed in its documentation, and not asked here: signal names,
/// resource usage, group kill, orphans.
/// </summary>
[Collection(nameof(ExecutorCollection))]
public sealed class ProcessExecutorTests : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly ProcessExecutor executor = new(new PluginExecutorOptions { ShutdownGrace = TimeSpan.FromMilliseconds(100) });
    private readonly string nasty;

    public ProcessExecutorTests()
    {
        nasty = folder.File("nasty");
        File.Copy(Path.Combine(Repository.Root, "tests/plugins/nasty"), nasty);
        ExecutorLab.Mode(nasty, "755");
    }

    [Theory]
    [InlineData(0, CheckStatus.Ok, "exit")]
    [InlineData(2, CheckStatus.Critical, "exit")]
    [InlineData(9, CheckStatus.Unknown, "bad_exit")]
    public async Task The_exit_code_decides(int code, CheckStatus status, string reason)
    {
        PluginResult result = await Run(nasty, "exit", $"{code}", "TEXT | a=1s");
        Assert.Equal((status, reason, code, "TEXT"), (result.Status, result.Reason, result.ExitCode, result.Output.Text));
        Assert.Single(result.Output.PerfData);
    }

    [Fact]
    public async Task Arguments_environment_and_folder_are_those_of_the_request()
    {
        Assert.Equal("<a b><$x><>", (await Run(nasty, "args", "a b", "$x", "")).Stdout);
        string environment = (await Run("/usr/bin/env")).Stdout;
        Assert.DoesNotContain("DOTNET", environment, StringComparison.Ordinal);
        Assert.Contains("SCOUT_RUN=", environment, StringComparison.Ordinal);
        Assert.Contains("A=1", environment, StringComparison.Ordinal);
        Assert.Equal(folder.Path, (await Run("/bin/pwd")).Output.Text);
    }

    [Theory]
    [InlineData("hang")]
    [InlineData("deaf")]
    [InlineData("polite")]
    public async Task A_deadline_holds(string mode)
    {
        PluginResult result = await Run(TimeSpan.FromMilliseconds(300), nasty, mode);
        Assert.Equal((CheckStatus.Unknown, "timeout"), (result.Status, result.Reason));
        Assert.InRange(result.Duration.TotalSeconds, 0.3, 10);
    }

    [Fact]
    public async Task A_flood_is_ended_and_kept_within_its_cap()
    {
        PluginResult result = await Run(nasty, "flood");
        Assert.Equal(("output_limit", 65536, true), (result.Reason, result.Stdout.Length, result.Truncated));
    }

    [Fact]
    public async Task A_background_child_that_holds_stdout_does_not_delay_the_result()
    {
        PluginResult result = await Run(nasty, "fork", "OK", "20");
        Assert.Equal((CheckStatus.Ok, "OK forked"), (result.Status, result.Output.Text));
        Assert.True(result.Duration < TimeSpan.FromSeconds(10), $"{result.Duration}");
    }

    [Fact]
    public async Task What_cannot_start_says_why()
    {
        Assert.Equal("not_found", (await Run("no-such-program")).Cause);
        Assert.Equal("bad_command", (await Run("/bin/true", "\0")).Reason);
        string open = folder.Write("open", "#!/bin/sh\n");
        ExecutorLab.Mode(open, "777");
        Assert.Equal("refused", (await Run(open)).Reason);
    }

    [Fact]
    public async Task A_cancelled_run_ends()
    {
        var done = new TaskCompletionSource<PluginResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        IPluginRun run = executor.Start(Request(TimeSpan.FromSeconds(20), nasty, "hang"), null, (result, _) => done.SetResult(result));
        run.Cancel();
        Assert.Equal("cancelled", (await done.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System)).Reason);
    }

    [Fact]
    public async Task The_choice_follows_the_system_and_the_setting()
    {
        await using IPluginExecutor portable = PluginExecutors.Create(new PluginExecutorOptions(), process: true);
        Assert.IsType<ProcessExecutor>(portable);
        await using IPluginExecutor chosen = PluginExecutors.Create(new PluginExecutorOptions());
        Assert.Equal(OperatingSystem.IsLinux(), chosen is PluginExecutor);
    }

    public async ValueTask DisposeAsync()
    {
        await executor.DisposeAsync();
        folder.Dispose();
    }

    private Task<PluginResult> Run(params string[] words) => Run(TimeSpan.FromSeconds(20), words);

    private Task<PluginResult> Run(TimeSpan timeout, params string[] words)
    {
        var done = new TaskCompletionSource<PluginResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        executor.Start(Request(timeout, words), null, (result, _) => done.SetResult(result));
        return done.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    private PluginRequest Request(TimeSpan timeout, params string[] words) => new()
    {
        Words = words,
        Directory = folder.Path,
        Environment = [new("PATH", PluginExecutorOptions.SystemPath), new("A", "1")],
        Timeout = timeout,
    };
}
