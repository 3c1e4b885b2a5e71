using System.Buffers.Binary;
using System.Security.Cryptography;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Service;

/// <summary>
/// The fleet's telemetry, localised by the one who listens (mesh.md 8, <c>--live</c>): no broker's service is needed, nothing is written, no witness is asked. Slow
/// paths and full-size packets show after some reports, losses at once.
/// </summary>
/// <param name="nats">A line that may hear <c>scout.mesh.&gt;</c> and read the roster.</param>
/// <param name="time">The clock.</param>
public sealed class LiveMesh(NatsConnection nats, TimeProvider time)
{
    private const int LookMs = 50;

    private readonly FleetWatch watch = new(new FleetWatchOptions { Broker = "live", Telling = 200 }, BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    private readonly long origin = time.GetTimestamp();

    /// <summary>Listens until stopped; tells ten times a second what changed.</summary>
    /// <param name="seen">Gets the faults that changed, and, once a second, the whole; else null.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="NatsException">The line broke, or may not hear this.</exception>
    public async Task RunAsync(Action<IReadOnlyList<FaultChange>, LivePage?> seen, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var inputs = new MeshInputs(nats, time);
        await inputs.StartAsync(ending.Token);
        Task roster = inputs.FollowRosterAsync(ending.Token);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(LookMs), time);
        long looks = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(ending.Token))
            {
                if (roster.IsFaulted) await roster;
                long now = (long)time.GetElapsedTime(origin).TotalMilliseconds;
                DateTimeOffset wall = time.GetUtcNow();
                inputs.Drain(watch, now, wall);
                if (++looks % (FleetWatch.EvaluateMs / LookMs) != 0) continue;
                long begin = time.GetTimestamp();
                IReadOnlyList<FaultChange> changes = watch.Evaluate(now, wall);
                bool whole = looks % (1000 / LookMs) == 0;
                seen(changes, whole ? new LivePage(FleetPages.Summary(watch, now, wall, time.GetElapsedTime(begin)), watch.OpenFaults(now, wall)) : null);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await roster.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }
}

/// <summary>The fleet at a moment.</summary>
/// <param name="Summary">As the broker writes it.</param>
/// <param name="Faults">Open ones, the gravest first.</param>
public sealed record LivePage(MeshSummary Summary, IReadOnlyList<MeshFault> Faults);
