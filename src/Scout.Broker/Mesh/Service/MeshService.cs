using Microsoft.Extensions.Logging;
using Scout.Broker.Cluster;
using Scout.Broker.Mesh.Localisation;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Service;

/// <summary>
/// The broker's part in the mesh (mesh.md 7): hears telemetry, looks each 100 ms who is to blame, and, while it holds the lease, tells the fleet. Every broker
/// looks; one publishes.
/// </summary>
/// <param name="watch">Outlives the line, so that faults keep their ids when nats-server is started again.</param>
/// <param name="figures">Gets what metrics show.</param>
/// <param name="places">Writes where nodes stand and who is silent, while this broker holds the lease; null: nobody does.</param>
internal sealed class MeshService(FleetWatch watch, MeshFiguresBoard figures, Func<Guid> newId, ILogger log, TimeProvider time, PlaceWriter? places = null)
{
    private const int LookMs = 50;
    private const int LooksAnEvaluation = FleetWatch.EvaluateMs / LookMs;
    private const int EvaluationsASummary = 10;
    private const int EvaluationsASilence = 10;
    private const int EvaluationsAMatrix = 50;
    private const int EvaluationsARefresh = 100;

    /// <summary>Evaluations after which documents of an earlier broker are swept away.</summary>
    private const int EvaluationsToSweep = 150;

    private readonly long origin = time.GetTimestamp();
    private long evaluations;
    private bool wasHeld;

    /// <summary>Runs on a line until stopped; the line may break and come back.</summary>
    public async Task RunAsync(NatsConnection nats, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var inputs = new MeshInputs(nats, time);
        await inputs.StartAsync(ending.Token);
        var publisher = new FaultPublisher(nats, watch.Options.Broker, newId, log);
        var lease = new MeshLeaseKeeper(publisher.Bucket, watch.Options.Broker, time);
        var witnesses = new WitnessCaller(nats, newId, time);
        Task[] others =
        [
            RepeatedAsync("the roster", () => inputs.FollowRosterAsync(ending.Token), ending.Token),
            RepeatedAsync("faults", () => publisher.RunAsync(ending.Token), ending.Token),
            RepeatedAsync("the lease", () => KeepLeaseAsync(lease, ending.Token), ending.Token),
            places is null ? Task.CompletedTask : RepeatedAsync("places", () => places.RunAsync(nats, () => lease.Held, ending.Token), ending.Token),
        ];
        try
        {
            // A broker must live with whatever its mesh part runs into: it keeps nats-server.
            await RepeatedAsync("the localiser", () => LookAsync(inputs, publisher, lease, witnesses, ending.Token), ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(others);
            await LetGoAsync(lease);
        }
    }

    private async Task LookAsync(MeshInputs inputs, FaultPublisher publisher, MeshLeaseKeeper lease, WitnessCaller witnesses, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(LookMs), time);
        long looks = 0;
        long sweepAt = evaluations + EvaluationsToSweep;
        while (await timer.WaitForNextTickAsync(stop))
        {
            long now = (long)time.GetElapsedTime(origin).TotalMilliseconds;
            DateTimeOffset wall = time.GetUtcNow();
            inputs.Drain(watch, now, wall);
            if (++looks % LooksAnEvaluation != 0) continue;
            witnesses.Drain(watch);
            long begin = time.GetTimestamp();
            IReadOnlyList<FaultChange> changes = watch.Evaluate(now, wall);
            TimeSpan took = time.GetElapsedTime(begin);
            evaluations++;
            foreach (FaultChange change in changes) Say(change);
            bool held = lease.Held;
            if (held)
            {
                foreach (WitnessAsk ask in watch.TakeAsks(now)) witnesses.Ask(ask, stop);
                Publish(publisher, changes, now, wall, took, all: !wasHeld);
                if (evaluations == sweepAt) _ = RepeatedAsync("old faults", () => publisher.SweepAsync(new HashSet<string>(watch.Faults.Open.Select(static one => one.Id), StringComparer.Ordinal), stop), stop);
            }

            if (held && !wasHeld) BrokerLog.LeaseTaken(log);
            if (!held && wasHeld) BrokerLog.LeaseLost(log);
            wasHeld = held;
            if (evaluations % EvaluationsASilence == 0) places?.Hear(watch.Silence(now));
            if (evaluations % EvaluationsASummary == 0) figures.Show(FleetPages.Figures(watch, now, took, held, inputs.Dropped));
        }
    }

    private void Publish(FaultPublisher publisher, IReadOnlyList<FaultChange> changes, long now, DateTimeOffset wall, TimeSpan took, bool all)
    {
        foreach (FaultChange change in changes) publisher.Tell(change);
        bool refresh = all || evaluations % EvaluationsARefresh == 0;
        if (refresh || changes.Count > 0)
        {
            HashSet<string> changed = [.. changes.Select(static change => change.Fault.Id)];
            foreach (OpenFault fault in watch.Faults.Open)
            {
                if (refresh || changed.Contains(fault.Id)) publisher.Write(Protocol.Subjects.MeshFaultKey(fault.Id), watch.Judge.Describe(fault, step: null, now, wall).ToBytes());
            }
        }

        if (all || evaluations % EvaluationsASummary == 0) publisher.Write(MeshSummary.Key, FleetPages.Summary(watch, now, wall, took).ToBytes());
        if (all || evaluations % EvaluationsAMatrix == 0) publisher.Write(ZoneMatrix.Key, FleetPages.Matrix(watch, now, wall).ToBytes());
    }

    private void Say(FaultChange change)
    {
        MeshFault fault = change.Fault;
        string loss = fault.Loss.ToString("P1", System.Globalization.CultureInfo.InvariantCulture);
        switch (change.Step)
        {
            case FaultStep.Confirmed:
                BrokerLog.FaultConfirmed(log, fault.Id, fault.Text, loss, fault.Evidence.FailingPaths, fault.Evidence.Paths);
                break;
            case FaultStep.Cleared when fault.Confirmed is not null:
                BrokerLog.FaultCleared(log, fault.Id, fault.Text);
                break;
            case FaultStep.Changed:
                BrokerLog.FaultChanged(log, fault.Id, fault.Text, loss);
                break;
            default:
                BrokerLog.FaultSuspected(log, fault.Id, fault.Text, loss);
                break;
        }
    }

    private async Task KeepLeaseAsync(MeshLeaseKeeper lease, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await lease.BeatAsync(stop);
            }
            catch (NatsException failure)
            {
                BrokerLog.MeshTrouble(log, "the lease", failure.Message);
            }

            await Task.Delay(TimeSpan.FromSeconds(MeshLease.RenewSeconds), time, stop);
        }
    }

    private async Task LetGoAsync(MeshLeaseKeeper lease)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
        try
        {
            await lease.ReleaseAsync(limit.Token);
        }
        catch (Exception failure) when (failure is NatsException or OperationCanceledException or ObjectDisposedException)
        {
            // Then it is lost by time.
        }
    }

    /// <summary>What fails is said, and begun again after a while, until we stop.</summary>
    private async Task RepeatedAsync(string what, Func<Task> work, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await work();
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                BrokerLog.MeshTrouble(log, what, failure.Message);
            }

            try
            {
                await Task.Delay(TimeSpan.FromSeconds(2), time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
