using Scout.Machines.Definitions;
using Scout.Machines.Runs;
using Scout.Server.Definitions;
using Scout.Server.Runs;
using Scout.Testing;

namespace Scout.Server.Tests.Runs;

public sealed class FileRunsTests
{
    [Fact]
    public async Task A_look_is_made_elsewhere_and_its_outcome_comes_once()
    {
        using var runs = new FileRuns(TimeProvider.System, (_, _) => new FileLook(true, 1, 2, 3, false, ""));
        RunOutcome outcome = await LookAsync(runs);
        Assert.Equal(("exit", 2L), (outcome.Reason, outcome.File!.Size));
    }

    [Fact]
    public async Task A_look_that_hangs_is_a_failure_after_ten_seconds_and_others_go_on()
    {
        var time = new ManualTime();
        using var hang = new ManualResetEventSlim();
        int looks = 0;
        using var runs = new FileRuns(time, (_, _) =>
        {
            if (Interlocked.Increment(ref looks) == 1) hang.Wait();
            return new FileLook(true, 1, 2, 3, false, "");
        });
        Task<RunOutcome> hung = LookAsync(runs);
        await Wait.UntilAsync(() => Volatile.Read(ref looks) == 1);
        Assert.Equal("exit", (await LookAsync(runs)).Reason);
        time.Advance(FileRuns.Limit);
        RunOutcome outcome = await hung.WaitAsync(TestNode.Patience);
        Assert.Equal(("timeout", false), (outcome.Reason, outcome.File!.Exists));
        hang.Set();
    }

    private static Task<RunOutcome> LookAsync(FileRuns runs)
    {
        const string Yaml = """
            name: f
            version: 1.0.0
            initial_state: A
            transitions: [ { name: go, from: [A], destination: A } ]
            watchers: [ { name: w, type: file, success_transition: go, properties: { path: /etc/hosts } } ]
            """;
        MachineDefinition definition = DefinitionReader.Read("/m/f.yaml", System.Text.Encoding.UTF8.GetBytes(Yaml), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance }).Machines[0];
        var done = new TaskCompletionSource<RunOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        runs.Start(
            new RunRequest
            {
                Id = 1,
                Machine = "f",
                Watcher = "w",
                Kind = RunKind.File,
                Definition = definition,
                WatcherDefinition = definition.Watchers[0],
                Timeout = TimeSpan.FromSeconds(10),
                State = "A",
            },
            done.SetResult);
        return done.Task.WaitAsync(TestNode.Patience);
    }
}
