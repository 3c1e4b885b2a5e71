using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Streams;

namespace Scout.Cli.Meshes;

/// <summary>Reads the documents and events of the mesh with direct gets alone, and trusts none of them blindly.</summary>
internal sealed class MeshStreams(NatsConnection nats)
{
    private readonly NatsJSContext js = new(nats);

    public async Task<MeshDocuments> DocumentsAsync(Action<string> remark, CancellationToken stop)
    {
        MeshSummary? summary = null;
        ZoneMatrix? zones = null;
        var faults = new SortedDictionary<string, MeshFault>(StringComparer.Ordinal);
        try
        {
            // With a filter: the summary is written each second, so that what is stored lies far apart.
            INatsJSStream bucket = await js.GetStreamAsync(StreamCatalog.Mesh, cancellationToken: stop);
            await foreach (NatsJSStreamMsg<byte[]> message in bucket.ReadRangeAsync<byte[]>(new NatsJSReadRangeOpts { Filter = Subjects.MeshPrefix + ">" }, stop))
            {
                if (!message.Subject.StartsWith(Subjects.MeshPrefix, StringComparison.Ordinal)) continue;
                string key = message.Subject[Subjects.MeshPrefix.Length..];
                string? error = null;
                if (message.Headers.ContainsKey("KV-Operation")) faults.Remove(key);
                else if (key == MeshSummary.Key) MeshSummary.TryRead(message.Data, out summary, out error);
                else if (key == ZoneMatrix.Key) ZoneMatrix.TryRead(message.Data, out zones, out error);
                else if (key.StartsWith("fault.", StringComparison.Ordinal) && MeshFault.TryRead(message.Data, out MeshFault? fault, out error)) faults[key] = fault;
                if (error is not null) remark($"the document {key} was ignored: {error}");
            }
        }
        catch (NatsJSApiException failure) when (failure.Error.Code == 404)
        {
            return new MeshDocuments { Bucket = false };
        }

        return new MeshDocuments { Bucket = true, Summary = summary, Zones = zones, Faults = [.. faults.Values] };
    }

    public async Task<IReadOnlyList<MeshFault>> FaultsAsync(Action<string> remark, CancellationToken stop)
    {
        var last = new Dictionary<string, MeshFault>(StringComparer.Ordinal);
        int ignored = 0;
        string why = "";
        try
        {
            INatsJSStream faults = await js.GetStreamAsync(StreamCatalog.Faults, cancellationToken: stop);
            await foreach (NatsJSStreamMsg<byte[]> message in faults.ReadRangeAsync<byte[]>(cancellationToken: stop))
            {
                if (MeshFaultEvent.TryRead(message.Subject, Pairs(message.Headers), message.Data, 1, out MeshFault? fault, out string? error))
                {
                    last[fault.Id] = fault;
                }
                else
                {
                    ignored++;
                    why = error;
                }
            }
        }
        catch (NatsJSApiException failure) when (failure.Error.Code == 404)
        {
            // No stream, no faults.
        }

        if (ignored > 0) remark($"{ignored} stored messages were ignored; the last one because {why}");
        return [.. last.Values.OrderBy(fault => fault.Since)];
    }

    private static List<KeyValuePair<string, string>> Pairs(NatsHeaders headers)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach ((string name, NatsHeaderValues values) in headers)
        {
            foreach (string value in values) pairs.Add(new KeyValuePair<string, string>(name, value));
        }

        return pairs;
    }
}
