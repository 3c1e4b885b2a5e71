using System.Security.Cryptography.X509Certificates;
using Scout.Broker.Certificates;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Custody;

/// <summary>
/// From one authority to the next with both in <c>ca.pem</c> for one life of the nodes' logins: nodes get the file with each renewal, so all of them know the new one
/// before the server's certificate hangs on it. Each step leaves files that fit together wherever it is interrupted.
/// </summary>
internal sealed class AuthorityRotation(BrokerFiles files, BrokerSettings settings, DateTimeOffset now)
{
    /// <summary>How long nodes take to learn of a new authority: the life of their login.</summary>
    private static readonly TimeSpan Overlap = RoleTemplates.Of(ScoutRole.Node).MaxLife ?? TimeSpan.FromDays(7);

    /// <summary>Makes the next authority and puts it behind the present one.</summary>
    public Change Begin()
    {
        if (File.Exists(files.NextAuthority)) throw new BrokerKeyException($"a change of authority was begun already: {files.NextAuthority}", Due("switch", Since(files.NextAuthority)));
        if (Certificates(files.AuthorityPem()).Length > 1) throw new BrokerKeyException("the last change of authority is not ended: two are in ca.pem", "'scout broker rotate ca finish' ends it");
        bool keyed = File.Exists(files.NextAuthorityKey);
        CertificatePem made = FleetCertificates.MakeAuthority(now, keyed ? File.ReadAllText(files.NextAuthorityKey) : null);
        if (!keyed) PrivateFile.Create(files.NextAuthorityKey, made.Key);
        PrivateFile.Replace(files.Authority, files.AuthorityPem().TrimEnd() + "\n" + made.Certificates, PrivateFile.Public);
        PrivateFile.Create(files.NextAuthority, made.Certificates, PrivateFile.Public);
        return new Change(
            ["a new authority is made; from now on nodes are told to trust both"],
            [$"back up {files.NextAuthorityKey}", $"when {Overlap.TotalDays:0} days have passed: scout broker rotate ca switch", "people get it with new credentials, or as --ca " + files.Authority]);
    }

    /// <summary>Has the server's certificate hang on the new authority.</summary>
    public Change Switch(bool force)
    {
        if (!File.Exists(files.NextAuthority)) throw new BrokerKeyException("no change of authority was begun", "'scout broker rotate ca begin' begins one");
        TimeSpan since = Since(files.NextAuthority);
        if (since < Overlap && !force) throw new BrokerKeyException("nodes may not know the new authority yet, and would be cut off", Due("switch", since));
        string next = File.ReadAllText(files.NextAuthority);
        string[] both = Certificates(files.AuthorityPem());
        // The new one first: the first is the one that signs.
        PrivateFile.Replace(files.Authority, next.TrimEnd() + "\n" + string.Concat(both.Where(one => one.Trim() != next.Trim())), PrivateFile.Public);
        if (File.Exists(files.NextAuthorityKey)) File.Move(files.NextAuthorityKey, files.AuthorityKey, overwrite: true);
        ServerCertificate made = CertificateKeeper.Issue(files, settings, now);
        File.Delete(files.NextAuthority);
        return new Change(
            [$"the server's certificate hangs on the new authority, until {made.NotAfter.UtcDateTime:yyyy-MM-dd}; the old one is still trusted"],
            [$"back up {files.TlsFolder}", $"when {Overlap.TotalDays:0} days have passed: scout broker rotate ca finish"]);
    }

    /// <summary>Forgets the old authority.</summary>
    public Change Finish(bool force)
    {
        if (File.Exists(files.NextAuthority)) throw new BrokerKeyException("the server's certificate still hangs on the old authority", "'scout broker rotate ca switch' comes first");
        string[] both = Certificates(files.AuthorityPem());
        if (both.Length < 2) throw new BrokerKeyException("there is one authority, and nothing to end", "'scout broker rotate ca begin' begins a change");
        if (!ServerCertificate.TryRead(files.Server, files.ServerKey, out ServerCertificate? server, out string? why)) throw new BrokerKeyException(why);
        if (server.WhyUnfit(settings.Hosts, both[0], now) is { } unfit) throw new BrokerKeyException($"the server's certificate does not hang on the new authority: {unfit}", "'scout broker rotate ca switch' comes first");
        TimeSpan since = now - server.NotBefore;
        if (since < Overlap && !force) throw new BrokerKeyException("nodes may still have only the old authority", Due("finish", since));
        PrivateFile.Replace(files.Authority, both[0], PrivateFile.Public);
        return new Change(["the old authority is trusted no more"], [$"back up {files.TlsFolder}"]);
    }

    private static string Due(string step, TimeSpan since) => $"'scout broker rotate ca {step}' is due in {Math.Max(0, (Overlap - since).TotalDays):0.#} days; --force does it now, and nodes that did not renew meanwhile need help by hand";

    private TimeSpan Since(string path)
    {
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(path));
        return now - new DateTimeOffset(certificate.NotBefore.ToUniversalTime());
    }

    private static string[] Certificates(string pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        string[] texts = [.. all.Select(static one => one.ExportCertificatePem() + "\n")];
        foreach (X509Certificate2 one in all) one.Dispose();
        return texts;
    }
}
