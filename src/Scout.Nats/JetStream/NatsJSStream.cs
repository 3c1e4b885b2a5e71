using Scout.Nats.Protocol;

namespace Scout.Nats.JetStream;

internal sealed class NatsJSStream(NatsJSContext js, StreamInfo info) : INatsJSStream
{
    public StreamInfo Info { get; private set; } = info;

    private string Name => Info.Config.Name;

    public async ValueTask RefreshAsync(CancellationToken cancellationToken = default) =>
        Info = await js.GetStreamInfoAsync(Name, null, cancellationToken).ConfigureAwait(false);

    public async ValueTask UpdateAsync(StreamConfig config, CancellationToken cancellationToken = default) =>
        Info = (await js.UpdateStreamAsync(config with { Name = Name }, cancellationToken).ConfigureAwait(false)).Info;

    public ValueTask<bool> DeleteAsync(CancellationToken cancellationToken = default) => js.DeleteStreamAsync(Name, cancellationToken);

    public ValueTask<StreamPurgeResponse> PurgeAsync(StreamPurgeRequest request, CancellationToken cancellationToken = default) =>
        js.PurgeStreamAsync(Name, request, cancellationToken);

    public async ValueTask<NatsMsg<T>> GetDirectAsync<T>(StreamMsgGetRequest request, CancellationToken cancellationToken = default)
    {
        if (request.LastBySubj is not null) Subjects.ThrowUnlessSubscribable(request.LastBySubj);
        if (request.NextBySubj is not null) Subjects.ThrowUnlessSubscribable(request.NextBySubj);
        NatsJSStreamMsg<T> message = await DirectGet.TryGetAsync<T>(js, Name, request, cancellationToken).ConfigureAwait(false)
            ?? throw new NatsJSApiException(new ApiError { Code = 404, ErrCode = NatsJSErrors.MessageNotFound, Description = "no message found" });
        return new NatsMsg<T>(message.Subject, null, 0, message.Headers, message.Data, js.Connection);
    }

    public IAsyncEnumerable<NatsJSStreamMsg<T>> ReadRangeAsync<T>(NatsJSReadRangeOpts? opts = null, CancellationToken cancellationToken = default) =>
        new RangeReader<T>(js, Name, opts ?? new NatsJSReadRangeOpts()).ReadAsync(cancellationToken);

    public ValueTask<INatsJSConsumer> CreateOrUpdateConsumerAsync(ConsumerConfig config, CancellationToken cancellationToken = default) =>
        js.CreateOrUpdateConsumerAsync(Name, config, cancellationToken);

    public ValueTask<INatsJSConsumer> CreateOrderedConsumerAsync(NatsJSOrderedConsumerOpts? opts = null, CancellationToken cancellationToken = default) =>
        js.CreateOrderedConsumerAsync(Name, opts, cancellationToken);

    public ValueTask<INatsJSConsumer> GetConsumerAsync(string consumer, CancellationToken cancellationToken = default) =>
        js.GetConsumerAsync(Name, consumer, cancellationToken);

    public ValueTask<bool> DeleteConsumerAsync(string consumer, CancellationToken cancellationToken = default) =>
        js.DeleteConsumerAsync(Name, consumer, cancellationToken);
}
