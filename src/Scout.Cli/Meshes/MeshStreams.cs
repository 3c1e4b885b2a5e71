using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;
using Scout.Protocol.Streams;

namespace Scout.Cli.Meshes;

/// <summary>Reads the documents and events of the mesh with direct gets alone, and trusts none of them blindly.</summary>
internal sealed class MeshStreams(NatsConnection nats)
{
    private readonly NatsJSContext js = new(nats);

    /// <summary>Each document by its key: the broker writes them anew each second, so that a look through the whole bucket would miss some.</summary>
    public async Task<MeshDocuments> DocumentsAsync(Action<string> remark, CancellationToken stop)
    {
        INatsJSStream bucket;
        try
        {
            bucket = await js.GetStreamAsync(StreamCatalog.Mesh, cancellationToken: stop);
        }
        catch (NatsJSApiException failure) when (failure.Error.Code == 404)
        {
            return new MeshDocuments { Bucket = false };
        }

        MeshSummary? summary = null;
        ZoneMatrix? zones = null;
        string? error = null;
        if (await GetAsync(bucket, MeshSummary.Key, remark, stop) is { } page && !MeshSummary.TryRead(page, out summary, out error)) remark($"the document {MeshSummary.Key} was ignored: {error}");
        if (await GetAsync(bucket, ZoneMatrix.Key, remark, stop) is { } matrix && !ZoneMatrix.TryRead(matrix, out zones, out error)) remark($"the document {ZoneMatrix.Key} was ignored: {error}");
        string[] ids = summary is null ? [] : [.. summary.Faults];
        byte[]?[] documents = await Task.WhenAll(ids.Select(id => GetAsync(bucket, "fault." + id, remark, stop)));
        var faults = new List<MeshFault>();
        for (int i = 0; i < ids.Length; i++)
        {
            if (documents[i] is not { } document) continue;
            if (MeshFault.TryRead(document, out MeshFault? fault, out error)) faults.Add(fault);
            else remark($"the document fault.{ids[i]} was ignored: {error}");
        }

        return new MeshDocuments { Bucket = true, Summary = summary, Zones = zones, Faults = faults };
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
                if (MeshFaultEvent.TryRead(message.Subject, Pairs(message.Headers), message.Data, EventDelivery.DirectGet, out MeshFault? fault, out string? error))
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

    private static async Task<byte[]?> GetAsync(INatsJSStream bucket, string key, Action<string> remark, CancellationToken stop)
    {
        try
        {
            NatsMsg<byte[]> message = await bucket.GetDirectAsync<byte[]>(new StreamMsgGetRequest { LastBySubj = Subjects.MeshPrefix + key }, stop);
            if (message.Headers is not { } headers || !StoredHeaders.Fit(Pairs(headers), EventDelivery.DirectGet, StreamCatalog.Mesh, Subjects.MeshPrefix + key))
            {
                remark($"the document {key} was ignored: it was copied here from another stream");
                return null;
            }

            return headers.ContainsKey("KV-Operation") ? null : message.Data;
        }
        catch (NatsJSApiException failure) when (failure.Error.Code == 404)
        {
            return null;
        }
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
