namespace Scout.Nats;

public enum NatsConnectionState
{
    /// <summary>Not asked to connect yet, given up, or disposed.</summary>
    Closed,

    /// <summary>The first attempt is under way.</summary>
    Connecting,

    Open,

    /// <summary>The line is lost, or never was there; attempts go on.</summary>
    Reconnecting,

    /// <summary>The server does not accept our credentials; attempts go on, seldom.</summary>
    Refused,
}

/// <summary>The state of a connection, since when (wall clock of the connection's time provider), and why.</summary>
public sealed record NatsConnectionStatus(NatsConnectionState State, DateTimeOffset Since, string Reason);
