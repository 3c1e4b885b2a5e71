namespace Scout.Nats;

/// <summary>
/// How to tell the server who we are. Without anything set, we say nothing. What is set first in this order counts: <see cref="AuthCredCallback"/>,
/// <see cref="Creds"/>, <see cref="CredsFile"/>, <see cref="NKey"/>, <see cref="Username"/>, <see cref="Token"/>.
/// </summary>
public sealed record NatsAuthOpts
{
    /// <summary>
    /// Asked before every attempt, so that credentials may change while the connection lives. Throwing <see cref="NatsCredentialsException"/> makes the
    /// connection <see cref="NatsConnectionState.Refused"/>, and it asks again later. What it gives stays the caller's to dispose.
    /// </summary>
    public Func<CancellationToken, ValueTask<NatsCreds>>? AuthCredCallback { get; init; }

    /// <summary>Credentials in memory; they stay the caller's to dispose, when the connection has gone.</summary>
    public NatsCreds? Creds { get; init; }

    /// <summary>A creds file, read anew before every attempt (<see cref="NatsCreds.Read"/> says what is refused).</summary>
    public string? CredsFile { get; init; }

    /// <summary>A key without a JWT, for servers that list public keys.</summary>
    public NKeyPair? NKey { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    /// <summary>The shared token of a server configured with one.</summary>
    public string? Token { get; init; }

    // A record would print its secrets.
    public override string ToString() => this switch
    {
        { AuthCredCallback: not null } => "credentials of a callback",
        { Creds: { } creds } => $"credentials of {creds}",
        { CredsFile: { } file } => $"credentials in {file}",
        { NKey: { } key } => $"key {key}",
        { Username: not null } => "user and password",
        { Token: not null } => "token",
        _ => "none",
    };
}
