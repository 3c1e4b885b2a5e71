using System.Runtime.CompilerServices;

namespace Scout.Nats.JetStream;

internal sealed class NatsJSConsumer(NatsJSContext js, string stream, ConsumerInfo info) : INatsJSConsumer
{
    public ConsumerInfo Info { get; private set; } = info;

    public async ValueTask RefreshAsync(CancellationToken cancellationToken = default) =>
        Info = await js.GetConsumerInfoAsync(stream, Info.Name, cancellationToken).ConfigureAwait(false);

    public async IAsyncEnumerable<NatsJSMsg<T>> ConsumeAsync<T>(NatsJSConsumeOpts? opts = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        opts ??= new NatsJSConsumeOpts();
        await using var pull = new PullSubscription<T>(js, stream, Info.Name, opts.MaxMsgs, opts.Heartbeat, opts.Expires);
        int underWay = 0;
        while (true)
        {
            // The next request is with the server when half of the last one is used.
            if (underWay <= opts.MaxMsgs / 2)
            {
                int batch = opts.MaxMsgs - underWay;
                underWay += batch;
                await pull.RequestAsync(new PullRequest { Batch = batch, Expires = opts.Expires, IdleHeartbeat = pull.Heartbeat }, cancellationToken).ConfigureAwait(false);
            }

            switch (await pull.NextAsync(cancellationToken).ConfigureAwait(false))
            {
                case PullEvent.Message:
                    underWay--;
                    yield return pull.Message;
                    break;
                case PullEvent.EndOfBatch:
                    underWay = pull.Left < 0 ? 0 : Math.Max(0, underWay - pull.Left);
                    break;
                case PullEvent.AskAgain:
                    underWay = 0;
                    break;
                case PullEvent.BackOff:
                    await Task.Delay(js.Opts.RetryWait, js.Connection.Opts.TimeProvider, cancellationToken).ConfigureAwait(false);
                    underWay = 0;
                    break;
            }
        }
    }

    public IAsyncEnumerable<NatsJSMsg<T>> FetchAsync<T>(NatsJSFetchOpts opts, CancellationToken cancellationToken = default) =>
        FetchAsync<T>(opts, noWait: false, cancellationToken);

    public IAsyncEnumerable<NatsJSMsg<T>> FetchNoWaitAsync<T>(NatsJSFetchOpts opts, CancellationToken cancellationToken = default) =>
        FetchAsync<T>(opts, noWait: true, cancellationToken);

    public async ValueTask<NatsJSMsg<T>?> NextAsync<T>(NatsJSNextOpts? opts = null, CancellationToken cancellationToken = default)
    {
        opts ??= new NatsJSNextOpts();
        var fetch = new NatsJSFetchOpts { MaxMsgs = 1, Expires = opts.Expires, IdleHeartbeat = opts.IdleHeartbeat };
        await foreach (NatsJSMsg<T> message in FetchAsync<T>(fetch, cancellationToken).ConfigureAwait(false)) return message;
        return null;
    }

    private async IAsyncEnumerable<NatsJSMsg<T>> FetchAsync<T>(NatsJSFetchOpts opts, bool noWait, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TimeProvider time = js.Connection.Opts.TimeProvider;
        TimeSpan heartbeat = noWait ? TimeSpan.Zero : Pull.Heartbeat(opts.IdleHeartbeat, opts.Expires);
        await using var pull = new PullSubscription<T>(js, stream, Info.Name, opts.MaxMsgs, heartbeat, noWait ? TimeSpan.FromSeconds(4) : opts.Expires);
        long start = time.GetTimestamp();
        int left = opts.MaxMsgs;
        bool ask = true;
        while (left > 0)
        {
            if (ask)
            {
                TimeSpan expires = opts.Expires - time.GetElapsedTime(start);
                if (expires <= TimeSpan.Zero) yield break;
                TimeSpan beat = heartbeat * 2 <= expires ? heartbeat : TimeSpan.Zero;
                await pull.RequestAsync(
                    noWait ? new PullRequest { Batch = left, NoWait = true, MaxBytes = opts.MaxBytes } : new PullRequest { Batch = left, Expires = expires, IdleHeartbeat = beat, MaxBytes = opts.MaxBytes },
                    cancellationToken).ConfigureAwait(false);
                ask = false;
            }

            switch (await pull.NextAsync(cancellationToken).ConfigureAwait(false))
            {
                case PullEvent.Message:
                    left--;
                    yield return pull.Message;
                    break;
                case PullEvent.EndOfBatch:
                    yield break;
                case PullEvent.BackOff:
                    await Task.Delay(js.Opts.RetryWait, time, cancellationToken).ConfigureAwait(false);
                    ask = true;
                    break;
                case PullEvent.AskAgain:
                    ask = true;
                    break;
            }
        }
    }
}
