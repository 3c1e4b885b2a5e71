namespace Scout.Nats;

/// <summary>How to tell the server who we are. Without anything set, we say nothing.</summary>
public sealed record NatsAuthOpts
{
    /// <summary>The shared token of a server configured with one.</summary>
    public string? Token { get; init; }

    // A record would print its secret.
    public override string ToString() => Token is null ? "none" : "token";
}
