using System.Net;
using System.Net.Sockets;
using System.Text;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Names;
using Scout.Machines.Definitions;
using Scout.Machines.Runs;
using Scout.Server.Definitions;
using Scout.Server.Runs;
using Scout.Testing;

namespace Scout.Server.Tests.Runs;

/// <summary>A look of the node itself has one outcome, whatever it does.</summary>
public sealed class ProbeRunsTests
{
    private readonly ManualTime time = new();
    private readonly List<RunOutcome> outcomes = [];

    [Fact]
    public async Task A_probe_of_a_definition_is_run()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        ProbeRuns runs = Runs(TimeProvider.System);
        (ProbeOptions, ProbeResult)? heard = null;
        runs.Heard = (probe, result) => heard = (probe, result);
        Start(runs, Request($"tcp: {{ host: 127.0.0.1, port: {((IPEndPoint)listener.LocalEndpoint).Port}, critical: 9s }}"));
        RunOutcome outcome = await OutcomeAsync();

        Assert.Equal((Machines.CheckStatus.Ok, "ok", 7L), (outcome.Status, outcome.Reason, outcome.Id));
        Assert.Equal(["time", "connect"], outcome.Output.PerfData.Select(item => item.Label));
        Assert.Contains(new KeyValuePair<string, string>("address", "127.0.0.1"), outcome.Facts);
        Assert.True(outcome.Duration > TimeSpan.Zero);
        Assert.Equal(("tcp", Checks.CheckStatus.Ok), (heard?.Item1.Kind, heard?.Item2.Status));
    }

    [Fact]
    public async Task A_look_that_throws_is_unknown()
    {
        Start(With((_, _, _, _) => throw new InvalidOperationException("no idea")), Request("tcp: { host: a, port: 1 }"));
        RunOutcome outcome = await OutcomeAsync();

        Assert.Equal((Machines.CheckStatus.Unknown, "local", "InvalidOperationException: no idea"), (outcome.Status, outcome.Reason, outcome.Output.Text));
    }

    [Fact]
    public async Task A_look_that_never_ends_is_given_up_and_its_late_end_is_no_second_outcome()
    {
        var late = new TaskCompletionSource<ProbeResult>();
        var begun = new TaskCompletionSource();
        Start(
            With((_, _, _, _) =>
            {
                begun.SetResult();
                return new ValueTask<ProbeResult>(late.Task);
            }), Request("tcp: { host: a, port: 1 }"));
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(outcomes);
        time.Advance(ProbeRuns.Grace);
        late.SetResult(new ProbeResult { Status = Checks.CheckStatus.Ok, Reason = ProbeReason.Ok, Summary = "late" });

        Assert.Equal("local", Assert.Single(outcomes).Reason);
    }

    [Fact]
    public async Task A_cancelled_look_ends_as_cancelled()
    {
        var begun = new TaskCompletionSource();
        Checks.IPluginRun run = Start(
            With(async (_, _, _, cancel) =>
            {
                begun.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
                return null!;
            }), Request("tcp: { host: a, port: 1 }"));
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10));
        run.Cancel();

        Assert.Equal("cancelled", (await OutcomeAsync()).Reason);
    }

    private Checks.IPluginRun Start(ProbeRuns runs, RunRequest request) => runs.Start(request, outcome =>
    {
        lock (outcomes) outcomes.Add(outcome);
    });

    private async Task<RunOutcome> OutcomeAsync()
    {
        await Wait.UntilAsync(() =>
        {
            lock (outcomes) return outcomes.Count == 1;
        });
        return outcomes[0];
    }

    private static ProbeRuns Runs(TimeProvider time) => new(new ProbeContext { Time = time, Names = new SystemNameLookup() });

    private ProbeRuns With(NativeLook look)
    {
        ProbeRuns runs = Runs(time);
        runs.Register("tcp", look);
        return runs;
    }

    private static RunRequest Request(string subject)
    {
        DefinitionFile file = DefinitionReader.Read(
            "/m/x.yaml", Encoding.UTF8.GetBytes($"checks: [ {{ name: a, {subject} }} ]"), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
        MachineDefinition definition = file.Machines[0];
        return new RunRequest
        {
            Id = 7,
            Machine = "a",
            Watcher = "check",
            Kind = RunKind.Probe,
            Definition = definition,
            WatcherDefinition = definition.Check!,
            Timeout = definition.Check!.Timeout,
            State = "OK",
        };
    }
}
