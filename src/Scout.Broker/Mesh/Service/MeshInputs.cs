using System.Threading.Channels;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;

namespace Scout.Broker.Mesh.Service;

/// <summary>What comes from the line, for one <see cref="FleetWatch"/>: roster and places in order, telemetry as it arrives.</summary>
internal sealed class MeshInputs(NatsConnection nats) : IAsyncDisposable
{
    /// <summary>Messages that wait for the next look, 50 ms away: those of 10,000 nodes whose losses come all at once.</summary>
    private const int Room = 16_384;

    private readonly Channel<NatsKVEntry<byte[]>> roster = Channel.CreateBounded<NatsKVEntry<byte[]>>(1024);
    private INatsSub<byte[]>? losses;
    private INatsSub<byte[]>? reports;

    /// <summary>Telemetry dropped because it came faster than it was read.</summary>
    public long Dropped => (losses?.Dropped ?? 0) + (reports?.Dropped ?? 0);

    public async Task StartAsync(CancellationToken stop)
    {
        var opts = new NatsSubOpts { ChannelCapacity = Room };
        losses = await nats.SubscribeCoreAsync<byte[]>(Subjects.AllMeshLoss, opts: opts, cancellationToken: stop);
        reports = await nats.SubscribeCoreAsync<byte[]>(Subjects.AllMeshReports, opts: opts, cancellationToken: stop);
    }

    /// <summary>Follows the roster until stopped.</summary>
    public async Task FollowRosterAsync(CancellationToken stop)
    {
        INatsKVStore bucket = new NatsKVContext(new NatsJSContext(nats)).GetStoreHandle(Subjects.RosterBucket);
        await foreach (NatsKVEntry<byte[]> entry in bucket.WatchAsync<byte[]>(cancellationToken: stop)) await roster.Writer.WriteAsync(entry, stop);
    }

    /// <summary>Gives the watch what has come since the last call.</summary>
    public void Drain(FleetWatch watch, long now, DateTimeOffset wall)
    {
        while (roster.Reader.TryRead(out NatsKVEntry<byte[]> entry)) Roster(watch, entry, now);
        if (losses is null || reports is null) return;
        while (losses.Msgs.TryRead(out NatsMsg<byte[]> message))
        {
            if (Subjects.TryParseMesh(message.Subject, out MeshSubject subject) && MeshLossMessage.TryRead(subject.Node, message.Data ?? [], out MeshLossMessage? read, out _)) watch.Loss(read, now, wall);
            else watch.Counters.Malformed++;
        }

        while (reports.Msgs.TryRead(out NatsMsg<byte[]> message))
        {
            if (Subjects.TryParseMesh(message.Subject, out MeshSubject subject) && MeshReport.TryRead(subject.Node, message.Data ?? [], out MeshReport? read, out _)) watch.Report(read, now);
            else watch.Counters.Malformed++;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (losses is not null) await losses.DisposeAsync();
        if (reports is not null) await reports.DisposeAsync();
    }

    private static void Roster(FleetWatch watch, NatsKVEntry<byte[]> entry, long now)
    {
        const string place = ".place";
        int streamHeaders = entry.Headers?.Where(static header => header.Key.Equals("Nats-Stream", StringComparison.OrdinalIgnoreCase)).Sum(static header => header.Value.Count) ?? 0;
        bool gone = entry.Operation != NatsKVOperation.Put;
        if (entry.Key.EndsWith(place, StringComparison.Ordinal))
        {
            string of = entry.Key[..^place.Length];
            if (gone) watch.Place(of, null, now);
            else if (streamHeaders == 0 && NodePlace.TryRead(entry.Value ?? [], out NodePlace? read, out _)) watch.Place(of, read, now);
            return;
        }

        if (gone) watch.Roster(entry.Key, "", MeshNodeState.Gone, 0, now);
        else if (RosterEntry.TryRead(entry.Key, entry.Value ?? [], streamHeaders, 0, out RosterEntry? node, out _)) watch.Roster(node, now);
    }
}
