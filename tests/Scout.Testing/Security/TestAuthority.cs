using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scout.Testing;

/// <summary>A certificate authority of one test: P-256, path length 0, as the broker makes one.</summary>
public sealed class TestAuthority : IDisposable
{
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;
    private int serial = 1;

    public TestAuthority(string name = "test authority")
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        certificate = request.CreateSelfSigned(now.AddYears(-2), now.AddYears(10));
    }

    /// <summary>The authority's certificate.</summary>
    public string CaPem => certificate.ExportCertificatePem() + "\n";

    /// <summary>A certificate for these names (host names or addresses), with its key.</summary>
    /// <param name="names">Host names and addresses.</param>
    /// <param name="from">Valid from; an hour ago when not given.</param>
    /// <param name="to">Valid to; a day from now when not given.</param>
    /// <param name="purpose">The extended key usage.</param>
    public X509Certificate2 Issue(string[] names, DateTimeOffset? from = null, DateTimeOffset? to = null, string purpose = ServerAuthentication)
    {
        using ECDsa leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request(names, leafKey, purpose);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 leaf = request.Create(certificate, from ?? now.AddHours(-1), to ?? now.AddDays(1), BitConverter.GetBytes(serial++));
        return leaf.CopyWithPrivateKey(leafKey);
    }

    /// <summary>The same, signed by nobody but itself.</summary>
    public static X509Certificate2 SelfSigned(params string[] names)
    {
        using ECDsa leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return Request(names, leafKey, ServerAuthentication).CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }

    /// <summary>Writes a certificate and its key into <c>name.pem</c> and <c>name.key</c> (0600), and gives both paths.</summary>
    public static (string Certificate, string Key) Write(TempFolder folder, string name, X509Certificate2 leaf)
    {
        using ECDsa leafKey = leaf.GetECDsaPrivateKey()!;
        string certificatePath = folder.Write($"{name}.pem", leaf.ExportCertificatePem() + "\n");
        string keyPath = folder.Write($"{name}.key", leafKey.ExportPkcs8PrivateKeyPem() + "\n");
        File.SetUnixFileMode(keyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return (certificatePath, keyPath);
    }

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }

    private static CertificateRequest Request(string[] names, ECDsa key, string purpose)
    {
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }

        if (names.Length > 0) request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        return request;
    }
}
