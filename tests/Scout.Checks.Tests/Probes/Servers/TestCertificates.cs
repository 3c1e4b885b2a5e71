using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scout.Checks.Tests.Probes.Servers;

/// <summary>A root, an intermediate and whatever leaves a test wants. Made once: keys cost.</summary>
internal static class TestCertificates
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public static X509Certificate2 Root { get; } = Authority("CN=Scout Test Root", null);

    public static X509Certificate2 Intermediate { get; } = Authority("CN=Scout Test Intermediate", Root);

    /// <summary>Root in PEM, for <c>ca_file</c>.</summary>
    public static string RootFile { get; } = Write("root", Root.ExportCertificatePem());

    /// <summary>For <c>localhost.test</c> and 127.0.0.1, good for 90 days, signed by the intermediate.</summary>
    public static X509Certificate2 Good { get; } = Leaf();

    public static X509Certificate2 SelfSigned { get; } = Leaf(issuer: null, selfSigned: true);

    /// <summary>A leaf with its key.</summary>
    public static X509Certificate2 Leaf(double days = 90, string name = "here.test", X509Certificate2? issuer = null, bool selfSigned = false, double since = -10)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (name == "here.test") names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        DateTimeOffset from = Now.AddDays(since);
        DateTimeOffset until = Now.AddDays(days);
        X509Certificate2 signer = issuer ?? Intermediate;
        // By name and key, not by certificate: a leaf may outlive its issuer here.
        using X509Certificate2 signed = selfSigned ? request.CreateSelfSigned(Min(from, until), until) : request.Create(
            signer.SubjectName, X509SignatureGenerator.CreateForECDsa(signer.GetECDsaPrivateKey()!), Min(from, until), until, RandomNumberGenerator.GetBytes(12));
        return selfSigned ? X509CertificateLoader.LoadPkcs12(signed.Export(X509ContentType.Pfx), null) : WithKey(signed, key);
    }

    public static string Write(string name, string pem)
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("scout-tls-").FullName, name + ".pem");
        File.WriteAllText(file, pem);
        return file;
    }

    private static DateTimeOffset Min(DateTimeOffset from, DateTimeOffset until) => from < until ? from : until.AddDays(-5);

    private static X509Certificate2 WithKey(X509Certificate2 certificate, ECDsa key)
    {
        using X509Certificate2 both = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(both.Export(X509ContentType.Pfx), null);
    }

    /// <summary>One that may sign, with its key.</summary>
    public static X509Certificate2 Authority(string name, X509Certificate2? issuer, double days = 3900)
    {
        ECDsa key = issuer is null ? Key : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        return issuer is null
            ? request.CreateSelfSigned(Now.AddDays(-4000), Now.AddDays(4000))
            : WithKey(request.Create(issuer, Now.AddDays(-3900), Now.AddDays(days), RandomNumberGenerator.GetBytes(12)), key);
    }
}
