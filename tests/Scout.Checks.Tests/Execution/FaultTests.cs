using Scout.Checks.Execution;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Tests.Execution;

/// <summary>What the kernel may refuse, through the seam (reliability.md R4, R6, R8).</summary>
[Collection(nameof(ExecutorCollection))]
[Trait("fault", "R4")]
[Trait("fault", "R6")]
[Trait("fault", "R8")]
public sealed class FaultTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(Errno.E2BIG, "too_long", "E2BIG")]
    [InlineData(Errno.EIO, "io", "EIO")]
    [InlineData(Errno.ESTALE, "io", "ESTALE")]
    [InlineData(Errno.EPERM, "not_permitted", "EPERM")]
    [InlineData(Errno.ENOEXEC, "no_format", "ENOEXEC")]
    [InlineData(22, "other", "EINVAL")]
    [InlineData(99, "other", "errno 99")]
    public async Task A_final_error_is_told_by_cause_and_name_after_one_try(int error, string cause, string name)
    {
        var calls = new FaultCalls { SpawnError = _ => error };
        await using var lab = new ExecutorLab(calls: calls);
        PluginResult result = await lab.Nastily("exit", "0");
        Assert.Equal((CheckStatus.Unknown, "spawn", cause, name, 1), (result.Status, result.Reason, result.Cause, result.Errno, calls.Spawns));
    }

    [Theory]
    [InlineData(Errno.EAGAIN)]
    [InlineData(Errno.ENOMEM)]
    [InlineData(Errno.ENFILE)]
    [InlineData(Errno.EMFILE)]
    public async Task A_shortage_pauses_the_node_and_is_tried_again(int error)
    {
        var calls = new FaultCalls { SpawnError = number => number <= 2 ? error : 0 };
        await using var lab = new ExecutorLab(calls: calls);
        PluginResult result = await lab.Nastily("exit", "0", "OK");
        Assert.Equal((CheckStatus.Ok, 3), (result.Status, calls.Spawns));
        Assert.Equal(2, lab.Executor.Counters.ResourcePauses);
        Assert.Single(lab.Notices, notice => notice.Kind == PluginExecutorNoticeKind.ResourcesShort);
    }

    [Fact]
    public async Task A_shortage_that_outlasts_the_timeout_is_the_result_and_costs_few_tries()
    {
        var calls = new FaultCalls { SpawnError = _ => Errno.EAGAIN };
        await using var lab = new ExecutorLab(calls: calls);
        PluginResult[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => lab.Nastily(TimeSpan.FromSeconds(1), "exit", "0")));
        Assert.All(results, result => Assert.Equal(("spawn", "no_resources"), (result.Reason, result.Cause)));
        Assert.InRange(calls.Spawns, 1, 120);
        calls.SpawnError = _ => 0;
        Assert.Equal(CheckStatus.Ok, (await lab.Nastily("exit", "0")).Status);
    }

    [Fact]
    public async Task Ten_thousand_failures_leak_no_descriptor()
    {
        var calls = new FaultCalls { SpawnError = _ => Errno.EIO };
        await using var lab = new ExecutorLab(calls: calls);
        await lab.Nastily("exit", "0");
        int before = ExecutorLab.Descriptors();
        using var slots = new SemaphoreSlim(64);
        PluginRequest request = lab.Request(lab.Nasty, "exit", "0");
        for (int index = 0; index < 10_000; index++)
        {
            await slots.WaitAsync();
            lab.Executor.Start(request, slots, static (_, state) => ((SemaphoreSlim)state!).Release());
        }

        for (int index = 0; index < 64; index++) await slots.WaitAsync();
        Assert.Equal(before, ExecutorLab.Descriptors());
        Assert.Equal((10_001L, 0), (lab.Executor.Counters.SpawnFailures, lab.Executor.Counters.Open));
    }

    [Fact]
    public async Task A_status_taken_by_somebody_else_is_lost_and_counted()
    {
        var calls = new FaultCalls { LoseStatus = true };
        await using var lab = new ExecutorLab(calls: calls);
        PluginResult result = await lab.Nastily("exit", "0");
        Assert.Equal((CheckStatus.Unknown, "lost", "ECHILD"), (result.Status, result.Reason, result.Errno));
        Assert.Equal(1, lab.Executor.Counters.Lost);
        Assert.Contains(lab.Notices, notice => notice.Kind == PluginExecutorNoticeKind.StatusLost);
    }

    [Fact]
    public async Task Without_descriptors_of_processes_their_end_is_asked_for()
    {
        var calls = new FaultCalls { NoHandles = true };
        await using var lab = new ExecutorLab(calls: calls);
        PluginResult[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(index => lab.Nastily("exit", $"{index % 4}", "TEXT")));
        Assert.Equal(Enumerable.Range(0, 20).Select(index => (int?)(index % 4)), results.Select(result => result.ExitCode));
        Assert.All(results, result => Assert.Equal("TEXT", result.Output.Text));
        Assert.Equal("timeout", (await lab.Nastily(Short, "hang")).Reason);
        Assert.Equal("output_limit", (await lab.Nastily("flood")).Reason);
        await ExecutorLab.Eventually(() => ExecutorLab.Zombies().Count == 0, () => "zombies");
    }

    [Fact]
    public async Task A_process_that_survives_kill_is_stuck_until_it_is_gone()
    {
        var calls = new FaultCalls { DeafKill = true };
        await using var lab = new ExecutorLab(calls: calls);
        PluginResult result = await lab.Nastily(Short, "hang");
        Assert.Equal((CheckStatus.Unknown, "stuck", "S"), (result.Status, result.Reason, result.Cause));
        Assert.InRange(result.Duration.TotalSeconds, 2.3, 10);
        Assert.Equal("HANG started", result.Output.Text);
        Assert.Equal(1, lab.Executor.Counters.StuckNow);
        Assert.DoesNotContain(lab.Notices, notice => notice.Kind == PluginExecutorNoticeKind.StuckEnded);

        _ = Libc.kill(result.Pid!.Value, Signals.Kill);
        await ExecutorLab.Eventually(() => lab.Notices.Any(notice => notice.Kind == PluginExecutorNoticeKind.StuckEnded), () => "nobody was told");
        PluginExecutorNotice notice = lab.Notices.Single(notice => notice.Kind == PluginExecutorNoticeKind.StuckEnded);
        Assert.Equal(("lab", result.Pid.Value), (notice.Owner, notice.Pid));
        Assert.NotNull(notice.State);
        Assert.Equal(0, lab.Executor.Counters.StuckNow);
        calls.DeafKill = false;
    }

    [Fact]
    public async Task A_start_that_never_returns_is_answered_and_others_go_on()
    {
        var calls = new FaultCalls { Hangs = number => number == 1 };
        await using var lab = new ExecutorLab(calls: calls);
        Task<PluginResult> hung = lab.Nastily(Short, "exit", "0");
        await ExecutorLab.Eventually(() => calls.Spawns == 1, () => "no spawn");
        for (int index = 0; index < 20; index++) Assert.Equal(CheckStatus.Ok, (await lab.Nastily("exit", "0")).Status);
        PluginResult result = await hung;
        Assert.Equal((CheckStatus.Unknown, "stuck", "exec"), (result.Status, result.Reason, result.Cause));
        Assert.Contains(lab.Folder, result.Detail, StringComparison.Ordinal);
        PluginExecutorCounters counters = lab.Executor.Counters;
        Assert.Equal((1L, 1, 1), (counters.SpawnersReplaced, counters.SpawnersHung, counters.StuckNow));

        calls.LetGo();
        await ExecutorLab.Eventually(() => lab.Executor.Counters is { SpawnersHung: 0, StuckNow: 0 }, () => $"{lab.Executor.Counters}");
        await ExecutorLab.Eventually(() => lab.Notices.Any(notice => notice.Kind == PluginExecutorNoticeKind.StuckEnded), () => "nobody was told");
        Assert.Equal(CheckStatus.Ok, (await lab.Nastily("exit", "0")).Status);
    }

    [Fact]
    public async Task What_falls_due_together_does_not_wait_behind_a_start_that_hangs()
    {
        var calls = new FaultCalls { Hangs = number => number == 1 };
        await using var lab = new ExecutorLab(calls: calls);
        Task<PluginResult> hung = lab.Nastily(TimeSpan.FromSeconds(20), "exit", "0");
        Task<PluginResult>[] others = [.. Enumerable.Range(0, 6).Select(_ => lab.Nastily("exit", "0"))];
        foreach (PluginResult result in await Task.WhenAll(others).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System)) Assert.Equal(CheckStatus.Ok, result.Status);
        Assert.False(hung.IsCompleted);
        calls.LetGo();
        Assert.Equal(CheckStatus.Ok, (await hung).Status);
    }

    [Fact]
    public async Task Plugins_that_were_started_just_before_a_start_that_hangs_are_watched_all_the_same()
    {
        using var queued = new ManualResetEventSlim();
        // The first start waits until the other two stand behind it; the third then hangs.
        bool Hangs(int number)
        {
            if (number == 1) queued.Wait(TimeSpan.FromSeconds(10));
            return number == 3;
        }

        var calls = new FaultCalls { Hangs = Hangs };
        await using var lab = new ExecutorLab(calls: calls);
        List<Task<PluginResult>> runs = [.. Enumerable.Range(0, 3).Select(_ => lab.Nastily(TimeSpan.FromSeconds(20), "exit", "0"))];
        queued.Set();
        for (int index = 0; index < 2; index++)
        {
            Task<PluginResult> run = await Task.WhenAny(runs).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
            runs.Remove(run);
            Assert.Equal(CheckStatus.Ok, (await run).Status);
        }

        calls.LetGo();
        Assert.Equal(CheckStatus.Ok, (await runs[0]).Status);
    }

    [Fact]
    public async Task After_four_replaced_spawners_their_folder_is_not_touched_any_more()
    {
        var calls = new FaultCalls { Hangs = number => number <= 4 };
        await using var lab = new ExecutorLab(calls: calls);
        Task<PluginResult>[] hung = [.. Enumerable.Range(0, 4).Select(_ => lab.Nastily(Short, "exit", "0"))];
        foreach (Task<PluginResult> run in hung) Assert.Equal("stuck", (await run).Reason);
        Assert.Equal(4, lab.Executor.Counters.SpawnersHung);
        int spawns = calls.Spawns;
        PluginResult result = await lab.Nastily("exit", "0");
        Assert.Equal(("stuck", "exec"), (result.Reason, result.Cause));
        Assert.Equal(spawns, calls.Spawns);
        Assert.Equal(CheckStatus.Ok, (await lab.Run(lab.Request("/bin/true") with { Directory = "/" })).Status);
        calls.LetGo();
        await ExecutorLab.Eventually(() => lab.Executor.Counters.SpawnersHung == 0, () => $"{lab.Executor.Counters}");
        Assert.Equal(CheckStatus.Ok, (await lab.Nastily("exit", "0")).Status);
    }

    [Fact]
    public async Task No_signal_goes_to_a_number_after_its_process_was_reaped()
    {
        var calls = new FaultCalls();
        await using (var lab = new ExecutorLab(calls: calls))
        {
            string[][] modes = [["exit", "0"], ["fork"], ["hang"], ["daemon", lab.PathOf("pid")], ["chatter"], ["orphan"]];
            await Task.WhenAll(Enumerable.Range(0, 60).Select(index => lab.Nastily(Short, modes[index % modes.Length])));
        }

        Assert.Empty(calls.AfterReaping);
    }

    [Fact]
    public async Task Hung_checks_do_not_delay_the_others()
    {
        await using var lab = new ExecutorLab();
        int threads = ExecutorLab.Threads();
        Task<PluginResult>[] hung = [.. Enumerable.Range(0, 20).Select(_ => lab.Nastily(TimeSpan.FromMilliseconds(500), "deaf"))];
        double worst = 0;
        while (!hung[0].IsCompleted)
        {
            long start = TimeProvider.System.GetTimestamp();
            Assert.Equal(CheckStatus.Ok, (await lab.Run(lab.Request("/bin/true"))).Status);
            worst = Math.Max(worst, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        }

        PluginResult[] results = await Task.WhenAll(hung);
        Assert.All(results, result => Assert.Equal(("timeout", "SIGKILL"), (result.Reason, result.Signal)));
        Assert.All(results, result => Assert.InRange(result.Duration.TotalSeconds, 1.4, 10));
        Assert.True(worst < 3, $"a healthy check took {worst:F2} s");
        Assert.InRange(ExecutorLab.Threads(), 0, threads + 6);
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => "some live on");
    }

    [Fact]
    public async Task A_callback_that_throws_is_counted_and_harms_nobody()
    {
        await using var lab = new ExecutorLab();
        lab.Executor.Start(lab.Request("/bin/true"), null, (_, _) => throw new InvalidOperationException("bad callback"));
        Assert.Equal(CheckStatus.Ok, (await lab.Nastily("exit", "0")).Status);
        await ExecutorLab.Eventually(() => lab.Notices.Any(notice => notice.Kind == PluginExecutorNoticeKind.CallbackFailed), () => "nobody was told");
    }

    [Fact]
    public async Task A_new_server_ends_what_a_crashed_one_left_but_not_what_was_kept()
    {
        var first = new ExecutorLab();
        PluginRequest request = first.Request(first.Nasty, "daemon", first.PathOf("pid"));
        request = request with { Environment = [.. request.Environment, new("SCOUT_NODE", "crashed-node")] };
        await first.Run(request);
        await first.Run(request with { Words = [first.Nasty, "daemon", first.PathOf("kept")], KeepLeftovers = true });
        int stray = ExecutorLab.PidIn(first.PathOf("pid"));
        int kept = ExecutorLab.PidIn(first.PathOf("kept"));
        await first.Executor.DisposeAsync();
        Assert.True(ExecutorLab.Alive(stray) && ExecutorLab.Alive(kept));
        await using (new ExecutorLab(options => options with { Node = "crashed-node", EndOldRuns = true, Instance = "another" }))
        {
            await ExecutorLab.Eventually(() => !ExecutorLab.Alive(stray), () => "the old one lives on");
            Assert.True(ExecutorLab.Alive(kept));
        }

        await first.DisposeAsync();
    }
}
