using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Streams;

namespace Scout.Broker.Mesh.Service;

/// <summary>
/// Writes what the fleet may read: fault events to their stream, documents to the bucket. One thing after the other and beside the evaluation, which waits for
/// nobody; of documents only the newest is written.
/// </summary>
internal sealed class FaultPublisher(NatsConnection nats, string broker, Func<Guid> newId, ILogger log)
{
    private const int MaxEvents = 1024;
    private const string FaultPrefix = "fault.";

    private readonly Lock gate = new();
    private readonly Channel<MeshFault> events = Channel.CreateBounded<MeshFault>(new BoundedChannelOptions(MaxEvents) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Dictionary<string, byte[]?> documents = new(StringComparer.Ordinal);
    private readonly Channel<bool> work = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly NatsJSContext stream = new(nats);
    private readonly NatsHeaders headers = new() { ["Content-Type"] = "application/cloudevents+json" };

    public INatsKVStore Bucket { get; } = new NatsKVContext(new NatsJSContext(nats)).GetStoreHandle(Subjects.MeshBucket);

    public long Published { get; private set; }

    public long Failed { get; private set; }

    public void Tell(FaultChange change)
    {
        events.Writer.TryWrite(change.Fault);
        if (change.Fault.State == MeshFaultState.Cleared) Write(Subjects.MeshFaultKey(change.Fault.Id), null);
        else work.Writer.TryWrite(true);
    }

    /// <summary>Null deletes.</summary>
    public void Write(string key, byte[]? document)
    {
        lock (gate) documents[key] = document;
        work.Writer.TryWrite(true);
    }

    /// <summary>Deletes documents of faults that nobody knows any more: an earlier broker's.</summary>
    public async Task SweepAsync(IReadOnlySet<string> known, CancellationToken stop)
    {
        // By direct gets: the role of the broker has no consumers.
        const string prefix = Subjects.MeshPrefix + FaultPrefix;
        List<string> there = [];
        var range = new NatsJSReadRangeOpts { Filter = prefix + "*" };
        await foreach (NatsJSStreamMsg<byte[]> message in stream.GetStreamHandle(StreamCatalog.Mesh).ReadRangeAsync<byte[]>(range, stop))
        {
            if (!message.Headers.ContainsKey("KV-Operation")) there.Add(message.Subject[prefix.Length..]);
        }

        foreach (string id in there.Where(id => !known.Contains(id))) await Bucket.DeleteAsync(FaultPrefix + id, cancellationToken: stop);
    }

    public async Task RunAsync(CancellationToken stop)
    {
        await foreach (bool _ in work.Reader.ReadAllAsync(stop))
        {
            while (events.Reader.TryRead(out MeshFault? fault)) await PublishAsync(fault, stop);
            while (Next() is { } document) await WriteAsync(document.Key, document.Value, stop);
        }
    }

    private KeyValuePair<string, byte[]?>? Next()
    {
        lock (gate)
        {
            if (documents.Count == 0) return null;
            KeyValuePair<string, byte[]?> first = documents.First();
            documents.Remove(first.Key);
            return first;
        }
    }

    private async Task PublishAsync(MeshFault fault, CancellationToken stop)
    {
        Guid id = newId();
        try
        {
            PubAckResponse ack = await stream.PublishAsync(
                Subjects.MeshFault(fault.Id), MeshFaultEvent.Write(id, broker, fault), new NatsJSPubOpts { MsgId = id.ToString(), ExpectedStream = StreamCatalog.Faults }, headers, stop);
            ack.EnsureSuccess();
            Published++;
        }
        catch (NatsException failure)
        {
            Failed++;
            BrokerLog.FaultUntold(log, fault.Id, failure.Message);
        }
    }

    private async Task WriteAsync(string key, byte[]? document, CancellationToken stop)
    {
        try
        {
            if (document is null) await Bucket.DeleteAsync(key, cancellationToken: stop);
            else await Bucket.PutAsync(key, document, stop);
        }
        catch (NatsException failure)
        {
            Failed++;
            BrokerLog.DocumentUnwritten(log, key, failure.Message);
        }
    }
}
