namespace Scout.Nats;

/// <summary>An event of a connection; handlers run one after the other, apart from the read loop.</summary>
public delegate ValueTask AsyncEventHandler<in TArgs>(object? sender, TArgs args);

public class NatsEventArgs(string message) : EventArgs
{
    /// <summary>What happened, for people.</summary>
    public string Message { get; } = message;
}

/// <summary>A subscription was full. Raised once per burst; <see cref="Dropped"/> counts since the subscription began.</summary>
public sealed class NatsMessageDroppedEventArgs(string subject, long dropped)
    : NatsEventArgs($"The subscription on '{subject}' is full; {dropped} messages dropped so far.")
{
    public string Subject { get; } = subject;

    public long Dropped { get; } = dropped;
}

/// <summary>The server announced that it will end.</summary>
public sealed class NatsLameDuckModeActivatedEventArgs(string server) : NatsEventArgs($"Server {server} is in lame duck mode.")
{
    public string Server { get; } = server;
}

/// <summary>The server sent <c>-ERR</c>, or broke the protocol.</summary>
public sealed class NatsServerErrorEventArgs(string error, string? subject) : NatsEventArgs(error)
{
    public string Error { get; } = error;

    /// <summary>The subject the error is about, where it names one.</summary>
    public string? Subject { get; } = subject;
}
