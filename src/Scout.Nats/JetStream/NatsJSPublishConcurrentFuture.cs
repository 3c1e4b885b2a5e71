using Scout.Nats.JetStream;

namespace Scout.Nats;

/// <summary>An acknowledgement that is still to come. Ask for it once.</summary>
public sealed class NatsJSPublishConcurrentFuture : IAsyncDisposable
{
    private readonly NatsConnection connection;
    private readonly AckReply waiter;

    internal NatsJSPublishConcurrentFuture(NatsConnection connection, AckReply waiter)
    {
        this.connection = connection;
        this.waiter = waiter;
    }

    /// <exception cref="NatsJSPublishNoResponseException">Nobody listens on the subject, or no acknowledgement came in time.</exception>
    public async ValueTask<PubAckResponse> GetResponseAsync(CancellationToken cancellationToken = default)
    {
        using (waiter.CancelWith(cancellationToken))
            return await waiter.Answer.ConfigureAwait(false) ?? throw new NatsJSPublishNoResponseException(waiter.Subject, noResponders: true);
    }

    /// <summary>Forgets the acknowledgement if it has not come.</summary>
    public ValueTask DisposeAsync()
    {
        connection.Cancel(waiter, default);
        return ValueTask.CompletedTask;
    }
}
