namespace Scout.Nats;

/// <summary>JetStream did not do what was asked, or answered what cannot be.</summary>
public class NatsJSException(string message, Exception? inner = null) : NatsException(message, inner);

/// <summary>JetStream answered with an error.</summary>
public sealed class NatsJSApiException(ApiError error) : NatsJSException($"JetStream: {error.Description} (code {error.Code}, error {error.ErrCode})")
{
    public ApiError Error { get; } = error;

    /// <summary>As in HTTP: 400, 404, 503 ...</summary>
    public int Code => Error.Code;

    /// <summary>The number of this very error, such as 10059 for a stream that does not exist.</summary>
    public int ErrCode => Error.ErrCode;

    public string Description => Error.Description;
}

/// <summary>No acknowledgement came for a publish: nobody stores that subject, no leader, or no answer in time. It may have been stored all the same.</summary>
public sealed class NatsJSPublishNoResponseException(string subject, bool noResponders)
    : NatsJSException(noResponders ? $"No stream takes '{subject}' (no responders)." : $"No acknowledgement for '{subject}' in time.")
{
    /// <summary>Whether the server said that nobody listens; otherwise there was no answer in time.</summary>
    public bool NoResponders { get; } = noResponders;
}

/// <summary>JetStream did not answer a call: it is not enabled, has no leader, we may not call it, or no answer came in time.</summary>
public sealed class NatsJSApiNoResponseException(string subject, bool noResponders)
    : NatsJSException(noResponders ? $"Nobody answers '{subject}': JetStream is off, or what it names is not there." : $"No answer to '{subject}' in time.")
{
    /// <summary>Whether the server said that nobody listens; otherwise there was no answer in time.</summary>
    public bool NoResponders { get; } = noResponders;
}

/// <summary>A stream, bucket or consumer came out differently from what was asked (specification section 9).</summary>
public sealed class NatsJSConfigMismatchException(string what, IReadOnlyList<ConfigDifference> differences)
    : NatsJSException($"{what} is not what was asked: {string.Join("; ", differences)}")
{
    public IReadOnlyList<ConfigDifference> Differences { get; } = differences;
}
