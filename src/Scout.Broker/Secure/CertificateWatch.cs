using Microsoft.Extensions.Logging;
using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Files;
using Scout.Broker.Keys;

namespace Scout.Broker.Secure;

/// <summary>Certificate files that somebody else renews, such as cert-manager through a mounted Secret.</summary>
/// <param name="Certificate">PEM: the certificate, then those it hangs on.</param>
/// <param name="Key">PEM.</param>
/// <param name="Authority">PEM that nodes are given to trust; null: the certificate is taken to hang on the system's authorities.</param>
internal sealed record ExternalCertificate(string Certificate, string Key, string? Authority)
{
    /// <summary>The same files of one version, where they are mounted from a Secret: its link may be swapped between two readings.</summary>
    public ExternalCertificate Settled()
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(Certificate))!;
        if (new DirectoryInfo(Path.Combine(folder, MountedFile.Version)).LinkTarget is not { } version) return this;
        string In(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) == folder ? Path.Combine(folder, version, Path.GetFileName(path)) : path;
        return new ExternalCertificate(In(Certificate), In(Key), Authority is { } authority ? In(authority) : null);
    }
}

/// <summary>
/// Keeps the server's certificate good: renews our own after two thirds of its life, takes over one from elsewhere when its files have changed and fit together. A
/// new one that nats-server does not accept, or that does not fit, leaves the old one in use.
/// </summary>
internal sealed class CertificateWatch(BrokerFiles files, BrokerSettings settings, ExternalCertificate? external, BrokerState state, ILogger log, TimeProvider time)
{
    /// <summary>How soon a changed file is noticed (security.md 12: within 30 s).</summary>
    public static readonly TimeSpan ExternalInterval = TimeSpan.FromSeconds(10);

    /// <summary>How often our own is looked at.</summary>
    public static readonly TimeSpan OwnInterval = TimeSpan.FromHours(1);

    private string lastRefused = "";

    public TimeSpan Interval => external is null ? OwnInterval : ExternalInterval;

    /// <summary>Before nats-server is started: a certificate that may be used lies in place. Null when good.</summary>
    public string? Ensure()
    {
        try
        {
            DateTimeOffset now = time.GetUtcNow();
            if (external is not null)
            {
                if (Fresh(now, out string? why) is { } fresh) Place(fresh.Pem);
                // What was taken over last serves on when the files are bad now.
                else if (!Usable(now)) return why;
            }
            else if (CertificateKeeper.WhyDue(files, settings, now) is { } due)
            {
                try
                {
                    CertificateKeeper.Issue(files, settings, now);
                    BrokerLog.CertificateRenewed(log, due);
                }
                catch (BrokerKeyException failure) when (Usable(now))
                {
                    BrokerLog.CertificateRefused(log, failure.Message);
                }
            }

            files.Serve();
            Show();
            return null;
        }
        catch (Exception failure) when (failure is BrokerKeyException or IOException or UnauthorizedAccessException)
        {
            return failure.Message;
        }
    }

    /// <summary>While nats-server runs: takes a new certificate over when one is due.</summary>
    public async Task LookAsync(IBrokerReload reload, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        CertificatePem? next = external is null ? Renewed(now) : Changed(now);
        if (next is not null)
        {
            var old = new CertificatePem(await File.ReadAllTextAsync(files.Server, cancellation), await File.ReadAllTextAsync(files.ServerKey, cancellation));
            Place(next);
            ReloadOutcome outcome = await reload.ReloadAsync("a new certificate", cancellation);
            if (outcome.Applied)
            {
                lastRefused = "";
                BrokerLog.CertificateRenewed(log, "nats-server uses the new one");
            }
            else
            {
                Place(old);
                Refuse(outcome.Detail);
            }
        }

        Show();
    }

    private CertificatePem? Renewed(DateTimeOffset now)
    {
        if (CertificateKeeper.WhyDue(files, settings, now) is null) return null;
        try
        {
            return CertificateKeeper.Make(files, settings, now);
        }
        catch (BrokerKeyException failure)
        {
            Refuse(failure.Message);
            return null;
        }
    }

    private CertificatePem? Changed(DateTimeOffset now)
    {
        if (Fresh(now, out string? why) is not { } fresh)
        {
            Refuse(why!);
            return null;
        }

        bool same = ServerCertificate.TryRead(files.Server, files.ServerKey, out ServerCertificate? used, out _) && used.Fingerprint == fresh.Fingerprint;
        if (same && lastRefused.Length > 0)
        {
            lastRefused = "";
            state.ReloadMended();
        }

        return same ? null : fresh.Pem;
    }

    /// <summary>The certificate in the files from elsewhere, if it may be used.</summary>
    private ServerCertificate? Fresh(DateTimeOffset now, out string? why)
    {
        ExternalCertificate settled = external!.Settled();
        if (!ServerCertificate.TryRead(settled.Certificate, settled.Key, out ServerCertificate? certificate, out why)) return null;
        try
        {
            string? authority = settled.Authority is { } path ? File.ReadAllText(path) : null;
            why = certificate.WhyUnfit(settings.Hosts, authority, now);
            if (why is null && authority is not null && (!File.Exists(files.Authority) || File.ReadAllText(files.Authority) != authority)) PrivateFile.Replace(files.Authority, authority, PrivateFile.Public);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            why = failure.Message;
        }

        if (why is null) return certificate;
        why = $"{external.Certificate}: {why}";
        return null;
    }

    private bool Usable(DateTimeOffset now) =>
        ServerCertificate.TryRead(files.Server, files.ServerKey, out ServerCertificate? used, out _) && used.WhyUnfit(settings.Hosts, null, now) is null;

    private void Place(CertificatePem pem)
    {
        PrivateFile.Replace(files.ServerKey, pem.Key);
        PrivateFile.Replace(files.Server, pem.Certificates, PrivateFile.Public);
        files.Serve();
    }

    private void Refuse(string why)
    {
        state.ReloadRefused();
        // Said once a cause, not at each look.
        if (why != lastRefused) BrokerLog.CertificateRefused(log, why);
        lastRefused = why;
    }

    private void Show()
    {
        if (ServerCertificate.TryRead(files.Server, files.ServerKey, out ServerCertificate? used, out _)) state.CertificateEnds = used.NotAfter;
    }
}
