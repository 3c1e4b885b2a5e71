namespace Scout.Nats;

/// <summary>How to speak to JetStream.</summary>
public sealed record NatsJSOpts
{
    /// <summary>What API subjects begin with, unless there is a <see cref="Domain"/>.</summary>
    public string ApiPrefix { get; init; } = "$JS.API";

    /// <summary>The domain, for servers with several.</summary>
    public string? Domain { get; init; }

    /// <summary>How long a call may take; null takes <see cref="NatsOpts.RequestTimeout"/>.</summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>How often a call is made again when nobody answers it (an election), and the wait before.</summary>
    public int RetryAttempts { get; init; } = 2;

    public TimeSpan RetryWait { get; init; } = TimeSpan.FromMilliseconds(250);

    internal string Prefix => Domain is null ? ApiPrefix : $"$JS.{Domain}.API";
}

/// <summary>What a stream is to check before it takes a message.</summary>
public sealed record NatsJSPubOpts : NatsPubOpts
{
    /// <summary>Makes the publish repeatable: within its duplicate window, the stream stores one message of an id.</summary>
    public string? MsgId { get; init; }

    /// <summary>The only stream that may take it; an acknowledgement from another one is an error.</summary>
    public string? ExpectedStream { get; init; }

    public string? ExpectedLastMsgId { get; init; }

    public ulong? ExpectedLastSequence { get; init; }

    /// <summary>The sequence of the newest message of the subject; 0 means that there must be none.</summary>
    public ulong? ExpectedLastSubjectSequence { get; init; }

    /// <summary>How long to wait for the acknowledgement; null takes <see cref="NatsOpts.RequestTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How often to publish again when nobody listens (503), and the wait before.</summary>
    public int RetryAttempts { get; init; } = 2;

    public TimeSpan RetryWaitBetweenAttempts { get; init; } = TimeSpan.FromMilliseconds(250);
}
