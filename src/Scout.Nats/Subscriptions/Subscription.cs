using Scout.Nats.Protocol;

namespace Scout.Nats.Subscriptions;

/// <summary>What the read loop knows of a subscription.</summary>
internal abstract class Subscription(string subject, string? queueGroup)
{
    public string Subject { get; } = subject;

    public string? QueueGroup { get; } = queueGroup;

    /// <summary>Our number for it, on every line.</summary>
    public long Sid { get; set; }

    /// <summary>Messages until the server is to end it, or 0 for no end.</summary>
    public virtual int Remaining => 0;

    /// <summary>Takes a message, on the read loop: never waits.</summary>
    public abstract void Deliver(in Frame frame, NatsHeaders? headers);

    /// <summary>It was told to another server than before.</summary>
    public virtual void OnNewLine()
    {
    }

    /// <summary>Ends it for its reader, with the reason or without.</summary>
    public abstract void Complete(Exception? error);
}
