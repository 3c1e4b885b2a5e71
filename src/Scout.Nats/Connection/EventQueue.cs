using System.Threading.Channels;

namespace Scout.Nats.Connection;

/// <summary>Runs the handlers of events one after the other, away from the loops that raise them. Bounded: what handlers are too slow for is counted.</summary>
internal sealed class EventQueue
{
    private const int Capacity = 256;

    private readonly Channel<Func<ValueTask>> queue = Channel.CreateBounded<Func<ValueTask>>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private long dropped;
    private int started;

    public long Dropped => Interlocked.Read(ref dropped);

    public void Raise<TArgs>(AsyncEventHandler<TArgs>? handlers, object sender, TArgs args)
    {
        if (handlers is null) return;
        if (!queue.Writer.TryWrite(() => CallAsync(handlers, sender, args))) Interlocked.Increment(ref dropped);
        if (Interlocked.Exchange(ref started, 1) == 0) _ = Task.Run(RunAsync);
    }

    public void Close() => queue.Writer.TryComplete();

    private async Task RunAsync()
    {
        await foreach (Func<ValueTask> call in queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                await call().ConfigureAwait(false);
            }
            catch (Exception)
            {
                // A handler's own fault must not silence the others.
            }
        }
    }

    private static async ValueTask CallAsync<TArgs>(AsyncEventHandler<TArgs> handlers, object sender, TArgs args)
    {
        foreach (Delegate handler in handlers.GetInvocationList())
            await ((AsyncEventHandler<TArgs>)handler)(sender, args).ConfigureAwait(false);
    }
}
