using Scout.Server.Store;

namespace Scout.Server.Outbox;

/// <summary>Where events go. Narrow on purpose: JetStream in the server, a script in tests.</summary>
internal interface IEventStream
{
    /// <summary>One attempt, answered within 5 s. Never throws but for cancellation.</summary>
    /// <param name="item">The event.</param>
    /// <param name="messageId">For <c>Nats-Msg-Id</c>.</param>
    /// <param name="cancel">Ends the waiting.</param>
    ValueTask<PublishAnswer> PublishAsync(StoredEvent item, string messageId, CancellationToken cancel);
}

/// <summary>What the stream said.</summary>
/// <param name="Result">What it means.</param>
/// <param name="Stream">Name in the acknowledgement.</param>
/// <param name="Duplicate">The stream had a message with that id.</param>
/// <param name="Reason">For people, when it was no success.</param>
internal readonly record struct PublishAnswer(PublishResult Result, string Stream = "", bool Duplicate = false, string Reason = "");

/// <summary>The kinds of answers that make a difference (nats.md section 7).</summary>
internal enum PublishResult
{
    /// <summary>Acknowledged; counts only when the stream is the expected one.</summary>
    Stored,

    /// <summary>Not now: no stream, no leader, full, busy.</summary>
    Temporary,

    /// <summary>Never: too large and the like.</summary>
    Permanent,

    /// <summary>The broker does not let us.</summary>
    Refused,

    /// <summary>Nothing came within 5 s; it may or may not be stored.</summary>
    NoAnswer,

    /// <summary>The line went down; it may or may not be stored.</summary>
    Disconnected,
}
