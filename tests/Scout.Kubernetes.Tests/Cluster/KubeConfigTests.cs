using System.Security.Cryptography.X509Certificates;
using System.Text;
using Scout.Testing;

namespace Scout.Kubernetes.Tests.Cluster;

public sealed class KubeConfigTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly TestAuthority authority = new();

    [Fact]
    public void A_token_and_an_authority_in_the_file_are_read()
    {
        KubeConfig read = KubeConfig.Read(Write($"certificate-authority-data: {Base64(authority.CaPem)}", "token: abc"));
        Assert.Equal((new Uri("https://10.0.0.1:6443"), authority.CaPem, "abc", (X509Certificate2?)null), (read.Server, read.CaPem, read.Token, read.Certificate));
    }

    [Fact]
    public void A_client_certificate_beside_the_file_is_read_with_its_key()
    {
        folder.Write("ca.pem", authority.CaPem);
        (string certificate, string key) = TestAuthority.Write(folder, "admin", authority.Issue(["admin"]));
        KubeConfig read = KubeConfig.Read(Write("certificate-authority: ca.pem", $"client-certificate: {Path.GetFileName(certificate)}, client-key-data: {Base64(File.ReadAllText(key))}"));
        Assert.Null(read.Token);
        Assert.True(read.Certificate!.HasPrivateKey);
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        FormatException error = Assert.Throws<FormatException>(() => KubeConfig.Read(Write($"certificate-authority-data: {Base64(authority.CaPem)}", "exec: { command: aws }")));
        Assert.Contains("a token or a client certificate with its key", error.Message);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private string Write(string cluster, string user) => folder.Write("config", $$"""
        apiVersion: v1
        kind: Config
        current-context: here
        contexts: [{ name: there, context: { cluster: x, user: y } }, { name: here, context: { cluster: c, user: u } }]
        clusters: [{ name: c, cluster: { server: "https://10.0.0.1:6443", {{cluster}} } }]
        users: [{ name: u, user: { {{user}} } }]
        """);

    public void Dispose()
    {
        authority.Dispose();
        folder.Dispose();
    }
}
