using System.Security.Cryptography;
using Scout.Broker.Files;
using Scout.Broker.Keys;

namespace Scout.Broker.Certificates;

/// <summary>The server's certificate in the directory: whether a new one is due, and a new one.</summary>
internal static class CertificateKeeper
{
    /// <summary>Null while the certificate may be used and has more than a third of its life left; else why a new one is due.</summary>
    public static string? WhyDue(BrokerFiles files, BrokerSettings settings, DateTimeOffset now)
    {
        if (!File.Exists(files.Server) || !File.Exists(files.ServerKey)) return "there is none yet";
        if (!ServerCertificate.TryRead(files.Server, files.ServerKey, out ServerCertificate? certificate, out string? why)) return why;
        if (certificate.WhyUnfit(settings.Hosts, files.AuthorityPem(), now) is { } unfit) return unfit;
        return now >= certificate.RenewFrom ? $"two thirds of its life are over; it ends at {certificate.NotAfter.UtcDateTime:yyyy-MM-dd}" : null;
    }

    /// <summary>Makes key and certificate anew. The key goes first: a crash in between leaves a pair that does not fit, which is noticed and made anew.</summary>
    /// <exception cref="BrokerKeyException">The authority's key is not here.</exception>
    public static ServerCertificate Issue(BrokerFiles files, BrokerSettings settings, DateTimeOffset now)
    {
        CertificatePem made = Make(files, settings, now);
        PrivateFile.Replace(files.ServerKey, made.Key);
        PrivateFile.Replace(files.Server, made.Certificates, PrivateFile.Public);
        return ServerCertificate.TryRead(made, out ServerCertificate? certificate, out string? why) ? certificate : throw new BrokerKeyException(why);
    }

    /// <summary>Makes key and certificate; writes nothing.</summary>
    public static CertificatePem Make(BrokerFiles files, BrokerSettings settings, DateTimeOffset now)
    {
        if (!File.Exists(files.AuthorityKey))
        {
            throw new BrokerKeyException($"the server's certificate cannot be made: {files.AuthorityKey} is not here", "bring the authority's key back for a moment, then call 'scout broker init' again");
        }

        if (PrivateFile.WhyNotSecret(files.AuthorityKey) is { } open) throw new BrokerKeyException($"the authority's key cannot be trusted: {open}");
        try
        {
            return FleetCertificates.IssueServer(new CertificatePem(File.ReadAllText(files.Authority), File.ReadAllText(files.AuthorityKey)), settings.Hosts, now);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            throw new BrokerKeyException($"{files.Authority} and {files.AuthorityKey} are no certificate with its key: {failure.Message}", "put both back from one backup", failure);
        }
    }
}
