using System.Text.Json;
using Scout.Nats.JetStream;
using Scout.Nats.Protocol;
using Scout.Nats.Requests;

namespace Scout.Nats;

public sealed partial class NatsJSContext
{
    /// <summary>Creates a consumer, or changes what can be changed of it. Without a name it gets one of its own.</summary>
    /// <exception cref="NatsJSConfigMismatchException">The server made something else of it: it may not know a field.</exception>
    public async ValueTask<INatsJSConsumer> CreateOrUpdateConsumerAsync(string stream, ConsumerConfig config, CancellationToken cancellationToken = default)
    {
        if ((config.Name ?? config.DurableName) is not { } name) config = config with { Name = ReplyTable.NewId() };
        else config = config with { Name = name };
        return new NatsJSConsumer(this, stream, await CreateConsumerAsync(stream, config, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>A reader that sees each message once and in order, whatever happens to the line.</summary>
    public async ValueTask<INatsJSConsumer> CreateOrderedConsumerAsync(
        string stream, NatsJSOrderedConsumerOpts? opts = null, CancellationToken cancellationToken = default) =>
        await CreateOrderedAsync(stream, opts ?? NatsJSOrderedConsumerOpts.Default, cancellationToken).ConfigureAwait(false);

    public async ValueTask<INatsJSConsumer> GetConsumerAsync(string stream, string consumer, CancellationToken cancellationToken = default) =>
        new NatsJSConsumer(this, stream, await GetConsumerInfoAsync(stream, consumer, cancellationToken).ConfigureAwait(false));

    /// <returns>True when it is gone.</returns>
    public async ValueTask<bool> DeleteConsumerAsync(string stream, string consumer, CancellationToken cancellationToken = default)
    {
        Subjects.ThrowUnlessToken(stream, nameof(stream));
        Subjects.ThrowUnlessToken(consumer, nameof(consumer));
        return (await CallAsync($"CONSUMER.DELETE.{stream}.{consumer}", default, JSJson.Strict.SuccessResponse, cancellationToken).ConfigureAwait(false)).Success;
    }

    internal async ValueTask<NatsJSOrderedConsumer> CreateOrderedAsync(string stream, NatsJSOrderedConsumerOpts opts, CancellationToken cancellationToken)
    {
        var consumer = new NatsJSOrderedConsumer(this, stream, opts);
        await consumer.CreateAsync(cancellationToken).ConfigureAwait(false);
        return consumer;
    }

    internal async ValueTask<ConsumerInfo> GetConsumerInfoAsync(string stream, string consumer, CancellationToken cancellationToken)
    {
        Subjects.ThrowUnlessToken(stream, nameof(stream));
        Subjects.ThrowUnlessToken(consumer, nameof(consumer));
        return await CallAsync($"CONSUMER.INFO.{stream}.{consumer}", default, JSJson.Strict.ConsumerInfo, cancellationToken).ConfigureAwait(false);
    }

    internal async ValueTask<ConsumerInfo> CreateConsumerAsync(string stream, ConsumerConfig config, CancellationToken cancellationToken)
    {
        Subjects.ThrowUnlessToken(stream, nameof(stream));
        Subjects.ThrowUnlessToken(config.Name!, "consumer");
        if (config.FilterSubject is not null) Subjects.ThrowUnlessSubscribable(config.FilterSubject);

        // A wildcard cannot be part of the subject of a request; a plain filter must be, so that permissions can bound it.
        bool inSubject = config.FilterSubject is not null && config.FilterSubject.AsSpan().IndexOfAny('*', '>') < 0;
        string call = inSubject ? $"CONSUMER.CREATE.{stream}.{config.Name}.{config.FilterSubject}" : $"CONSUMER.CREATE.{stream}.{config.Name}";
        ReadOnlyMemory<byte> body = Json(new ConsumerCreateRequest { StreamName = stream, Config = config }, JSJson.Strict.ConsumerCreateRequest);
        NatsMsg<ReadOnlyMemory<byte>> answer = await CallRawAsync(call, body, cancellationToken).ConfigureAwait(false);
        ConsumerInfo info = Read(call, answer.Data, JSJson.Strict.ConsumerInfo);
        using JsonDocument document = JsonDocument.Parse(answer.Data, new JsonDocumentOptions { MaxDepth = 32 });
        JsonElement answered = document.RootElement.TryGetProperty("config", out JsonElement element) ? element : default;
        IReadOnlyList<ConfigDifference> differences = answered.ValueKind == JsonValueKind.Object
            ? ConfigDifference.Between(config, answered, JSJson.Strict.ConsumerConfig)
            : throw new NatsJSException($"The answer to {call} has no configuration.");
        if (differences.Count > 0) throw new NatsJSConfigMismatchException($"Consumer {config.Name}", differences);
        return info;
    }
}
