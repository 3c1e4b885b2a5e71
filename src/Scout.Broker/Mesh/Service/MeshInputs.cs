using System.Threading.Channels;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;

namespace Scout.Broker.Mesh.Service;

/// <summary>What comes from the line, for one <see cref="FleetWatch"/>: roster and places in order, telemetry and lifecycle as they arrive.</summary>
internal sealed class MeshInputs(NatsConnection nats, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Messages that wait for the next look, 50 ms away: those of 10,000 nodes whose losses come all at once.</summary>
    private const int Room = 16_384;

    private readonly Channel<RosterWord> roster = Channel.CreateBounded<RosterWord>(1024);
    private INatsSub<byte[]>? losses;
    private INatsSub<byte[]>? reports;
    private INatsSub<byte[]>? lives;

    /// <summary>Telemetry dropped because it came faster than it was read.</summary>
    public long Dropped => (losses?.Dropped ?? 0) + (reports?.Dropped ?? 0) + (lives?.Dropped ?? 0);

    public async Task StartAsync(CancellationToken stop)
    {
        var opts = new NatsSubOpts { ChannelCapacity = Room };
        losses = await nats.SubscribeCoreAsync<byte[]>(Subjects.AllMeshLoss, opts: opts, cancellationToken: stop);
        reports = await nats.SubscribeCoreAsync<byte[]>(Subjects.AllMeshReports, opts: opts, cancellationToken: stop);
        lives = await nats.SubscribeCoreAsync<byte[]>(Subjects.AllLifecycle, opts: opts, cancellationToken: stop);
    }

    /// <summary>Follows the roster until stopped.</summary>
    public Task FollowRosterAsync(CancellationToken stop) => new RosterFeed(nats, time).FollowAsync(roster.Writer, stop);

    /// <summary>Gives the watch what has come since the last call.</summary>
    public void Drain(FleetWatch watch, long now, DateTimeOffset wall)
    {
        while (roster.Reader.TryRead(out RosterWord? word)) word.Tell(watch, now);
        if (nats.ConnectionState != NatsConnectionState.Open) watch.Deaf(now);
        if (losses is null || reports is null || lives is null) return;
        while (lives.Msgs.TryRead(out NatsMsg<byte[]> message))
        {
            if (!Subjects.TryParseLifecycle(message.Subject, out LifecycleSubject life)) watch.Counters.Malformed++;
            else if (life.Kind == LifecycleKind.Shutdown) continue;
            else if (IsWord(message)) watch.Alive(life.Node, now);
            else watch.Counters.Malformed++;
        }

        while (losses.Msgs.TryRead(out NatsMsg<byte[]> message))
        {
            if (IsLive(message) && Subjects.TryParseMesh(message.Subject, out MeshSubject subject) && MeshLossMessage.TryRead(subject.Node, message.Data ?? [], out MeshLossMessage? read, out _)) watch.Loss(read, now, wall);
            else watch.Counters.Malformed++;
        }

        while (reports.Msgs.TryRead(out NatsMsg<byte[]> message))
        {
            if (IsLive(message) && Subjects.TryParseMesh(message.Subject, out MeshSubject subject) && MeshReport.TryRead(subject.Node, message.Data ?? [], out MeshReport? read, out _)) watch.Report(read, now);
            else watch.Counters.Malformed++;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (losses is not null) await losses.DisposeAsync();
        if (reports is not null) await reports.DisposeAsync();
        if (lives is not null) await lives.DisposeAsync();
    }

    /// <summary>
    /// Whether it is an event of the node of its subject; what is steered there is not (security.md 6, trap 3). Each is judged alone: that a start is told twice is no harm.
    /// </summary>
    private static bool IsWord(NatsMsg<byte[]> message)
    {
        if (message.Headers is not { } headers) return false;
        KeyValuePair<string, string>[] each = [.. headers.EachValue()];
        return new EventReaderRules(maxLanes: 1).Judge(message.Subject, each, message.Data ?? [], EventDelivery.Live, out _, out _) == EventVerdict.Accepted;
    }

    /// <summary>False for a stored message that a node steered onto the subject of another (security.md 6, trap 3).</summary>
    private static bool IsLive(NatsMsg<byte[]> message) => message.Headers is not { } headers || StoredHeaders.IsLive(headers.Keys);
}
