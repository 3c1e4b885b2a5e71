using System.Threading.Channels;

namespace Scout.Nats;

/// <summary>A subscription that is known to the server (or will be, with the next line).</summary>
public interface INatsSub<T> : IAsyncDisposable
{
    string Subject { get; }

    string? QueueGroup { get; }

    /// <summary>The messages. Ends when the subscription does; with an exception when the server has refused it.</summary>
    ChannelReader<NatsMsg<T>> Msgs { get; }

    /// <summary>Messages dropped because nobody read.</summary>
    long Dropped { get; }

    ValueTask UnsubscribeAsync();
}
