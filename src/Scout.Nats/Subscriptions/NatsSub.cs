using System.Text;
using System.Threading.Channels;
using Scout.Nats.Protocol;

namespace Scout.Nats.Subscriptions;

/// <summary>A subscription with a bounded channel: the newest message is dropped when its reader is too slow.</summary>
internal sealed class NatsSub<T> : Subscription, INatsSub<T>
{
    /// <summary>The status of a message of our own: the subscription was moved to a new line, and what was asked for on the old one may be lost.</summary>
    public const int NewLine = -1;

    private readonly NatsConnection connection;
    private readonly NatsSubOpts opts;
    private readonly bool tellOfNewLine;
    private readonly BoundedQueue<NatsMsg<T>> channel;
    private readonly ITimer? timeout;
    private readonly ITimer? idle;
    private SubjectCache cache = new([], "");
    private long dropped;
    private bool bursting;
    private int delivered;
    private int ended;

    public NatsSub(NatsConnection connection, string subject, string? queueGroup, NatsSubOpts? subOpts, bool tellOfNewLine = false)
        : base(subject, queueGroup)
    {
        this.connection = connection;
        this.tellOfNewLine = tellOfNewLine;
        opts = subOpts ?? new NatsSubOpts();
        int capacity = Math.Max(1, opts.ChannelCapacity ?? connection.Opts.SubPendingChannelCapacity);
        channel = new BoundedQueue<NatsMsg<T>>(capacity);
        TimeProvider time = connection.Opts.TimeProvider;
        if (opts.Timeout is { } whole) timeout = time.CreateTimer(static state => ((NatsSub<T>)state!).End(), this, whole, Timeout.InfiniteTimeSpan);
        if ((opts.StartUpTimeout ?? opts.IdleTimeout) is { } first)
            idle = time.CreateTimer(static state => ((NatsSub<T>)state!).End(), this, first, Timeout.InfiniteTimeSpan);
    }

    public ChannelReader<NatsMsg<T>> Msgs => channel;

    public long Dropped => Interlocked.Read(ref dropped);

    public override int Remaining => opts.MaxMsgs is { } max ? Math.Max(0, max - delivered) : 0;

    public override void Deliver(in Frame frame, NatsHeaders? headers)
    {
        if (frame.Payload.IsEmpty && IsEnd(headers)) return;
        idle?.Change(opts.IdleTimeout ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (channel.TryWrite(NatsMsg<T>.From(connection, frame, headers, SubjectText(frame.Subject))))
        {
            bursting = false;
        }
        else if (Volatile.Read(ref ended) == 0)
        {
            long count = Interlocked.Increment(ref dropped);
            connection.OnDropped(this, count, first: !bursting);
            bursting = true;
        }

        if (++delivered == opts.MaxMsgs) End();
    }

    public override void OnNewLine()
    {
        if (tellOfNewLine) channel.TryWrite(new NatsMsg<T>(Subject, null, 0, new NatsHeaders { Code = NewLine }, default, connection));
    }

    public override void Complete(Exception? error)
    {
        if (Interlocked.Exchange(ref ended, 1) != 0) return;
        timeout?.Dispose();
        idle?.Dispose();
        channel.Complete(error);
    }

    public ValueTask UnsubscribeAsync()
    {
        End();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnsubscribeAsync();

    private bool IsEnd(NatsHeaders? headers)
    {
        if (headers is { Code: 503 } && opts.ThrowIfNoResponders is not null)
        {
            connection.Unsubscribe(this);
            Complete(opts.ThrowIfNoResponders == true ? new NatsNoRespondersException(Subject) : null);
            return true;
        }

        if (opts.StopOnEmptyMsg != true || headers is not null) return false;
        End();
        return true;
    }

    private void End()
    {
        connection.Unsubscribe(this);
        Complete(null);
    }

    // Messages of one subscription mostly repeat their subject: its text is made once. The pair is replaced as a whole, for two lines may deliver
    // while one takes over from the other.
    private string SubjectText(ReadOnlySpan<byte> subject)
    {
        SubjectCache last = cache;
        if (subject.SequenceEqual(last.Bytes)) return last.Text;
        string text = Encoding.UTF8.GetString(subject);
        cache = new SubjectCache(subject.ToArray(), text);
        return text;
    }

    private sealed record SubjectCache(byte[] Bytes, string Text);
}
