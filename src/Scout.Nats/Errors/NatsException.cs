namespace Scout.Nats;

/// <summary>Whatever went wrong between us and the server.</summary>
public class NatsException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>There is no line to the server, or it broke while somebody waited for an answer.</summary>
public class NatsConnectionFailedException(string message, Exception? inner = null) : NatsException(message, inner);

/// <summary>The server answered with <c>-ERR</c>.</summary>
public sealed class NatsServerException(string error) : NatsException($"The server answered with an error: {error}")
{
    /// <summary>The server's text, at most 512 bytes.</summary>
    public string Error { get; } = error;

    /// <summary>Whether the server refused us: wrong, expired or revoked credentials.</summary>
    public bool IsAuthError => Protocol.ServerErrors.Classify(Error) == Protocol.ServerErrorKind.Refused;
}

/// <summary>Nobody listens on the subject of a request (status 503).</summary>
public sealed class NatsNoRespondersException(string subject) : NatsException($"Nobody listens on '{subject}'.")
{
    public string Subject { get; } = subject;
}

/// <summary>No answer came in time.</summary>
public sealed class NatsNoReplyException(string message = "No answer came in time.") : NatsException(message);

/// <summary>The payload is larger than the server's <c>max_payload</c>.</summary>
public sealed class NatsPayloadTooLargeException(long size, long max) : NatsException($"A payload of {size} bytes exceeds the server's limit of {max} bytes.")
{
    public long Size { get; } = size;

    public long Max { get; } = max;
}

/// <summary>The server's bytes were not the protocol. The connection is closed and made anew.</summary>
public sealed class NatsProtocolViolationException(string message) : NatsException($"The server broke the protocol: {message}.");
