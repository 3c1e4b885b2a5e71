using System.Net.Security;
using System.Security.Authentication;

namespace Scout.Checks.Probes.Tls;

/// <summary>How a TLS client behaves. Immutable.</summary>
public sealed record TlsSettings
{
    /// <summary>The chain must lead to a trusted root and the name must fit.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Absolute path of PEM certificates to trust instead of the system's; read at each run, so that it may be renewed.</summary>
    public string? CaFile { get; init; }

    /// <summary>TLS 1.2 or 1.3 is the least.</summary>
    public SslProtocols LeastVersion { get; init; } = SslProtocols.Tls12;

    /// <summary>Absolute paths of certificate (with its chain) and key in PEM; null without one.</summary>
    public ClientFiles? Client { get; init; }

    internal SslProtocols Versions => LeastVersion == SslProtocols.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;
}

/// <summary>A certificate of our own.</summary>
public sealed record ClientFiles(string Certificate, string Key);
