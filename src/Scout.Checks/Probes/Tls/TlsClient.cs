using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Tls;

/// <summary>The phase <c>tls</c> of the probes that have one.</summary>
internal static class TlsClient
{
    /// <summary>
    /// Makes the handshake. The certificates are judged by the caller's settings afterwards, not inside it: so a probe that only wants to see them sees them,
    /// and what is wrong is told in our words. Downloads are off: a chain that the peer does not send is not mended silently.
    /// </summary>
    /// <param name="stream">Made over the connection, not yet authenticated.</param>
    /// <param name="settings">Trust, versions, certificate of our own.</param>
    /// <param name="serverName">Sent as SNI, and wanted in the certificate.</param>
    /// <param name="protocols">ALPN; null without.</param>
    /// <param name="attempt">The phase is begun and ended here.</param>
    /// <param name="deadline">The deadline.</param>
    /// <returns>What the peer showed, or why there was no handshake.</returns>
    public static async ValueTask<(PeerCertificates? Peer, ProbeEnding Failed)> HandshakeAsync(
        SslStream stream, TlsSettings settings, string serverName, List<SslApplicationProtocol>? protocols, ProbeAttempt attempt, CancellationToken deadline)
    {
        PeerCertificates? peer = null;
        DateTimeOffset now = attempt.Context.Time.GetUtcNow();
        SslClientAuthenticationOptions options;
        try
        {
            options = new SslClientAuthenticationOptions
            {
                TargetHost = serverName,
                EnabledSslProtocols = settings.Versions,
                ApplicationProtocols = protocols,
                // A resumed session shows no certificate.
                AllowTlsResume = false,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                CertificateChainPolicy = Policy(settings),
                ClientCertificateContext = settings.Client is { } files ? Client(files) : null,
#pragma warning disable CA5359 // Judged by the caller before anything is sent, with PeerCertificates.Problem.
                RemoteCertificateValidationCallback = (_, leaf, chain, _) =>
                {
                    if (leaf is X509Certificate2 certificate && chain is not null) peer = PeerCertificates.Of(certificate, chain, serverName.TrimEnd('.'), now);
                    return true;
                },
#pragma warning restore CA5359
            };
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return (null, new ProbeEnding(ProbeReason.Local, error.Message));
        }

        attempt.Begin(ProbePhase.Tls);
        try
        {
            await stream.AuthenticateAsClientAsync(options, deadline);
        }
        catch (AuthenticationException error)
        {
            return (null, new ProbeEnding(ProbeReason.TlsHandshake, $"no TLS handshake: {Innermost(error)}"));
        }
        catch (IOException error) when (error.InnerException is not System.Net.Sockets.SocketException)
        {
            return (null, new ProbeEnding(ProbeReason.TlsHandshake, "no TLS handshake: the peer broke it off"));
        }

        attempt.End();
        return peer is null ? (null, new ProbeEnding(ProbeReason.TlsHandshake, "no TLS handshake: the peer showed no certificate")) : (peer, default);
    }

    private static X509ChainPolicy Policy(TlsSettings settings)
    {
        var policy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        if (settings.CaFile is not { } file) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CryptographicException($"'ca_file' {file} cannot be read: {error.Message}", error);
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw new CryptographicException($"'ca_file' {file} holds no certificate in PEM");
    }

    private static SslStreamCertificateContext Client(ClientFiles files)
    {
        try
        {
            X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(files.Certificate);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CryptographicException($"'client' {files.Certificate} with {files.Key} cannot be used: {error.Message}", error);
        }
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner) error = inner;
        // OpenSSL: "error:0A00010B:SSL routines::wrong version number"; the words behind the last colons are for people.
        string text = error.Message;
        int words = text.LastIndexOf("::", StringComparison.Ordinal);
        return words >= 0 ? text[(words + 2)..].Trim() : text;
    }
}
