namespace Scout.Nats;

/// <summary>A stream.</summary>
public interface INatsJSStream
{
    /// <summary>As last read; <see cref="RefreshAsync"/> reads it again.</summary>
    StreamInfo Info { get; }

    ValueTask RefreshAsync(CancellationToken cancellationToken = default);

    ValueTask UpdateAsync(StreamConfig config, CancellationToken cancellationToken = default);

    ValueTask<bool> DeleteAsync(CancellationToken cancellationToken = default);

    ValueTask<StreamPurgeResponse> PurgeAsync(StreamPurgeRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gets one stored message, from any server that has it (the stream must allow direct access). Subject and headers are those of the stored message, with
    /// <c>Nats-Stream</c>, <c>Nats-Sequence</c> and <c>Nats-Time-Stamp</c> added.
    /// </summary>
    /// <exception cref="NatsJSApiException">404: there is no such message.</exception>
    ValueTask<NatsMsg<T>> GetDirectAsync<T>(StreamMsgGetRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads stored messages without any consumer: needs no right but direct access, and leaves nothing at the server. In stream order, nothing twice, holes
    /// are skipped.
    /// </summary>
    IAsyncEnumerable<NatsJSStreamMsg<T>> ReadRangeAsync<T>(NatsJSReadRangeOpts? opts = null, CancellationToken cancellationToken = default);

    ValueTask<INatsJSConsumer> CreateOrUpdateConsumerAsync(ConsumerConfig config, CancellationToken cancellationToken = default);

    /// <summary>A reader that sees each message once and in order, whatever happens to the line. It has no place at the server that lasts.</summary>
    ValueTask<INatsJSConsumer> CreateOrderedConsumerAsync(NatsJSOrderedConsumerOpts? opts = null, CancellationToken cancellationToken = default);

    /// <exception cref="NatsJSApiException">404 when there is no such consumer.</exception>
    ValueTask<INatsJSConsumer> GetConsumerAsync(string consumer, CancellationToken cancellationToken = default);

    ValueTask<bool> DeleteConsumerAsync(string consumer, CancellationToken cancellationToken = default);
}
