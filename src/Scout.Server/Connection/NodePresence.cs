using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Scout.Machines.Hosting;
using Scout.Machines.Timing;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Roster;
using Scout.Server.Configuration;
using Scout.Server.Life;
using Scout.Server.Logging;
using Scout.Server.Rpc;
using Scout.Server.Store;

namespace Scout.Server.Connection;

/// <summary>
/// What says that the node is there: its roster entry, <c>alive</c> every 5 min and after each connect, the repeated states (nats.md sections 12 and 14).
/// Timers post to the loop; what is sent is sent off it.
/// </summary>
internal sealed class NodePresence(BrokerParts parts, NatsConnection connection, Random random, ILogger log) : IDisposable
{
    private const int AliveSeconds = 300;

    private static readonly TimeSpan RosterRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RosterQuiet = TimeSpan.FromSeconds(1);

    private readonly EventWriter writer = new();
    private readonly SemaphoreSlim rosterGate = new(1);
    private ITimer? aliveTimer;
    private ITimer? rosterTimer;
    private ITimer? stateTimer;
    private volatile bool stopped;

    private ServerOptions Options => parts.Options;

    public void Start()
    {
        aliveTimer = parts.Time.CreateTimer(_ => Beat(), null, NextAlive(), Timeout.InfiniteTimeSpan);
        rosterTimer = parts.Time.CreateTimer(_ => _ = WriteRosterAsync(null), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        stateTimer = parts.Time.CreateTimer(_ => RepeatStates(), null, UntilRepeat(parts.Time.GetUtcNow()), Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        stopped = true;
        aliveTimer?.Dispose();
        rosterTimer?.Dispose();
        stateTimer?.Dispose();
        rosterGate.Dispose();
        writer.Dispose();
    }

    /// <summary>The line is up: say so at once.</summary>
    public void Connected()
    {
        parts.Loop.Post(SayAlive);
        rosterTimer?.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>There are more or fewer machines; told when it has been quiet for a second.</summary>
    public void RosterChanged() => rosterTimer?.Change(RosterQuiet, Timeout.InfiniteTimeSpan);

    /// <summary>Something that others wait for.</summary>
    public void RosterNow() => rosterTimer?.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    /// <summary>Something that may wait a little, so that a fleet to which the same happened does not speak at once.</summary>
    public void RosterWithin(TimeSpan most)
    {
        TimeSpan wait;
        lock (random) wait = most * random.NextDouble();
        rosterTimer?.Change(wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>On the loop.</summary>
    public void SayAlive()
    {
        if (stopped || connection.ConnectionState != NatsConnectionState.Open) return;
        StoreStatistics figures = parts.Store.Statistics();
        var states = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        int machines = 0;
        foreach (MachineView view in parts.Core.Host.Views())
        {
            if (view.Deleted) continue;
            machines++;
            string state = NodeStates.Shown(view.State);
            states[state] = states.GetValueOrDefault(state) + 1;
        }

        var alive = new ScoutEvent
        {
            Id = parts.NewId(),
            Node = Options.Node,
            Machine = Names.NodeItself,
            Type = EventTypes.Alive,
            Time = parts.Time.GetUtcNow(),
            Data = new AliveData
            {
                Version = Product.Version,
                Started = parts.StartedAt,
                UptimeS = (long)parts.Time.GetElapsedTime(parts.StartedTicks).TotalSeconds,
                Machines = machines,
                States = states.ToImmutable(),
                Sequence = figures.Sequence == 0 ? null : parts.Core.Sink.LastSequence.ToString(),
                Outbox = new OutboxDepth((int)Math.Min(int.MaxValue, figures.OutboxEvents), figures.OutboxBytes),
                Dropped = figures.Dropped.Sum(),
                Degraded = !parts.Store.CanCommit,
                DegradedReason = parts.Store.DegradedReason,
            },
        };
        byte[] bytes = writer.Write(alive).ToArray();
        _ = SendAsync(alive, bytes);
    }

    /// <summary>The last word in the roster: when the node stopped.</summary>
    public async Task LeaveAsync()
    {
        rosterTimer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            await WriteRosterAsync(parts.Time.GetUtcNow()).WaitAsync(TimeSpan.FromSeconds(2), parts.Time);
        }
        catch (TimeoutException)
        {
            // Whoever reads the roster sees no alive any more.
        }
    }

    /// <summary>Until the next moment at which this node repeats its states: a place in the interval that its name decides.</summary>
    internal static TimeSpan UntilRepeat(DateTimeOffset now, string node, TimeSpan interval)
    {
        long place = Placement.Of(node, "_node", "state").PlaceMilliseconds((long)interval.TotalMilliseconds);
        long length = (long)interval.TotalMilliseconds;
        long into = (((now.ToUnixTimeMilliseconds() - place) % length) + length) % length;
        return TimeSpan.FromMilliseconds(length - into);
    }

    private TimeSpan UntilRepeat(DateTimeOffset now) => UntilRepeat(now, Options.Node, Options.Events.StateInterval);

    private TimeSpan NextAlive()
    {
        lock (random) return TimeSpan.FromSeconds(AliveSeconds * (0.9 + (0.2 * random.NextDouble())));
    }

    private void Beat()
    {
        if (stopped) return;
        parts.Loop.Post(SayAlive);
        aliveTimer?.Change(NextAlive(), Timeout.InfiniteTimeSpan);
    }

    private void RepeatStates()
    {
        if (stopped) return;
        parts.Loop.Post(() => parts.Core.Host.Repeat(parts.Names().ToArray()));
        // A little behind the grid point, so that rounding does not fire twice.
        stateTimer?.Change(UntilRepeat(parts.Time.GetUtcNow() + TimeSpan.FromMilliseconds(5)), Timeout.InfiniteTimeSpan);
    }

    private async Task SendAsync(ScoutEvent alive, byte[] bytes)
    {
        try
        {
            var headers = new NatsHeaders { ["Content-Type"] = "application/cloudevents+json", ["Nats-Msg-Id"] = alive.Id.ToString() };
            await connection.PublishAsync(alive.Subject, (ReadOnlyMemory<byte>)bytes, headers);
        }
        catch (NatsException)
        {
            // Not spooled: the next one tells more.
        }
    }

    private async Task WriteRosterAsync(DateTimeOffset? stoppedAt)
    {
        if (stopped || connection.ConnectionState != NatsConnectionState.Open) return;
        await rosterGate.WaitAsync();
        try
        {
            int machines = await parts.Loop.AskAsync(() => parts.Core.Host.Views().Count(view => !view.Deleted)).WaitAsync(TimeSpan.FromSeconds(10), parts.Time);
            var entry = new RosterEntry
            {
                Node = Options.Node,
                Key = parts.Key(),
                Version = Product.Version,
                Os = OperatingSystem.IsLinux() ? "linux" : "other",
                Arch = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
                Mode = Options.Mode == ServerMode.Dev ? "dev" : "secure",
                Zone = Options.Zone.Length == 0 ? null : Options.Zone,
                Region = Options.Region.Length == 0 ? null : Options.Region,
                Labels = Options.Labels.Count == 0 ? null : Options.Labels,
                Groups = Options.Groups.IsEmpty ? null : Options.Groups,
                Machines = machines,
                Started = parts.StartedAt,
                AliveS = AliveSeconds,
                Mesh = parts.Mesh(),
                Trust = parts.Trust()?.Serial,
                Stopped = stoppedAt,
            };
            INatsKVStore roster = new NatsKVContext(new NatsJSContext(connection)).GetStoreHandle(Subjects.RosterBucket);
            await roster.PutAsync(Options.Node, (ReadOnlyMemory<byte>)entry.ToBytes());
        }
        catch (Exception error) when (error is NatsException or TimeoutException or ObjectDisposedException or OperationCanceledException)
        {
            if (stopped) return;
            LogMessages.RosterFailed(log, error.Message);
            if (stoppedAt is null) rosterTimer?.Change(RosterRetry, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            if (!stopped) rosterGate.Release();
        }
    }
}
