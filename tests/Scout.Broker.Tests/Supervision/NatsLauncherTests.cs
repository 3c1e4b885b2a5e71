using Scout.Broker.Supervision;
using Scout.Testing.Processes;

namespace Scout.Broker.Tests.Supervision;

[Trait("attack", "32")]
public sealed class NatsLauncherTests
{
    [Fact]
    public void Other_arguments_are_not_the_launchers()
    {
        Assert.Null(NatsLauncher.TryRun([]));
        Assert.Null(NatsLauncher.TryRun(["broker", "run", "--dev"]));
    }

    [Fact]
    public async Task Somebody_who_types_the_hidden_argument_is_told_so()
    {
        await using ChildProcess process = ChildProcess.Start(Bench.HostPath, [NatsLauncher.Argument]);
        Assert.Equal(2, await process.ExitAsync());
        Assert.Contains("scout broker run", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whose_parent_is_another_process_starts_nothing()
    {
        using var folder = new TempFolder();
        await using ChildProcess process = ChildProcess.Start(Bench.HostPath, [NatsLauncher.Argument, "1", folder.File("lock"), "/usr/bin/touch", folder.File("ran")]);
        Assert.Equal(NatsLauncher.ExitFailed, await process.ExitAsync());
        Assert.False(File.Exists(folder.File("ran")));
        Assert.False(File.Exists(folder.File("lock")));
    }

    [Fact]
    public async Task What_cannot_be_executed_is_named()
    {
        using var folder = new TempFolder();
        await using ChildProcess process = ChildProcess.Start(Bench.HostPath, [NatsLauncher.Argument, $"{Environment.ProcessId}", folder.File("lock"), folder.File("nowhere")]);
        Assert.Equal(NatsLauncher.ExitFailed, await process.ExitAsync());
        Assert.Contains("nowhere", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_held_lock_ends_it_and_the_lock_is_free_again_when_its_holder_ends()
    {
        using var folder = new TempFolder();
        string path = folder.File("lock");
        await using ChildProcess holder = ChildProcess.Start(Bench.HostPath, [NatsLauncher.Argument, $"{Environment.ProcessId}", path, "/usr/bin/sleep", "30"]);
        await Until.TrueAsync("held", () => File.Exists(path) && StoreLock.Probe(path) is { Server: > 0 });
        Assert.Equal(new StoreHolder(holder.Id, Orphaned: false), StoreLock.Probe(path));
        await using ChildProcess second = ChildProcess.Start(Bench.HostPath, [NatsLauncher.Argument, $"{Environment.ProcessId}", path, "/usr/bin/touch", folder.File("ran")]);
        Assert.Equal(NatsLauncher.ExitLocked, await second.ExitAsync());
        Assert.False(File.Exists(folder.File("ran")));
        await holder.KillAsync();
        Assert.Null(StoreLock.Probe(path));
    }
}
