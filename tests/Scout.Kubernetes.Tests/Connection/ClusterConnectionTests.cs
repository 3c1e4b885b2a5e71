using Scout.Testing;

namespace Scout.Kubernetes.Tests.Connection;

public sealed class ClusterConnectionTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("10.0.0.1", "443", "https://10.0.0.1/")]
    [InlineData("fd00::1", "6443", "https://[fd00::1]:6443/")]
    public void A_pod_knows_its_server(string host, string port, string address)
    {
        Write("token", "ca.crt", "namespace");
        ClusterConnection? to = ClusterConnection.FromPod(Environment(host, port), out string whyNot);
        Assert.Equal("", whyNot);
        Assert.Equal(new Uri(address), to!.Server);
        Assert.Equal(("namespace", folder.File("token"), folder.File("ca.crt")), (to.Namespace, to.TokenFile, to.CaFile));
    }

    [Theory]
    [InlineData("", "443", "KUBERNETES_SERVICE_HOST")]
    [InlineData("10.0.0.1", "", "KUBERNETES_SERVICE_PORT")]
    [InlineData("10.0.0.1", "x", "no address")]
    [InlineData("10.0.0.1", "443", "token is missing")]
    public void What_is_missing_is_named(string host, string port, string words)
    {
        Write("ca.crt", "namespace");
        Assert.Null(ClusterConnection.FromPod(Environment(host, port), out string whyNot));
        Assert.Contains(words, whyNot);
    }

    private Dictionary<string, string> Environment(string host, string port) => new()
    {
        ["KUBERNETES_SERVICE_HOST"] = host,
        ["KUBERNETES_SERVICE_PORT"] = port,
        ["SCOUT_SA_DIR"] = folder.Path,
    };

    private void Write(params string[] names)
    {
        foreach (string name in names) folder.Write(name, name + "\n");
    }

    public void Dispose() => folder.Dispose();
}
