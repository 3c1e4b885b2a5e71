using System.Security.Cryptography.X509Certificates;
using System.Text;
using YamlDotNet.RepresentationModel;

namespace Scout.Kubernetes.Tests.Cluster;

/// <summary>What of a KUBECONFIG file is needed to write to a cluster: server, authority, and a token or a client certificate.</summary>
internal sealed record KubeConfig(Uri Server, string CaPem, string? Token, X509Certificate2? Certificate)
{
    /// <exception cref="FormatException">The file has not what is needed; the message says what.</exception>
    public static KubeConfig Read(string path)
    {
        var yaml = new YamlStream();
        using (var text = new StreamReader(path)) yaml.Load(text);
        YamlNode root = yaml.Documents[0].RootNode;
        string context = Text(root, "current-context") ?? throw Missing(path, "current-context");
        YamlNode chosen = Named(root, "contexts", context, "context") ?? throw Missing(path, $"the context {context}");
        YamlNode cluster = Named(root, "clusters", Text(chosen, "cluster") ?? "", "cluster") ?? throw Missing(path, "the context's cluster");
        YamlNode user = Named(root, "users", Text(chosen, "user") ?? "", "user") ?? throw Missing(path, "the context's user");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string ca = Content(cluster, "certificate-authority", folder) ?? throw Missing(path, "certificate-authority");
        string? token = Text(user, "token") ?? (Text(user, "tokenFile") is { } file ? File.ReadAllText(Path.Combine(folder, file)).Trim() : null);
        string? certificate = Content(user, "client-certificate", folder);
        string? key = Content(user, "client-key", folder);
        if (token is null && (certificate is null || key is null)) throw Missing(path, "a token or a client certificate with its key (exec and auth-provider are not run)");
        return new KubeConfig(new Uri(Text(cluster, "server") ?? throw Missing(path, "server")), ca, token, certificate is null || key is null ? null : X509Certificate2.CreateFromPem(certificate, key));
    }

    private static FormatException Missing(string path, string what) => new($"{path}: {what} is missing");

    /// <summary>In the file itself as base64 (<c>NAME-data</c>), or in another.</summary>
    private static string? Content(YamlNode node, string name, string folder) =>
        Text(node, name + "-data") is { } data ? Encoding.UTF8.GetString(Convert.FromBase64String(data)) : Text(node, name) is { } file ? File.ReadAllText(Path.Combine(folder, file)) : null;

    private static YamlNode? Named(YamlNode root, string list, string name, string part) =>
        Child(root, list) is YamlSequenceNode items && items.FirstOrDefault(item => Text(item, "name") == name) is { } found ? Child(found, part) : null;

    private static string? Text(YamlNode node, string name) => Child(node, name) is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;

    private static YamlNode? Child(YamlNode node, string name) => node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? found) ? found : null;
}
