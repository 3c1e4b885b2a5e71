namespace Scout.Nats.Protocol;

internal enum ServerErrorKind : byte
{
    /// <summary>Not one of the texts below: told, and the connection left to the server.</summary>
    Unknown,

    /// <summary>The connection closes; an ordinary reconnect follows.</summary>
    Closes,

    /// <summary>We may not publish there. The connection stays.</summary>
    PublishDenied,

    /// <summary>We may not subscribe there. The connection stays.</summary>
    SubscribeDenied,

    /// <summary>A subject of ours was wrong. The connection stays.</summary>
    InvalidSubject,

    /// <summary>Our credentials are not accepted. The connection closes.</summary>
    Refused,

    /// <summary>We sent something the server does not take. The connection closes.</summary>
    OurFault,
}

/// <summary>What the texts after -ERR mean, compared without case by their beginning.</summary>
internal static class ServerErrors
{
    private static readonly (string Beginning, ServerErrorKind Kind)[] Table =
    [
        ("Permissions Violation for Publish", ServerErrorKind.PublishDenied),
        ("Permissions Violation for Subscription", ServerErrorKind.SubscribeDenied),
        ("Invalid Subject", ServerErrorKind.InvalidSubject),
        ("Invalid Publish Subject", ServerErrorKind.InvalidSubject),
        ("maximum subscriptions exceeded", ServerErrorKind.InvalidSubject),
        ("Authorization Violation", ServerErrorKind.Refused),
        ("User Authentication Expired", ServerErrorKind.Refused),
        ("User Authentication Revoked", ServerErrorKind.Refused),
        ("Account Authentication Expired", ServerErrorKind.Refused),
        ("Failed Account Registration", ServerErrorKind.Refused),
        ("Authentication Timeout", ServerErrorKind.Closes),
        ("maximum connections exceeded", ServerErrorKind.Closes),
        ("maximum account active connections exceeded", ServerErrorKind.Closes),
        ("Stale Connection", ServerErrorKind.Closes),
        ("Slow Consumer", ServerErrorKind.Closes),
        ("Secure Connection", ServerErrorKind.Closes),
        ("Maximum Payload", ServerErrorKind.OurFault),
        ("maximum control line exceeded", ServerErrorKind.OurFault),
        ("Unknown Protocol Operation", ServerErrorKind.OurFault),
        ("Parser Error", ServerErrorKind.OurFault),
    ];

    public static ServerErrorKind Classify(string text)
    {
        foreach ((string beginning, ServerErrorKind kind) in Table)
        {
            if (text.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)) return kind;
        }

        return ServerErrorKind.Unknown;
    }

    /// <summary>Whether the server keeps the connection after this error.</summary>
    public static bool Stays(ServerErrorKind kind) =>
        kind is ServerErrorKind.Unknown or ServerErrorKind.PublishDenied or ServerErrorKind.SubscribeDenied or ServerErrorKind.InvalidSubject;

    /// <summary>The text between the first pair of double quotes: the subject a violation is about; null without one.</summary>
    public static string? Subject(string text)
    {
        int start = text.IndexOf('"') + 1;
        int end = start > 0 ? text.IndexOf('"', start) : -1;
        return end < 0 ? null : text[start..end];
    }
}
