using System.Runtime.CompilerServices;

namespace Scout.Nats.JetStream;

/// <summary>Reads a part of a stream with direct gets: many under way, given out in order.</summary>
internal sealed class RangeReader<T>(NatsJSContext js, string stream, NatsJSReadRangeOpts opts)
{
    private const ulong SegmentLength = 512;

    public async IAsyncEnumerable<NatsJSStreamMsg<T>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ulong next = opts.FromTime is { } time
            ? Math.Max(opts.From, await FindAsync(time, cancellationToken).ConfigureAwait(false))
            : Math.Max(opts.From, 1);
        while (opts.To is not { } last || next <= last)
        {
            ulong end = await EndAsync(cancellationToken).ConfigureAwait(false);
            if (opts.To is { } to) end = Math.Min(end, to);
            if (next <= end)
            {
                IAsyncEnumerable<NatsJSStreamMsg<T>> part = opts.Filter is null
                    ? ReadAllAsync(next, end, cancellationToken)
                    : ReadFilteredAsync(next, end, cancellationToken);
                await foreach (NatsJSStreamMsg<T> message in part.ConfigureAwait(false)) yield return message;
                next = end + 1;
            }

            if (!opts.Follow) yield break;
            await Task.Delay(opts.FollowInterval, js.Connection.Opts.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    // One get for each sequence. At a hole, one more asks where the next message is.
    private async IAsyncEnumerable<NatsJSStreamMsg<T>> ReadAllAsync(ulong from, ulong to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var window = new Queue<Task<NatsJSStreamMsg<T>?>>(opts.InFlight);
        ulong asked = from;
        ulong next = from;
        try
        {
            while (next <= to)
            {
                while (window.Count < opts.InFlight && asked <= to) window.Enqueue(GetAsync(asked++, cancellationToken));
                NatsJSStreamMsg<T>? message = await window.Dequeue().ConfigureAwait(false);
                if (message is { } found)
                {
                    next++;
                    yield return found;
                    continue;
                }

                NatsJSStreamMsg<T>? after = await NextAsync(next, ">", cancellationToken).ConfigureAwait(false);
                if (after is not { } beyond || beyond.Sequence > to) yield break;
                // Gets of the hole that are under way are let go; those behind it are kept.
                for (next++; next < beyond.Sequence; next++)
                {
                    if (!window.TryDequeue(out Task<NatsJSStreamMsg<T>?>? empty)) break;
                    await empty.ConfigureAwait(false);
                }

                next = beyond.Sequence;
                asked = Math.Max(asked, next);
            }
        }
        finally
        {
            while (window.TryDequeue(out Task<NatsJSStreamMsg<T>?>? rest)) Forget(rest);
        }
    }

    // The range is cut into segments; in each, one get asks for the next match behind the last. Where matches are dense more segments are under way; where
    // a segment was empty none is added, and a single get then looks for the next match: a narrow filter over a long range costs the server one scan.
    private async IAsyncEnumerable<NatsJSStreamMsg<T>> ReadFilteredAsync(ulong from, ulong to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var window = new Queue<Task<List<NatsJSStreamMsg<T>>>>();
        ulong asked = from;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (true)
            {
                int more = 1;
                if (window.TryDequeue(out Task<List<NatsJSStreamMsg<T>>>? segment))
                {
                    List<NatsJSStreamMsg<T>> found = await segment.ConfigureAwait(false);
                    foreach (NatsJSStreamMsg<T> message in found) yield return message;
                    more = found.Count > 0 ? 2 : 0;
                }
                else
                {
                    NatsJSStreamMsg<T>? first = asked > to ? null : await NextAsync(asked, opts.Filter!, cancellationToken).ConfigureAwait(false);
                    if (first is not { } found || found.Sequence > to) yield break;
                    yield return found;
                    asked = found.Sequence + 1;
                }

                for (; more > 0 && asked <= to && window.Count < opts.InFlightFiltered; more--)
                {
                    ulong end = Math.Min(to, asked + SegmentLength - 1);
                    window.Enqueue(ReadSegmentAsync(asked, end, stop.Token));
                    asked = end + 1;
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            while (window.TryDequeue(out Task<List<NatsJSStreamMsg<T>>>? rest)) Forget(rest);
        }
    }

    private async Task<List<NatsJSStreamMsg<T>>> ReadSegmentAsync(ulong from, ulong to, CancellationToken cancellationToken)
    {
        List<NatsJSStreamMsg<T>> found = [];
        while (from <= to && await NextAsync(from, opts.Filter!, cancellationToken).ConfigureAwait(false) is { } message && message.Sequence <= to)
        {
            found.Add(message);
            from = message.Sequence + 1;
        }

        return found;
    }

    private async ValueTask<ulong> FindAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        ulong low = 1;
        ulong high = await EndAsync(cancellationToken).ConfigureAwait(false) + 1;
        while (low < high)
        {
            ulong middle = low + ((high - low) / 2);
            NatsJSStreamMsg<T>? at = await NextAsync(middle, ">", cancellationToken).ConfigureAwait(false);
            if (at is { } message && message.Timestamp < time) low = Math.Max(middle, message.Sequence) + 1;
            else high = middle;
        }

        return low;
    }

    // The newest message tells the end of the stream to those who may not ask about streams.
    private async ValueTask<ulong> EndAsync(CancellationToken cancellationToken) =>
        await DirectGet.TryGetAsync<T>(js, stream, new StreamMsgGetRequest { LastBySubj = ">" }, cancellationToken).ConfigureAwait(false) is { } last ? last.Sequence : 0;

    private Task<NatsJSStreamMsg<T>?> GetAsync(ulong sequence, CancellationToken cancellationToken) =>
        DirectGet.TryGetAsync<T>(js, stream, new StreamMsgGetRequest { Seq = sequence }, cancellationToken).AsTask();

    private ValueTask<NatsJSStreamMsg<T>?> NextAsync(ulong from, string filter, CancellationToken cancellationToken) =>
        DirectGet.TryGetAsync<T>(js, stream, new StreamMsgGetRequest { Seq = from, NextBySubj = filter }, cancellationToken);

    private static void Forget(Task rest) => _ = rest.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
}
