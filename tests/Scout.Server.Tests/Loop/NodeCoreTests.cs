using System.Text;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Server.Definitions;
using Scout.Server.Foreground;
using Scout.Server.Life;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Runs;
using Scout.Server.Store;
using Scout.Server.Tests.Store;
using Step = Scout.Server.Tests.Store.Step;
using Scout.Server.Tests.Runs;
using Scout.Testing;

namespace Scout.Server.Tests.Loop;

[Trait("fault", "R9")]
public sealed class NodeCoreTests
{
    [Fact]
    public async Task A_run_of_a_machine_that_went_counts_for_nothing_also_when_the_machine_is_back_before_it_ends()
    {
        var time = new ManualTime();
        await using var executor = new FakeExecutor();
        var loop = new NodeLoop(time);
        var host = new MachineHostOptions { Node = "web1", Time = time, NewId = () => EventIds.New(time), Splay = false };
        using var core = new NodeCore(
            new NodeCoreOptions(host, new RunnerOptions { Node = "web1", Slots = 4 }), new MemoryJournal(time, static _ => { }), executor, loop, new NodeCounters(), time);
        core.Start([], Batch("a"));
        loop.Turn();
        FakeRun old = Assert.Single(executor.Started);
        core.Apply(Batch());
        loop.Turn();
        Assert.True(old.Cancelled);
        core.Apply(Batch("a"));
        // The kill came too late: it ends by itself, and badly.
        old.End("bad_exit");
        loop.Turn();
        MachineSample sample = Assert.Single(core.Samples());
        Assert.Null(sample.View.Record.Check?.LastResult);
        Assert.Equal(0, sample.Counters.Results(Machines.CheckStatus.Unknown));
    }

    [Fact]
    public async Task A_remediation_whose_start_cannot_be_written_waits_and_holds_up_no_check_of_its_machine()
    {
        var time = new ManualTime();
        var files = new FaultFiles();
        await using var executor = new FakeExecutor();
        await using NodeStore store = StoreFactory.Open(files, time: time);
        var loop = new NodeLoop(time);
        var host = new MachineHostOptions { Node = "web1", Time = time, NewId = () => EventIds.New(time), Splay = false };
        using var core = new NodeCore(new NodeCoreOptions(host, new RunnerOptions { Node = "web1", Slots = 4 }), new StoreJournal(store), executor, loop, new NodeCounters(), time);
        store.HealthChanged = () => loop.Post(() =>
        {
            if (store.CanCommit) core.Host.Recovered();
        });
        core.Start([], Read("checks: [ { name: a, plugin: /bin/look, interval: 10s, splay: 0, remediate: { command: /bin/mend, when: [CRITICAL], max_runs: 3 } } ]"));
        Turn();
        files.Fault = static (step, _) => step is Step.Write or Step.Create ? new IOException("No space left on device") : null;
        Assert.Single(executor.Started).End(exit: 2);
        Turn();
        Assert.False(store.CanCommit);
        time.Advance(TimeSpan.FromSeconds(10));
        Turn();
        Assert.Equal(["/bin/look", "/bin/look"], Words(executor));
        executor.Started[^1].End(exit: 2);
        Turn();
        files.Fault = null;
        time.Advance(TimeSpan.FromSeconds(2));
        Turn();
        Assert.Equal(["/bin/look", "/bin/look", "/bin/mend"], Words(executor));
        Assert.Single(core.Host.Find("a")!.Record.Watchers.SelectMany(watcher => watcher.Starts));

        void Turn()
        {
            for (int i = 0; i < 4; i++)
            {
                loop.Turn();
                store.Pump();
            }
        }
    }

    private static IEnumerable<string> Words(FakeExecutor executor) => executor.Started.Select(run => run.Request.Words[0]);

    private static DefinitionBatch Read(string yaml) =>
        new([.. DefinitionReader.Read("/m/a.yaml", Encoding.UTF8.GetBytes(yaml), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance }).Machines], new Dictionary<string, string>());

    private static DefinitionBatch Batch(params string[] names)
    {
        string yaml = "checks: [ " + string.Join(", ", names.Select(name => $"{{ name: {name}, plugin: /bin/true, interval: 1h, splay: 0 }}")) + " ]";
        DefinitionFile file = names.Length == 0
            ? new DefinitionFile { Path = "/m/a.yaml", Machines = [], Findings = [] }
            : DefinitionReader.Read("/m/a.yaml", Encoding.UTF8.GetBytes(yaml), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
        return new DefinitionBatch([.. file.Machines], new Dictionary<string, string>());
    }
}
