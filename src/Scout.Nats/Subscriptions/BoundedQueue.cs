using System.Threading.Channels;

namespace Scout.Nats.Subscriptions;

/// <summary>
/// A channel with a bound that its reader does not take a lock for: the class library's bounded channel has one lock for both sides, which costs half the
/// rate when messages come at a million a second.
/// </summary>
internal sealed class BoundedQueue<T>(int capacity) : ChannelReader<T>
{
    private readonly Channel<T> channel = Channel.CreateUnbounded<T>(new UnboundedChannelOptions { AllowSynchronousContinuations = false });
    private int held;

    public override bool CanCount => true;

    public override int Count => Volatile.Read(ref held);

    public override Task Completion => channel.Reader.Completion;

    /// <summary>False when it is full or complete.</summary>
    public bool TryWrite(T item)
    {
        if (Interlocked.Increment(ref held) <= capacity && channel.Writer.TryWrite(item)) return true;
        Interlocked.Decrement(ref held);
        return false;
    }

    public void Complete(Exception? error) => channel.Writer.TryComplete(error);

    public override bool TryRead(out T item)
    {
        if (!channel.Reader.TryRead(out item!)) return false;
        Interlocked.Decrement(ref held);
        return true;
    }

    public override bool TryPeek(out T item) => channel.Reader.TryPeek(out item!);

    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => channel.Reader.WaitToReadAsync(cancellationToken);
}
