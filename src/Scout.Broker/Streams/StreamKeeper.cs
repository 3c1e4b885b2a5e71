using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Scout.Broker.Supervision;
using Scout.Protocol.Streams;

namespace Scout.Broker.Streams;

/// <summary>How a stream stands.</summary>
internal sealed record StreamReport(string Name, bool Exists, IReadOnlyList<StreamDifference> Differences, long LastSequence, long SourceLag, string? Error)
{
    public bool Good => Exists && Differences.Count == 0 && Error is null;
}

/// <summary>
/// Makes the streams of Scout, compares what it got with what it asked, puts right what can be, and reports the rest (nats.md 9 and 11).
/// </summary>
/// <param name="api">To the server.</param>
/// <param name="version">Which fields it knows.</param>
/// <param name="lastSequences">Outlives the keeper, so that a stream that has gone back is noticed over a restart of the server too.</param>
/// <param name="log">For people.</param>
internal sealed class StreamKeeper(JetStreamApi api, NatsServerVersion version, Dictionary<string, long> lastSequences, ILogger log)
{
    /// <summary>As they are wanted.</summary>
    public IReadOnlyList<StreamDefinition> Streams { get; init; } = StreamCatalog.All;

    /// <summary>Looks at every stream; with <paramref name="mend"/> makes and changes what is not as it should be.</summary>
    /// <exception cref="NatsException">No answer.</exception>
    /// <exception cref="JsonException">No JSON.</exception>
    public async Task<IReadOnlyList<StreamReport>> LookAsync(bool mend, CancellationToken cancellation)
    {
        List<StreamReport> reports = [];
        foreach (StreamDefinition stream in Streams) reports.Add(await LookAsync(stream, mend, cancellation));
        return reports;
    }

    private async Task<StreamReport> LookAsync(StreamDefinition stream, bool mend, CancellationToken cancellation)
    {
        JsonObject wanted = StreamConfigJson.Write(stream, version.Major, version.Minor);
        JsonObject answer = await api.CallAsync("STREAM.INFO." + stream.Name, null, cancellation);
        if (JetStreamApi.Error(answer) is { } error)
        {
            if (error.ErrorCode != JetStreamApi.StreamNotFound || !mend) return Missing(stream, error.ErrorCode == JetStreamApi.StreamNotFound ? null : error.Description);
            answer = await api.CallAsync("STREAM.CREATE." + stream.Name, (JsonObject)wanted.DeepClone(), cancellation);
            if (JetStreamApi.Error(answer) is { } refused) return Missing(stream, refused.Description);
            BrokerLog.StreamMade(log, stream.Name);
        }

        IReadOnlyList<StreamDifference> differences = Compare(wanted, answer);
        if (mend && differences.Any(static one => StreamConfigJson.IsEditable(one.Field)))
        {
            (answer, differences) = await MendAsync(stream, wanted, answer, differences, cancellation);
        }

        if (mend)
        {
            foreach (StreamDifference one in differences) BrokerLog.StreamDifferent(log, stream.Name, one.Field, one.Got, one.Wanted);
        }

        long last = Number(answer["state"] is JsonObject state ? state["last_seq"] : null);
        if (lastSequences.TryGetValue(stream.Name, out long before) && last < before) BrokerLog.StreamWentBack(log, stream.Name, before, last);
        lastSequences[stream.Name] = last;
        return new StreamReport(stream.Name, Exists: true, differences, last, Lag(answer), Error: null);
    }

    private async Task<(JsonObject Answer, IReadOnlyList<StreamDifference> Differences)> MendAsync(
        StreamDefinition stream, JsonObject wanted, JsonObject answer, IReadOnlyList<StreamDifference> before, CancellationToken cancellation)
    {
        JsonObject updated = await api.CallAsync("STREAM.UPDATE." + stream.Name, StreamConfigJson.Merge(wanted, Config(answer)), cancellation);
        // A refused update (a deny_ that cannot be taken back, say) leaves the stream as it is: it is reported, field by field.
        if (JetStreamApi.Error(updated) is not null) return (answer, before);
        IReadOnlyList<StreamDifference> after = Compare(wanted, updated);
        foreach (StreamDifference one in before)
        {
            if (after.All(other => other.Field != one.Field)) BrokerLog.StreamMended(log, stream.Name, one.Field, one.Got, one.Wanted);
        }

        return (updated, after);
    }

    private static IReadOnlyList<StreamDifference> Compare(JsonObject wanted, JsonObject answer) => StreamConfigJson.Compare(wanted, Config(answer));

    private static JsonObject Config(JsonObject answer) => answer["config"] as JsonObject ?? throw new JsonException("JetStream answered without the configuration");

    private static StreamReport Missing(StreamDefinition stream, string? error) => new(stream.Name, Exists: false, [], 0, 0, error);

    private static long Lag(JsonObject answer) =>
        answer["sources"] is JsonArray { Count: > 0 } sources && sources[0] is JsonObject source ? Number(source["lag"]) : 0;

    private static long Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out long number) ? number : 0;
}
