using System.Runtime.CompilerServices;
using Scout.Nats.Requests;

namespace Scout.Nats.JetStream;

/// <summary>
/// Reads a stream in order, each message once. At the server there is a consumer that keeps nothing; whenever it is lost, or one of its deliveries is, it
/// is made again from behind the last message that came.
/// </summary>
internal sealed class NatsJSOrderedConsumer(NatsJSContext js, string stream, NatsJSOrderedConsumerOpts opts) : INatsJSConsumer
{
    private static readonly TimeSpan Expires = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private ulong lastDelivered;
    private bool beganAtStart;

    public ConsumerInfo Info { get; private set; } = new();

    /// <summary>Messages that were still to come when the consumer was (last) made.</summary>
    public long PendingAtStart { get; private set; }

    public async ValueTask RefreshAsync(CancellationToken cancellationToken = default)
    {
        if (Info.Name.Length > 0) Info = await js.GetConsumerInfoAsync(stream, Info.Name, cancellationToken).ConfigureAwait(false);
    }

    public IAsyncEnumerable<NatsJSMsg<T>> ConsumeAsync<T>(NatsJSConsumeOpts? consumeOpts = null, CancellationToken cancellationToken = default) =>
        ReadAsync<T>(consumeOpts ?? new NatsJSConsumeOpts(), cancellationToken);

    public async IAsyncEnumerable<NatsJSMsg<T>> FetchAsync<T>(NatsJSFetchOpts fetchOpts, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(fetchOpts.Expires, js.Connection.Opts.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var consume = new NatsJSConsumeOpts { MaxMsgs = fetchOpts.MaxMsgs, Expires = Expires, IdleHeartbeat = fetchOpts.IdleHeartbeat };
        int left = fetchOpts.MaxMsgs;
        await using IAsyncEnumerator<NatsJSMsg<T>> messages = ReadAsync<T>(consume, either.Token).GetAsyncEnumerator(CancellationToken.None);
        while (left-- > 0)
        {
            try
            {
                if (!await messages.MoveNextAsync().ConfigureAwait(false)) yield break;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                yield break;
            }

            yield return messages.Current;
        }
    }

    public IAsyncEnumerable<NatsJSMsg<T>> FetchNoWaitAsync<T>(NatsJSFetchOpts fetchOpts, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("An ordered consumer has no batches without waiting: use ConsumeAsync or FetchAsync.");

    public async ValueTask<NatsJSMsg<T>?> NextAsync<T>(NatsJSNextOpts? nextOpts = null, CancellationToken cancellationToken = default)
    {
        var fetch = new NatsJSFetchOpts { MaxMsgs = 1, Expires = nextOpts?.Expires ?? Expires };
        await foreach (NatsJSMsg<T> message in FetchAsync<T>(fetch, cancellationToken).ConfigureAwait(false)) return message;
        return null;
    }

    /// <summary>Makes the consumer for the first time, so that errors come to the caller and not to the reader.</summary>
    public async ValueTask CreateAsync(CancellationToken cancellationToken)
    {
        Info = await js.CreateConsumerAsync(stream, Config(), cancellationToken).ConfigureAwait(false);
        PendingAtStart = Info.NumPending + (long)Info.Delivered.ConsumerSeq;
    }

    private async IAsyncEnumerable<NatsJSMsg<T>> ReadAsync<T>(NatsJSConsumeOpts consume, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PullSubscription<T>? pull = null;
        int failures = 0;
        try
        {
            while (true)
            {
                if (pull is null || failures > 0)
                {
                    if (pull is not null) await pull.DisposeAsync().ConfigureAwait(false);
                    pull = null;
                    if (failures > 0) await WaitAsync(failures, cancellationToken).ConfigureAwait(false);
                    if (!await TryCreateAsync(failures > 0, cancellationToken).ConfigureAwait(false))
                    {
                        failures++;
                        continue;
                    }

                    pull = new PullSubscription<T>(js, stream, Info.Name, consume.MaxMsgs, consume.Heartbeat, consume.Expires);
                    failures = 0;
                }

                ulong expected = 1;
                int underWay = 0;
                while (failures == 0)
                {
                    PullEvent what;
                    try
                    {
                        underWay = await AskAsync(pull, consume, underWay, cancellationToken).ConfigureAwait(false);
                        what = await pull.NextAsync(cancellationToken).ConfigureAwait(false);
                    }
                    catch (NatsException) when (!cancellationToken.IsCancellationRequested && !js.Connection.IsDisposed)
                    {
                        failures = 1;
                        break;
                    }

                    if (what == PullEvent.EndOfBatch) underWay = pull.Left < 0 ? 0 : Math.Max(0, underWay - pull.Left);
                    else if (what is PullEvent.AskAgain or PullEvent.BackOff) failures = 1;
                    if (what != PullEvent.Message) continue;

                    NatsJSMsgMetadata metadata = pull.Message.Metadata!.Value;
                    if (metadata.Consumer != Info.Name) continue;
                    if (metadata.Sequence.Consumer != expected)
                    {
                        failures = 1;
                        break;
                    }

                    expected++;
                    underWay--;
                    if (metadata.Sequence.Stream <= lastDelivered) continue;
                    lastDelivered = metadata.Sequence.Stream;
                    yield return pull.Message;
                }
            }
        }
        finally
        {
            if (pull is not null) await pull.DisposeAsync().ConfigureAwait(false);
            await ForgetAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask<int> AskAsync<T>(PullSubscription<T> pull, NatsJSConsumeOpts consume, int underWay, CancellationToken cancellationToken)
    {
        if (underWay > consume.MaxMsgs / 2) return underWay;
        await pull.RequestAsync(
            new PullRequest { Batch = consume.MaxMsgs - underWay, Expires = consume.Expires, IdleHeartbeat = pull.Heartbeat }, cancellationToken).ConfigureAwait(false);
        return consume.MaxMsgs;
    }

    // The consumer made by CreateAsync serves the first reader; everyone else begins with a new one.
    private async ValueTask<bool> TryCreateAsync(bool lost, CancellationToken cancellationToken)
    {
        if (!lost && !beganAtStart && Info.Name.Length > 0)
        {
            beganAtStart = true;
            return true;
        }

        try
        {
            await ForgetAsync().ConfigureAwait(false);
            Info = await js.CreateConsumerAsync(stream, Config(), cancellationToken).ConfigureAwait(false);
            beganAtStart = true;
            return true;
        }
        catch (NatsJSApiException error) when (error.ErrCode == NatsJSErrors.StreamNotFound)
        {
            throw;
        }
        catch (NatsException) when (!js.Connection.IsDisposed)
        {
            return false;
        }
    }

    private async ValueTask ForgetAsync()
    {
        if (Info.Name.Length == 0) return;
        string name = Info.Name;
        Info = new ConsumerInfo();
        if (!js.Connection.LineIsOpen) return;
        try
        {
            // Nobody waits for the answer: the server forgets an idle reader by itself.
            await js.Connection.PublishAsync($"{js.Opts.Prefix}.CONSUMER.DELETE.{stream}.{name}", replyTo: js.Connection.NewInbox()).ConfigureAwait(false);
        }
        catch (NatsException)
        {
        }
    }

    private Task WaitAsync(int failures, CancellationToken cancellationToken) => failures == 1
        ? Task.CompletedTask
        : Task.Delay(TimeSpan.FromTicks(Math.Min(MaxWait.Ticks, js.Opts.RetryWait.Ticks * (1L << Math.Min(failures - 2, 10)))), js.Connection.Opts.TimeProvider, cancellationToken);

    private ConsumerConfig Config()
    {
        var config = new ConsumerConfig
        {
            Name = ReplyTable.NewId(),
            AckPolicy = ConsumerConfigAckPolicy.None,
            MemStorage = true,
            NumReplicas = 1,
            HeadersOnly = opts.HeadersOnly,
            InactiveThreshold = opts.InactiveThreshold,
            FilterSubject = opts.FilterSubjects.Count switch
            {
                0 => null,
                1 => opts.FilterSubjects[0],
                _ => throw new NotSupportedException("An ordered consumer takes at most one filter subject."),
            },
        };
        return lastDelivered > 0
            ? config with { DeliverPolicy = ConsumerConfigDeliverPolicy.ByStartSequence, OptStartSeq = lastDelivered + 1 }
            : config with { DeliverPolicy = opts.DeliverPolicy, OptStartSeq = opts.OptStartSeq, OptStartTime = opts.OptStartTime };
    }
}
