using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scout.Broker.Certificates;

/// <summary>A certificate with its private key, as PEM.</summary>
/// <param name="Certificates">The certificate, then those it hangs on.</param>
/// <param name="Key">PKCS #8, not encrypted.</param>
internal sealed record CertificatePem(string Certificates, string Key)
{
    // A record would print the key.
    public override string ToString() => "certificate and key";
}

/// <summary>Makes the fleet's own authority and the server's certificate (security.md 3): P-256, SHA-256, nothing that is not needed.</summary>
internal static class FleetCertificates
{
    /// <summary>How long an authority lives.</summary>
    public const int AuthorityYears = 10;

    /// <summary>How long a server's certificate lives; it is renewed after two thirds.</summary>
    public static readonly TimeSpan ServerLife = TimeSpan.FromDays(90);

    /// <summary>Clocks of nodes differ: a certificate is valid from this long before it was made.</summary>
    private static readonly TimeSpan Before = TimeSpan.FromHours(1);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>
    /// An authority that may sign server certificates and nothing else: path length 0, only keyCertSign. Revocation is not by lists: a new authority takes the old one's place.
    /// </summary>
    /// <param name="now">Valid from an hour before.</param>
    /// <param name="keyPem">Its private key, when there is one already.</param>
    public static CertificatePem MakeAuthority(DateTimeOffset now, string? keyPem = null) => MakeAuthority(now, keyPem, "Scout fleet authority " + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));

    /// <summary>The authority by which servers of a cluster know each other. Each makes it anew from the key that they share: name and key are what counts.</summary>
    public static CertificatePem MakeClusterAuthority(DateTimeOffset now, string? keyPem = null) => MakeAuthority(now, keyPem, "Scout cluster authority");

    private static CertificatePem MakeAuthority(DateTimeOffset now, string? keyPem, string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (keyPem is not null) key.ImportFromPem(keyPem);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using X509Certificate2 made = request.CreateSelfSigned(now - Before, now.AddYears(AuthorityYears));
        return new CertificatePem(made.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>A server's certificate with the authority behind it.</summary>
    /// <param name="authority">The authority's certificate and key.</param>
    /// <param name="hosts">Names and addresses by which nodes reach the broker, at least one. This machine's own loopback names are added: the broker's services connect there.</param>
    /// <param name="now">Valid from an hour before.</param>
    /// <exception cref="CryptographicException">The authority cannot be read, or key and certificate do not belong together.</exception>
    public static CertificatePem IssueServer(CertificatePem authority, IReadOnlyList<string> hosts, DateTimeOffset now) => Issue(authority, hosts, now, [new Oid(ServerAuthentication)], ServerLife);

    /// <summary>The certificate that a server of a cluster shows to the others, as client and as server. Made anew at each start of its pod, so it need not be renewed.</summary>
    public static CertificatePem IssueClusterMember(CertificatePem authority, IReadOnlyList<string> hosts, DateTimeOffset now) =>
        Issue(authority, hosts, now, [new Oid(ServerAuthentication), new Oid(ClientAuthentication)], TimeSpan.FromDays(365 * 5));

    private static CertificatePem Issue(CertificatePem authority, IReadOnlyList<string> hosts, DateTimeOffset now, OidCollection uses, TimeSpan life)
    {
        using X509Certificate2 issuer = X509Certificate2.CreateFromPem(authority.Certificates, authority.Key);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string common = hosts[0].Length <= 64 ? hosts[0] : "scout broker";
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(common);
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (string host in hosts.Concat(["localhost", "127.0.0.1", "::1"]).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(host, out IPAddress? address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x01);
        DateTimeOffset end = now + life;
        var last = new DateTimeOffset(issuer.NotAfter.ToUniversalTime());
        if (end > last) end = last;
        using X509Certificate2 made = request.Create(issuer, now - Before, end, serial);
        return new CertificatePem(made.ExportCertificatePem() + "\n" + issuer.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
