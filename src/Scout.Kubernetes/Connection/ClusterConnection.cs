namespace Scout.Kubernetes;

/// <summary>Where the API server is and what a pod needs to speak to it. The files are read again while the client runs, so these are paths.</summary>
/// <param name="Server">Base address, https.</param>
/// <param name="CaFile">PEM of the certificate authorities that may sign the server's certificate; nothing else is trusted.</param>
/// <param name="TokenFile">Bearer token, exchanged by the kubelet while the pod runs.</param>
/// <param name="Namespace">The pod's own namespace.</param>
public sealed record ClusterConnection(Uri Server, string CaFile, string TokenFile, string Namespace)
{
    /// <summary>The folder that the kubelet mounts when <c>SCOUT_SA_DIR</c> names no other.</summary>
    public const string DefaultFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Reads what a pod is given. Null when something is missing; <paramref name="whyNot"/> then names it, and is empty otherwise.</summary>
    public static ClusterConnection? FromPod(IReadOnlyDictionary<string, string> environment, out string whyNot)
    {
        string host = Value(environment, "KUBERNETES_SERVICE_HOST");
        string port = Value(environment, "KUBERNETES_SERVICE_PORT");
        if (host.Length == 0 || port.Length == 0)
        {
            whyNot = $"{(host.Length == 0 ? "KUBERNETES_SERVICE_HOST" : "KUBERNETES_SERVICE_PORT")} is not set: this is not a pod, or its service links are off";
            return null;
        }

        string name = host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host;
        if (!ushort.TryParse(port, out _) || !Uri.TryCreate($"https://{name}:{port}/", UriKind.Absolute, out Uri? server))
        {
            whyNot = $"KUBERNETES_SERVICE_HOST '{host}' and KUBERNETES_SERVICE_PORT '{port}' are no address";
            return null;
        }

        string folder = Value(environment, "SCOUT_SA_DIR");
        if (folder.Length == 0) folder = DefaultFolder;
        string[] files = ["token", "ca.crt", "namespace"];
        foreach (string file in files)
        {
            string path = Path.Combine(folder, file);
            if (File.Exists(path)) continue;
            whyNot = $"{path} is missing: mount a service account token (automountServiceAccountToken, or a projected volume), or set SCOUT_SA_DIR";
            return null;
        }

        try
        {
            string space = File.ReadAllText(Path.Combine(folder, "namespace")).Trim();
            whyNot = space.Length == 0 ? $"{Path.Combine(folder, "namespace")} is empty" : "";
            return space.Length == 0 ? null : new ClusterConnection(server, Path.Combine(folder, "ca.crt"), Path.Combine(folder, "token"), space);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            whyNot = $"{Path.Combine(folder, "namespace")}: {error.Message}";
            return null;
        }
    }

    private static string Value(IReadOnlyDictionary<string, string> environment, string name) => environment.TryGetValue(name, out string? value) ? value.Trim() : "";
}
