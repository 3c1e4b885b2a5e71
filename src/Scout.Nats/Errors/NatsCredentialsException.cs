namespace Scout.Nats;

/// <summary>A key, a JWT, a certificate or a file with them cannot be used; the message says why and how to mend it, and holds no secret.</summary>
public sealed class NatsCredentialsException(string message, Exception? inner = null) : NatsException(message, inner);
