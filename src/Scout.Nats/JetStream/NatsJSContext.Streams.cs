using System.Runtime.CompilerServices;
using System.Text.Json;
using Scout.Nats.JetStream;
using Scout.Nats.Protocol;

namespace Scout.Nats;

public sealed partial class NatsJSContext
{
    private const int MaxPages = 1000;

    /// <summary>Creates a stream. Creating the same one again is fine.</summary>
    /// <exception cref="NatsJSConfigMismatchException">The server made something else of it: it may not know a field.</exception>
    public ValueTask<INatsJSStream> CreateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default) =>
        ChangeStreamAsync("CREATE", config, cancellationToken);

    /// <summary>Changes what can be changed of a stream.</summary>
    /// <exception cref="NatsJSConfigMismatchException">The server made something else of it: it may not know a field.</exception>
    public ValueTask<INatsJSStream> UpdateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default) =>
        ChangeStreamAsync("UPDATE", config, cancellationToken);

    public async ValueTask<INatsJSStream> CreateOrUpdateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default)
    {
        try
        {
            return await UpdateStreamAsync(config, cancellationToken).ConfigureAwait(false);
        }
        catch (NatsJSApiException error) when (error.ErrCode == NatsJSErrors.StreamNotFound)
        {
            return await CreateStreamAsync(config, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="NatsJSApiException">404 when there is no such stream.</exception>
    public async ValueTask<INatsJSStream> GetStreamAsync(string stream, StreamInfoRequest? request = null, CancellationToken cancellationToken = default) =>
        new NatsJSStream(this, await GetStreamInfoAsync(stream, request, cancellationToken).ConfigureAwait(false));

    /// <summary>The stream by its name, without asking the server: for those who may read messages but not ask about streams.</summary>
    public INatsJSStream GetStreamHandle(string stream)
    {
        Subjects.ThrowUnlessToken(stream, nameof(stream));
        return new NatsJSStream(this, new StreamInfo { Config = new StreamConfig { Name = stream } });
    }

    /// <returns>True when it is gone.</returns>
    public async ValueTask<bool> DeleteStreamAsync(string stream, CancellationToken cancellationToken = default)
    {
        Subjects.ThrowUnlessToken(stream, nameof(stream));
        return (await CallAsync($"STREAM.DELETE.{stream}", default, JSJson.Strict.SuccessResponse, cancellationToken).ConfigureAwait(false)).Success;
    }

    public async ValueTask<StreamPurgeResponse> PurgeStreamAsync(string stream, StreamPurgeRequest request, CancellationToken cancellationToken = default)
    {
        Subjects.ThrowUnlessToken(stream, nameof(stream));
        return await CallAsync(
            $"STREAM.PURGE.{stream}", Json(request, JSJson.Strict.StreamPurgeRequest), JSJson.Strict.StreamPurgeResponse, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>The names of all streams, or of those that store a subject.</summary>
    public async IAsyncEnumerable<string> ListStreamNamesAsync(string? subject = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int offset = 0;
        for (int page = 0; page < MaxPages; page++)
        {
            StreamNamesResponse names = await CallAsync(
                "STREAM.NAMES", Json(new PageRequest { Offset = offset, Subject = subject }, JSJson.Strict.PageRequest), JSJson.Strict.StreamNamesResponse,
                cancellationToken).ConfigureAwait(false);
            if (names.Streams is not { Count: > 0 } streams) yield break;
            foreach (string name in streams) yield return name;
            offset += streams.Count;
            if (offset >= names.Total) yield break;
        }
    }

    /// <summary>All streams, or those that store a subject.</summary>
    public async IAsyncEnumerable<INatsJSStream> ListStreamsAsync(string? subject = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (string name in ListStreamNamesAsync(subject, cancellationToken).ConfigureAwait(false))
            yield return await GetStreamAsync(name, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    internal async ValueTask<StreamInfo> GetStreamInfoAsync(string stream, StreamInfoRequest? request, CancellationToken cancellationToken)
    {
        Subjects.ThrowUnlessToken(stream, nameof(stream));
        ReadOnlyMemory<byte> body = request is null ? default : Json(request, JSJson.Strict.StreamInfoRequest);
        string call = $"STREAM.INFO.{stream}";
        NatsMsg<ReadOnlyMemory<byte>> answer = await CallRawAsync(call, body, cancellationToken).ConfigureAwait(false);
        return ReadStreamInfo(call, answer.Data);
    }

    private async ValueTask<INatsJSStream> ChangeStreamAsync(string verb, StreamConfig config, CancellationToken cancellationToken)
    {
        Subjects.ThrowUnlessToken(config.Name, "stream");
        string call = $"STREAM.{verb}.{config.Name}";
        NatsMsg<ReadOnlyMemory<byte>> answer = await CallRawAsync(call, Json(config, JSJson.Strict.StreamConfig), cancellationToken).ConfigureAwait(false);
        StreamInfo info = ReadStreamInfo(call, answer.Data);
        IReadOnlyList<ConfigDifference> differences = ConfigDifference.Between(config, info);
        if (differences.Count > 0) throw new NatsJSConfigMismatchException($"Stream {config.Name}", differences);
        return new NatsJSStream(this, info);
    }

    private static StreamInfo ReadStreamInfo(string call, ReadOnlyMemory<byte> json)
    {
        StreamInfo info = Read(call, json, JSJson.Strict.StreamInfo);
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
        return document.RootElement.TryGetProperty("config", out JsonElement config) && config.ValueKind == JsonValueKind.Object
            ? info with { AnsweredConfig = config.Clone() }
            : throw new NatsJSException($"The answer to {call} has no configuration.");
    }
}
