using Scout.Checks.Execution;

namespace Scout.Checks.Tests.Execution;

/// <summary>What plugins leave behind (reliability.md R5, R6).</summary>
[Collection(nameof(ExecutorCollection))]
[Trait("fault", "R5")]
[Trait("fault", "R6")]
public sealed class GrandchildrenTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);

    // Long enough for the plugin to have started what it starts, on a busy machine too.
    private static readonly TimeSpan Longer = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task A_background_child_that_holds_stdout_does_not_delay_the_result()
    {
        await using var lab = new ExecutorLab();
        PluginResult[] results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => lab.Nastily("fork", "OK")));
        Assert.All(results, result =>
        {
            Assert.Equal((CheckStatus.Ok, "exit", "OK forked", true), (result.Status, result.Reason, result.Output.Text, result.Leftovers));
            Assert.True(result.Duration < TimeSpan.FromSeconds(10), $"{result.Duration}");
        });
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => "its group lives on");
    }

    [Fact]
    public async Task A_background_child_that_writes_for_ever_does_not_change_the_outcome()
    {
        await using var lab = new ExecutorLab();
        PluginResult[] results = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => lab.Nastily("chatter")));
        Assert.All(results, result =>
        {
            Assert.Equal((CheckStatus.Warning, "exit"), (result.Status, result.Reason));
            Assert.Contains("OK chatter", result.Stdout, StringComparison.Ordinal);
        });
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => "its group lives on");
    }

    [Fact]
    public async Task A_double_fork_dies_with_the_group()
    {
        await using var lab = new ExecutorLab();
        Assert.Equal("OK double", (await lab.Nastily("double")).Output.Text);
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => "it lives on");
    }

    [Fact]
    public async Task A_daemon_survives_a_normal_exit_and_is_counted()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily("daemon", lab.PathOf("pid"));
        Assert.Equal("OK daemon", result.Output.Text);
        int pid = ExecutorLab.PidIn(lab.PathOf("pid"));
        await ExecutorLab.Eventually(() => lab.Executor.Counters.Daemons == 1, () => $"{lab.Executor.Counters}");
        Assert.Equal((1L, 0L), (lab.Executor.Counters.DaemonsKept, lab.Executor.Counters.DaemonsEnded));
        Assert.True(ExecutorLab.Alive(pid));
    }

    [Fact]
    public async Task The_ninth_daemon_of_a_machine_ends_the_oldest()
    {
        await using var lab = new ExecutorLab();
        for (int index = 0; index < 9; index++) await lab.Nastily("daemon", lab.PathOf($"pid{index}"));
        int[] pids = [.. Enumerable.Range(0, 9).Select(index => ExecutorLab.PidIn(lab.PathOf($"pid{index}")))];
        await ExecutorLab.Eventually(() => pids.Count(ExecutorLab.Alive) == 8, () => $"{pids.Count(ExecutorLab.Alive)} are alive");
        await ExecutorLab.Eventually(() => lab.Executor.Counters.Daemons == 8, () => $"{lab.Executor.Counters}");
        Assert.Equal((9L, 1L), (lab.Executor.Counters.DaemonsKept, lab.Executor.Counters.DaemonsEnded));
    }

    [Fact]
    public async Task After_a_timeout_nothing_survives_not_even_a_daemon()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily(Longer, "daemon", lab.PathOf("pid"), "hang");
        Assert.Equal("timeout", result.Reason);
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => $"alive: {string.Join(' ', lab.Carriers())}");
        Assert.False(ExecutorLab.Alive(ExecutorLab.PidIn(lab.PathOf("pid"))));
        await ExecutorLab.Eventually(
            () => lab.Notices.Any(notice => notice.Kind == PluginExecutorNoticeKind.StrayEnded), () => string.Join('\n', lab.Notices));
    }

    [Fact]
    public async Task After_a_timeout_a_daemon_without_environment_ends_too_once_all_runs_of_that_time_are_over()
    {
        await using var lab = new ExecutorLab();
        string gate = lab.Write("gate", "");
        Task<PluginResult> other = lab.Nastily("lock", gate);
        await ExecutorLab.Eventually(() => lab.Carriers().Count > 0, () => "it never started");
        PluginResult result = await lab.Nastily(Longer, "bare", lab.PathOf("pid"), "hang");
        Assert.Equal("timeout", result.Reason);
        int pid = ExecutorLab.PidIn(lab.PathOf("pid"));
        // Another run of that time is still open: it might be that one's.
        for (int look = 0; look < 3; look++) await lab.Nastily("exit", "0");
        Assert.True(ExecutorLab.Alive(pid));
        File.Delete(gate);
        await other;
        await ExecutorLab.Eventually(() => !ExecutorLab.Alive(pid), () => "it lives on");
    }

    [Fact]
    public async Task A_daemon_without_environment_is_left_alone_after_a_normal_exit()
    {
        await using var lab = new ExecutorLab();
        await lab.Nastily("bare", lab.PathOf("pid"));
        int pid = ExecutorLab.PidIn(lab.PathOf("pid"));
        // Its start is known to a hundredth of a second: it must not look as if it were the next run's.
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        await lab.Nastily(Short, "hang");
        await Task.Delay(TimeSpan.FromMilliseconds(1200), TimeProvider.System);
        Assert.True(ExecutorLab.Alive(pid));
        _ = Scout.Checks.Execution.Native.Libc.kill(pid, 9);
    }

    [Fact]
    public async Task What_an_exec_watcher_starts_is_kept_unless_the_run_was_ended()
    {
        await using var lab = new ExecutorLab();
        PluginRequest keep = lab.Request(lab.Nasty, "fork", "OK") with { KeepLeftovers = true };
        PluginResult result = await lab.Run(keep);
        Assert.Equal((CheckStatus.Ok, true), (result.Status, result.Leftovers));
        Assert.NotEmpty(lab.Carriers());
        foreach (int pid in lab.Carriers()) _ = Scout.Checks.Execution.Native.Libc.kill(pid, 9);

        PluginResult ended = await lab.Run(keep with { Words = [lab.Nasty, "daemon", lab.PathOf("pid"), "hang"], Timeout = Longer });
        Assert.Equal("timeout", ended.Reason);
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => "a keeping run that was ended left something");
    }

    [Fact]
    public async Task Orphans_are_reaped_and_every_exit_code_is_right()
    {
        await using var lab = new ExecutorLab();
        await lab.Nastily("exit", "0");
        int descriptors = ExecutorLab.Descriptors();
        using var slots = new SemaphoreSlim(8);
        var zombies = new Dictionary<int, long>();
        var runs = new List<Task>();
        double oldest = 0;
        for (int index = 0; index < 600; index++)
        {
            await slots.WaitAsync();
            int code = index % 4;
            bool orphan = index % 10 == 0;
            runs.Add(One(code, orphan));
            if (index % 25 == 0) oldest = Math.Max(oldest, Sample(zombies));
        }

        await Task.WhenAll(runs);
        await ExecutorLab.Eventually(() => ExecutorLab.Zombies().Count == 0, () => $"zombies: {string.Join(' ', ExecutorLab.Zombies())}");
        await ExecutorLab.Eventually(() => lab.Executor.Counters.OrphansReaped >= 60, () => $"{lab.Executor.Counters}");
        Assert.True(oldest < 5, $"a zombie was {oldest:F2} s old");
        Assert.InRange(ExecutorLab.Descriptors(), descriptors - 3, descriptors + 3);
        Assert.Equal((0L, 0), (lab.Executor.Counters.Lost, lab.Executor.Counters.Open));

        async Task One(int code, bool orphan)
        {
            PluginResult result = orphan
                ? await lab.Nastily("orphan", $"{code}")
                : await lab.Run(lab.Request("/bin/sh", "-c", $"exit {code}"));
            slots.Release();
            Assert.Equal((code, "exit"), (result.ExitCode, result.Reason));
        }
    }

    private static double Sample(Dictionary<int, long> seen)
    {
        List<int> now = ExecutorLab.Zombies();
        foreach (int gone in seen.Keys.Except(now).ToList()) seen.Remove(gone);
        double oldest = 0;
        foreach (int pid in now)
        {
            if (!seen.TryAdd(pid, TimeProvider.System.GetTimestamp())) oldest = Math.Max(oldest, TimeProvider.System.GetElapsedTime(seen[pid]).TotalSeconds);
        }

        return oldest;
    }
}
