using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Streams;

namespace Scout.Broker.Cluster;

/// <summary>
/// Writes <c>NODE.place</c> into the roster's bucket, on change only, while this broker holds the lease: what the cluster says of a node, and that it is silent. Whoever comes to the lease reads
/// first what is there. A node without a pod is said to be leaving, as one that is deleted, and its place is taken out an hour later; a place that says nothing is taken out at once.
/// </summary>
/// <param name="cluster">Null: there is none.</param>
internal sealed class PlaceWriter(ClusterWatch? cluster, TimeProvider time, ILogger log)
{
    /// <summary>As long as a silent node stays in the mesh.</summary>
    public static readonly TimeSpan ForgetAfter = TimeSpan.FromHours(1);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, long> goneAt = new(StringComparer.Ordinal);
    private readonly Channel<bool> news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile FleetSilence? silence;

    /// <summary>Who is silent now.</summary>
    public void Hear(FleetSilence now)
    {
        if (now.Equals(silence)) return;
        silence = now;
        news.Writer.TryWrite(true);
    }

    /// <summary>Runs on a line until stopped; begin anew after a failure.</summary>
    /// <param name="nats">A line with the rights of role broker.</param>
    /// <param name="held">Whether this broker is the one that writes.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="NatsException">A place could not be read or written.</exception>
    public async Task RunAsync(NatsConnection nats, Func<bool> held, CancellationToken stop)
    {
        INatsKVStore bucket = new NatsKVContext(new NatsJSContext(nats)).GetStoreHandle(Subjects.RosterBucket);
        Dictionary<string, NodePlace>? written = null;
        while (true)
        {
            if (!held())
            {
                written = null;
            }
            else if (cluster?.Look() is var wanted && silence is var quiet && (wanted is not null || quiet is not null))
            {
                written ??= await ReadAsync(nats, stop);
                if (wanted is not null) await WriteAsync(bucket, wanted, written, held, stop);
                if (quiet is not null) await WriteAsync(bucket, quiet, written, held, stop);
            }

            await PauseAsync(stop);
        }
    }

    private async Task WriteAsync(INatsKVStore bucket, SortedDictionary<string, NodePlace> wanted, Dictionary<string, NodePlace> written, Func<bool> held, CancellationToken stop)
    {
        int changes = 0;
        foreach ((string node, NodePlace place) in wanted)
        {
            goneAt.Remove(node);
            written.TryGetValue(node, out NodePlace? before);
            NodePlace next = place with { Maintenance = before?.Maintenance, Silent = before?.Silent };
            if (next == before) continue;
            if (!held()) return;
            await bucket.PutAsync(Subjects.PlaceName(node), next.ToBytes(), stop);
            written[node] = next;
            changes++;
        }

        foreach (string node in written.Where(one => !wanted.ContainsKey(one.Key) && one.Value.IsOfCluster).Select(static one => one.Key).ToArray())
        {
            if (!held()) return;
            // No pod at all is a wrong selector as likely as the end of all servers: nobody is expected then, and nobody is sent out of the mesh.
            NodePlace left = written[node] with { Pod = null, Deleting = wanted.Count > 0 ? true : null };
            if (left.IsEmpty)
            {
                await ForgetAsync(bucket, node, written, stop);
                continue;
            }

            if (written[node] != left)
            {
                await bucket.PutAsync(Subjects.PlaceName(node), left.ToBytes(), stop);
                written[node] = left;
                changes++;
            }

            if (!goneAt.TryGetValue(node, out long since)) goneAt[node] = time.GetTimestamp();
            else if (time.GetElapsedTime(since) >= ForgetAfter) await ForgetAsync(bucket, node, written, stop);
        }

        if (changes > 0) BrokerLog.PlacesWritten(log, changes, wanted.Count);
    }

    private async Task WriteAsync(INatsKVStore bucket, FleetSilence quiet, Dictionary<string, NodePlace> written, Func<bool> held, CancellationToken stop)
    {
        foreach (string node in quiet.Silent.Concat(written.Where(static one => one.Value.Silent is not null).Select(static one => one.Key)).Distinct().ToArray())
        {
            NodePlace before = written.GetValueOrDefault(node) ?? new NodePlace();
            NodePlace next = before with { Silent = quiet.Of(node, before.Silent) };
            if (next == before) continue;
            if (!held()) return;
            if (next.IsEmpty)
            {
                await bucket.DeleteAsync(Subjects.PlaceName(node), cancellationToken: stop);
                written.Remove(node);
            }
            else
            {
                await bucket.PutAsync(Subjects.PlaceName(node), next.ToBytes(), stop);
                written[node] = next;
            }

            if (next.Silent == true) BrokerLog.NodeSilent(log, node);
            else BrokerLog.NodeSpeaks(log, node);
        }
    }

    private async Task ForgetAsync(INatsKVStore bucket, string node, Dictionary<string, NodePlace> written, CancellationToken stop)
    {
        await bucket.DeleteAsync(Subjects.PlaceName(node), cancellationToken: stop);
        written.Remove(node);
        goneAt.Remove(node);
    }

    /// <summary>What the bucket has, by direct gets: the role of the broker has no consumers. What somebody steered there does not count, and is written over.</summary>
    private static async Task<Dictionary<string, NodePlace>> ReadAsync(NatsConnection nats, CancellationToken stop)
    {
        var places = new Dictionary<string, NodePlace>(StringComparer.Ordinal);
        INatsJSStream stream = new NatsJSContext(nats).GetStreamHandle(StreamCatalog.Roster);
        await foreach (NatsJSStreamMsg<byte[]> message in stream.ReadRangeAsync<byte[]>(new NatsJSReadRangeOpts(), stop))
        {
            if (!Subjects.TryParsePlace(message.Subject, out string? node)) continue;
            places.Remove(node);
            if (RosterWord.Read(message.Subject, message.Data ?? [], [.. message.Headers.EachValue()]) is { Place: { } place }) places[node] = place;
        }

        return places;
    }

    private async Task PauseAsync(CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task placed = cluster?.News.WaitToReadAsync(over.Token).AsTask() ?? Task.Delay(Timeout.InfiniteTimeSpan, time, over.Token);
        await Task.WhenAny(placed, news.Reader.WaitToReadAsync(over.Token).AsTask(), Task.Delay(Look, time, over.Token));
        await over.CancelAsync();
        cluster?.News.TryRead(out _);
        news.Reader.TryRead(out _);
        stop.ThrowIfCancellationRequested();
    }
}
