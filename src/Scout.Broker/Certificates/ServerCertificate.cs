using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scout.Broker.Certificates;

/// <summary>What can be said of a server's certificate from its files: whether it may be used, for whom, how long.</summary>
internal sealed record ServerCertificate
{
    public required CertificatePem Pem { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Lower-case hex SHA-256 of the leaf.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>From here on a new one is due: two thirds of its life.</summary>
    public DateTimeOffset RenewFrom => NotAfter - ((NotAfter - NotBefore) / 3);

    /// <summary>Reads both files as a pair.</summary>
    public static bool TryRead(string certificateFile, string keyFile, [NotNullWhen(true)] out ServerCertificate? certificate, [NotNullWhen(false)] out string? why)
    {
        certificate = null;
        try
        {
            return TryRead(new CertificatePem(File.ReadAllText(certificateFile), File.ReadAllText(keyFile)), out certificate, out why)
                || Fail($"{certificateFile} and {keyFile}: {why}", out why);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            why = failure.Message;
            return false;
        }
    }

    /// <summary>Reads a pair.</summary>
    public static bool TryRead(CertificatePem pem, [NotNullWhen(true)] out ServerCertificate? certificate, [NotNullWhen(false)] out string? why)
    {
        certificate = null;
        try
        {
            using X509Certificate2 leaf = X509Certificate2.CreateFromPem(pem.Certificates, pem.Key);
            certificate = new ServerCertificate
            {
                Pem = pem,
                NotBefore = new DateTimeOffset(leaf.NotBefore.ToUniversalTime()),
                NotAfter = new DateTimeOffset(leaf.NotAfter.ToUniversalTime()),
                Fingerprint = Convert.ToHexStringLower(SHA256.HashData(leaf.RawData)),
            };
            why = null;
            return true;
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            why = "they are no certificate with its own private key: " + failure.Message;
            return false;
        }
    }

    /// <summary>Null when a node that was told one of these hosts will accept it now; else why not.</summary>
    /// <param name="hosts">Every one must be among its names.</param>
    /// <param name="authority">PEM that it must hang on; null: not looked at.</param>
    /// <param name="now">It must be valid now.</param>
    public string? WhyUnfit(IReadOnlyList<string> hosts, string? authority, DateTimeOffset now)
    {
        if (now < NotBefore) return $"the certificate is valid only from {NotBefore.UtcDateTime:yyyy-MM-dd HH:mm} UTC on";
        if (now >= NotAfter) return $"the certificate expired at {NotAfter.UtcDateTime:yyyy-MM-dd HH:mm} UTC";
        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(Pem.Certificates);
        foreach (string host in hosts)
        {
            if (!leaf.MatchesHostname(host, allowWildcards: true, allowCommonName: false)) return $"the certificate is not for {host}";
        }

        if (authority is null) return null;
        var given = new X509Certificate2Collection();
        var roots = new X509Certificate2Collection();
        try
        {
            given.ImportFromPem(Pem.Certificates);
            roots.ImportFromPem(authority);
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots);
            chain.ChainPolicy.ExtraStore.AddRange(given);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = now.UtcDateTime;
            return chain.Build(leaf) ? null : "the certificate was not issued by the fleet's authority";
        }
        catch (CryptographicException failure)
        {
            return "the authority cannot be read: " + failure.Message;
        }
        finally
        {
            foreach (X509Certificate2 one in given.Concat(roots)) one.Dispose();
        }
    }

    private static bool Fail(string text, out string why)
    {
        why = text;
        return false;
    }
}
