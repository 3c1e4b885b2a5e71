using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Scout.Nats.Connection;

/// <summary>
/// The client's side of TLS for one connection: our authorities (or the system's), the name that must be on the certificate, and what was wrong with it
/// in words. In a class of its own, so that a connection without TLS brings no cryptography into the process.
/// </summary>
internal sealed class TlsClient(NatsTlsOpts opts, ServerAddress address, string? certificatesPem)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const int MaxPemSize = 1024 * 1024;
    private const int MaxNamesShown = 200;

    private string? complaint;

    private string Name => opts.TargetName ?? address.TlsName;

    /// <summary>Whether this server must speak TLS, whatever it says itself.</summary>
    public static bool IsRequired(NatsOpts opts, ServerAddress address) => opts.TlsOpts.Mode switch
    {
        TlsMode.Require or TlsMode.Implicit => true,
        TlsMode.Disable => false,
        _ => address.Tls || opts.TlsOpts.HasCertificates || !address.IsLoopback,
    };

    /// <summary>Makes the stream an encrypted one. The caller disposes it, also after an exception.</summary>
    /// <exception cref="NatsException">A file cannot be used, or the server is not who it should be.</exception>
    public async Task UpgradeAsync(SslStream stream, CancellationToken cancellationToken)
    {
        using var certificates = new Certificates(opts, certificatesPem);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = Name,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = ChainPolicy(certificates),
            ClientCertificateContext = certificates.Own,
            AllowRenegotiation = false,
            // A resumed session shows the certificate only, not what stands between it and its authority.
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = Judge,
        };
        try
        {
            await stream.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is AuthenticationException or IOException or CryptographicException)
        {
            throw new NatsConnectionFailedException($"TLS with {address} failed: {complaint ?? (error.InnerException ?? error).Message}", error);
        }
    }

    private static X509ChainPolicy ChainPolicy(Certificates certificates)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            // Nothing in a server's certificate makes us fetch anything.
            DisableCertificateDownloads = true,
        };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (certificates.Authorities is null) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(certificates.Authorities);
        return policy;
    }

    private bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None) return true;
        complaint = Describe(certificate as X509Certificate2, chain, errors);
        return false;
    }

    private string Describe(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return "the server showed no certificate";
        var reasons = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) reasons.Add($"the certificate is for {Names(certificate)}, not for {Name}");
        foreach (X509ChainStatus status in chain?.ChainStatus ?? [])
        {
            reasons.Add(status.Status switch
            {
                X509ChainStatusFlags.NotTimeValid => $"a certificate of the chain is not valid now (the server's: {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm}Z to {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z)",
                X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.NotSignatureValid => "the certificate does not come from an authority we trust",
                X509ChainStatusFlags.NotValidForUsage => "the certificate is not one for servers",
                _ => $"the certificate cannot be trusted ({status.Status})",
            });
        }

        return reasons.Count > 0 ? string.Join("; ", reasons.Distinct(StringComparer.Ordinal)) : "the certificate cannot be trusted";
    }

    // What a stranger wrote into its certificate is shown without what could steer a terminal.
    private static string Names(X509Certificate2 certificate)
    {
        var names = new StringBuilder();
        foreach (X509SubjectAlternativeNameExtension extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AppendJoin(' ', extension.EnumerateDnsNames()).Append(' ').AppendJoin(' ', extension.EnumerateIPAddresses());
        }

        if (names.Length == 0) return "no name";
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i] is < ' ' or > '~') names[i] = '?';
        }

        return names.ToString(0, Math.Min(names.Length, MaxNamesShown)).Trim();
    }

    /// <summary>The certificates of the options, for the length of one handshake.</summary>
    private sealed class Certificates : IDisposable
    {
        private readonly List<X509Certificate2> all = [];

        public Certificates(NatsTlsOpts opts, string? certificatesPem)
        {
            try
            {
                string? authorities = opts.CaFile is not null ? ReadText(opts.CaFile) : opts.CaPem ?? certificatesPem;
                if (authorities is not null) Authorities = Import(authorities, opts.CaFile ?? "the authority's certificates");
                if (opts.CertFile is not null) Own = ImportOwn(opts.CertFile, opts.KeyFile ?? throw new NatsCredentialsException("CertFile is given without KeyFile."));
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        /// <summary>The only roots that count; null means the system's.</summary>
        public X509Certificate2Collection? Authorities { get; }

        public SslStreamCertificateContext? Own { get; }

        public void Dispose() => all.ForEach(static certificate => certificate.Dispose());

        private X509Certificate2Collection Import(string pem, string where)
        {
            var found = new X509Certificate2Collection();
            try
            {
                found.ImportFromPem(pem);
            }
            catch (CryptographicException error)
            {
                throw new NatsCredentialsException($"{where}: not certificates in PEM: {error.Message}", error);
            }

            all.AddRange(found);
            return found.Count > 0 ? found : throw new NatsCredentialsException($"{where}: there is no certificate in it");
        }

        private SslStreamCertificateContext ImportOwn(string certFile, string keyFile)
        {
            X509Certificate2Collection chain = Import(ReadText(certFile), certFile);
            byte[] secret = SecretFile.Read(keyFile, MaxPemSize);
            char[] pem = new char[secret.Length];
            try
            {
                Encoding.ASCII.GetChars(secret, pem);
                X509Certificate2 own = X509Certificate2.CreateFromPem(chain[0].ExportCertificatePem(), pem);
                all.Add(own);
                return SslStreamCertificateContext.Create(own, [.. chain.Skip(1)], offline: true);
            }
            catch (Exception error) when (error is CryptographicException or ArgumentException)
            {
                throw new NatsCredentialsException($"{keyFile} is not the key of {certFile}: {error.Message}", error);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(secret);
                pem.AsSpan().Clear();
            }
        }

        private static string ReadText(string path)
        {
            try
            {
                return File.ReadAllText(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new NatsCredentialsException($"{path} cannot be read: {error.Message}", error);
            }
        }
    }
}
