namespace Scout.Kubernetes.Fake;

/// <summary>A kind that the fake serves.</summary>
public sealed record FakeResource(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    public static readonly FakeResource Namespaces = new("", "v1", "namespaces", "Namespace", false);
    public static readonly FakeResource Pods = new("", "v1", "pods", "Pod", true);
    public static readonly FakeResource Nodes = new("", "v1", "nodes", "Node", false);
    public static readonly FakeResource Services = new("", "v1", "services", "Service", true);
    public static readonly FakeResource ConfigMaps = new("", "v1", "configmaps", "ConfigMap", true);
    public static readonly FakeResource EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true);

    public static readonly IReadOnlyList<FakeResource> All = [Namespaces, Pods, Nodes, Services, ConfigMaps, EndpointSlices];

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>As the API server names it in messages.</summary>
    public string Qualified => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}
