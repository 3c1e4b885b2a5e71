using System.Runtime.CompilerServices;
using Scout.Nats.Protocol;
using Scout.Nats.Requests;
using Scout.Nats.Subscriptions;

namespace Scout.Nats;

public sealed partial class NatsConnection
{
    /// <summary>
    /// The messages of a subject, from the moment the enumeration begins until its token is cancelled. The subscription lives through reconnects; what is
    /// published while the line is down is not seen.
    /// </summary>
    /// <exception cref="NatsServerException">The server refused the subscription.</exception>
    public async IAsyncEnumerable<NatsMsg<T>> SubscribeAsync<T>(
        string subject, string? queueGroup = null, NatsSubOpts? opts = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using INatsSub<T> sub = await SubscribeCoreAsync<T>(subject, queueGroup, opts, cancellationToken).ConfigureAwait(false);
        await foreach (NatsMsg<T> message in sub.Msgs.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return message;
    }

    /// <summary>
    /// Subscribes at once: what this connection publishes after the call is seen. Without a line, the subscription begins with the next one.
    /// </summary>
    public ValueTask<INatsSub<T>> SubscribeCoreAsync<T>(
        string subject, string? queueGroup = null, NatsSubOpts? opts = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<INatsSub<T>>(AddSubscription<T>(subject, queueGroup, opts));
    }

    /// <summary>Asks, and waits for one answer.</summary>
    /// <exception cref="NatsNoRespondersException">Nobody listens there.</exception>
    /// <exception cref="NatsNoReplyException">No answer within <see cref="NatsSubOpts.Timeout"/> or <see cref="NatsOpts.RequestTimeout"/>.</exception>
    /// <exception cref="NatsConnectionFailedException">The line broke, or there was none.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<NatsMsg<TReply>> RequestAsync<TRequest, TReply>(
        string subject, TRequest? data, NatsHeaders? headers = null, NatsPubOpts? requestOpts = null, NatsSubOpts? replyOpts = null,
        CancellationToken cancellationToken = default)
    {
        _ = requestOpts;
        Payload.ThrowUnlessSupported<TReply>();
        var waiter = new MessageReply<TReply>(this, subject);
        await SendRequestAsync(waiter, subject, data, headers, null, replyOpts?.Timeout ?? Opts.RequestTimeout, cancellationToken).ConfigureAwait(false);
        using (waiter.CancelWith(cancellationToken)) return await waiter.Answer.ConfigureAwait(false);
    }

    /// <summary>
    /// Asks everybody who listens, and gives their answers as they come, until <see cref="NatsSubOpts.Timeout"/>, <see cref="NatsSubOpts.MaxMsgs"/>,
    /// <see cref="NatsSubOpts.IdleTimeout"/> or an empty message ends it. The inbox is one of its own, because every receiver sees its name.
    /// </summary>
    public async IAsyncEnumerable<NatsMsg<TReply>> RequestManyAsync<TRequest, TReply>(
        string subject, TRequest? data, NatsHeaders? headers = null, NatsPubOpts? requestOpts = null, NatsSubOpts? replyOpts = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        NatsSubOpts opts = replyOpts ?? new NatsSubOpts();
        bool mustRespond = opts.ThrowIfNoResponders ?? false;
        opts = opts with { Timeout = opts.Timeout ?? Opts.RequestTimeout, StopOnEmptyMsg = opts.StopOnEmptyMsg ?? true, ThrowIfNoResponders = null };
        await using NatsSub<TReply> sub = AddSubscription<TReply>(NewInbox(), null, opts);
        await PublishAsync(subject, data, headers, sub.Subject, requestOpts, cancellationToken).ConfigureAwait(false);
        await foreach (NatsMsg<TReply> message in sub.Msgs.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!message.HasNoResponders)
            {
                yield return message;
                continue;
            }

            if (mustRespond) throw new NatsNoRespondersException(subject);
            yield break;
        }
    }

    internal NatsSub<T> AddSubscription<T>(string subject, string? queueGroup, NatsSubOpts? opts, bool tellOfNewLine = false)
    {
        Payload.ThrowUnlessSupported<T>();
        Subjects.ThrowUnlessSubscribable(subject);
        if (queueGroup is not null) Subjects.ThrowUnlessToken(queueGroup, "queueGroup");
        var sub = new NatsSub<T>(this, subject, queueGroup, opts, tellOfNewLine);
        subscriptions.Add(sub);
        if (line.Current is null) _ = line.StartAsync();
        return sub;
    }

    internal void Unsubscribe(Subscription subscription) => subscriptions.Remove(subscription);

    internal void OnDropped(Subscription subscription, long dropped, bool first)
    {
        Interlocked.Increment(ref counters.DroppedMessages);
        if (first) events.Raise(MessageDropped, this, new NatsMessageDroppedEventArgs(subscription.Subject, dropped));
    }

    /// <summary>Registers a waiter and sends its request; when sending fails, the waiter is taken out again and the exception goes to the caller.</summary>
    internal ValueTask SendRequestAsync<T>(
        PendingReply waiter, string subject, T data, NatsHeaders? headers, PublishHeaders? more, TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CheckSubjects(subject, null);
        waiter.Owner = this;
        int waiting = replies.Add(waiter, timeout);
        try
        {
            if (line.Current is { } session
                && Put(session, subject, data, headers, more, replies.Prefix, waiter.Token, now: waiting <= InlineSends) == Connection.PutResult.Done) return ValueTask.CompletedTask;
        }
        catch
        {
            replies.Remove(waiter);
            throw;
        }

        return SendLaterAsync(waiter, subject, data, headers, more, cancellationToken);
    }

    internal void Cancel(PendingReply waiter, CancellationToken cancellationToken)
    {
        if (replies.Remove(waiter)) replies.Fail(waiter, new OperationCanceledException(cancellationToken));
    }

    // A few requests at a time are sent by the thread that asks: it saves a way through the thread pool. Many are better sent together.
    private const int InlineSends = 2;

    private async ValueTask SendLaterAsync<T>(
        PendingReply waiter, string subject, T data, NatsHeaders? headers, PublishHeaders? more, CancellationToken cancellationToken)
    {
        try
        {
            await PublishLaterAsync(subject, data, headers, more, replies.Prefix, waiter.Token, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            replies.Remove(waiter);
            throw;
        }
    }
}
