namespace Scout.Nats;

/// <summary>When a connection is encrypted.</summary>
public enum TlsMode
{
    /// <summary>
    /// <see cref="Require"/>, but for a <c>nats://</c> address of this machine (loopback) without certificates in these options: there, TLS is used when the
    /// server demands it.
    /// </summary>
    Auto,

    /// <summary>After INFO. A server that does not offer it is left before a credential is sent.</summary>
    Require,

    /// <summary>From the first byte. Needs a server of version 2.10.4 or later with <c>handshake_first</c>.</summary>
    Implicit,

    /// <summary>Never. A server that demands it, and a <c>tls://</c> address, are errors.</summary>
    Disable,
}

/// <summary>
/// How a connection is encrypted: TLS 1.2 or 1.3. The certificate must carry the host name of the configured address, also on servers learned from others.
/// There is no way to switch the check off.
/// </summary>
public sealed record NatsTlsOpts
{
    public static readonly NatsTlsOpts Default = new();

    public TlsMode Mode { get; init; } = TlsMode.Auto;

    /// <summary>PEM file with the only authorities that are trusted; read before every attempt.</summary>
    public string? CaFile { get; init; }

    /// <summary>
    /// The same as text. Without either, the certificates in the credentials are trusted (<see cref="NatsCreds.CertificatesPem"/>), and without those the
    /// authorities of the system.
    /// </summary>
    public string? CaPem { get; init; }

    /// <summary>PEM file with our own certificate and what stands between it and its authority; for servers that ask for one.</summary>
    public string? CertFile { get; init; }

    /// <summary>PEM file with the key of <see cref="CertFile"/>; others must not be able to read it.</summary>
    public string? KeyFile { get; init; }

    /// <summary>
    /// The name that the certificate must carry when it is not the host of the address: a server on this machine, say, reached by a loopback address. Null: the host.
    /// </summary>
    public string? TargetName { get; init; }

    internal bool HasCertificates => CaFile is not null || CaPem is not null || CertFile is not null;
}
