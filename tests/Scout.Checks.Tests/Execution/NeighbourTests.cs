using System.Diagnostics;
using Scout.Checks.Execution;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Tests.Execution;

/// <summary>Several that have children in one process: nobody takes the status of another's.</summary>
[Collection(nameof(ExecutorCollection))]
public sealed class NeighbourTests
{
    private const int Runs = 250;

    [Fact]
    public async Task Two_executors_and_a_user_of_Process_each_get_their_own_statuses_while_orphans_are_reaped()
    {
        await using var one = new ExecutorLab();
        await using var other = new ExecutorLab();
        await Task.WhenAll(PluginsAsync(one, 1), PluginsAsync(other, 2), Task.Run(ProcessesAsync));
        Assert.Equal((0L, 0L), (one.Executor.Counters.Lost, other.Executor.Counters.Lost));
        await ExecutorLab.Eventually(() => ExecutorLab.Zombies().Count == 0, () => $"zombies: {string.Join(' ', ExecutorLab.Zombies())}");
        Assert.True(one.Executor.Counters.OrphansReaped + other.Executor.Counters.OrphansReaped > 0);
    }

    [Fact]
    public async Task A_child_that_somebody_else_started_and_asks_for_late_is_not_taken_from_him()
    {
        await using var lab = new ExecutorLab();
        int pid = StartBare("exit 5");
        await ExecutorLab.Eventually(() => ExecutorLab.Zombies().Contains(pid), () => "it has not ended");
        // Each end of a plugin is a look for orphans.
        for (int look = 0; look < 20; look++) await lab.Nastily("orphan", "0");
        Assert.Equal(0, new LinuxProcessCalls().Wait(pid, out WaitStatus status));
        Assert.Equal(5, status.ExitCode);
    }

    [Fact]
    public async Task A_child_of_our_group_that_nobody_asks_for_does_not_stay_a_zombie()
    {
        await using var lab = new ExecutorLab(options => options with { StrangersMayWait = TimeSpan.FromMilliseconds(100) });
        int pid = StartBare("exit 0");
        await ExecutorLab.Eventually(() => ExecutorLab.Zombies().Contains(pid) || lab.Executor.Counters.OrphansReaped > 0, () => "it has not ended");
        await lab.Nastily("exit", "0");
        // Orphans of earlier tests may be among the reaped.
        await ExecutorLab.Eventually(() => lab.Executor.Counters.OrphansReaped > 0 && !ExecutorLab.Zombies().Contains(pid), () => $"{lab.Executor.Counters}");
    }

    private static async Task PluginsAsync(ExecutorLab lab, int offset)
    {
        using var slots = new SemaphoreSlim(4);
        var runs = new List<Task>();
        for (int index = 0; index < Runs; index++)
        {
            await slots.WaitAsync();
            runs.Add(OneAsync((index + offset) % 4, index % 10 == 0));
        }

        await Task.WhenAll(runs);

        async Task OneAsync(int code, bool orphan)
        {
            PluginResult result = orphan ? await lab.Nastily("orphan", $"{code}") : await lab.Run(lab.Request("/bin/sh", "-c", $"exit {code}"));
            slots.Release();
            Assert.Equal((code, "exit"), (result.ExitCode, result.Reason));
        }
    }

    private static void ProcessesAsync()
    {
        for (int index = 0; index < 60; index++)
        {
            using Process process = Process.Start("/bin/sh", ["-c", $"exit {index}"]);
            process.WaitForExit();
            Assert.Equal(index, process.ExitCode);
        }
    }

    /// <summary>A child in the group of this process, of which no class of the framework knows.</summary>
    private static unsafe int StartBare(string script)
    {
        using var arena = new NativeArena();
        byte** argv = arena.Pointers(4);
        argv[0] = arena.Text("/bin/sh");
        argv[1] = arena.Text("-c");
        argv[2] = arena.Text(script);
        argv[3] = null;
        byte** environment = arena.Pointers(1);
        environment[0] = null;
        int pid = 0;
        Assert.Equal(0, Libc.posix_spawn(&pid, argv[0], null, null, argv, environment));
        return pid;
    }
}
