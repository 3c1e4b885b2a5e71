using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>What Scout wants to know of a pod.</summary>
public sealed record PodObject(ObjectKey Key, string Uid, string ResourceVersion, bool Deleting) : KubernetesObject(Key, Uid, ResourceVersion, Deleting)
{
    /// <summary>Annotation of a static pod: the uid under which the kubelet runs it.</summary>
    internal const string ConfigHashAnnotation = "kubernetes.io/config.hash";

    /// <summary>Empty until the pod is bound.</summary>
    public string NodeName { get; init; } = "";

    public bool HostNetwork { get; init; }

    /// <summary>As <c>Running</c>.</summary>
    public string Phase { get; init; } = "";

    public bool Ready { get; init; }

    /// <summary>Addresses of both families, the first is the main one.</summary>
    public ImmutableArray<string> PodIPs { get; init; } = [];

    public string HostIP { get; init; } = "";

    /// <summary>The first owner that controls the pod.</summary>
    public OwnerReference? Controller { get; init; }

    /// <summary>Of a static pod; empty otherwise.</summary>
    public string ConfigHash { get; init; } = "";

    /// <summary>The wanted labels that it has.</summary>
    public LabelSet Labels { get; init; } = LabelSet.None;

    /// <summary>
    /// One pod of each node, by the node's name: during a rollout two are there, and the one that stays counts. Pods that are bound to no node are left out.
    /// </summary>
    public static SortedDictionary<string, PodObject> OfNodes(IEnumerable<PodObject> pods)
    {
        var best = new SortedDictionary<string, PodObject>(StringComparer.Ordinal);
        foreach (PodObject pod in pods)
        {
            if (pod.NodeName.Length > 0 && (!best.TryGetValue(pod.NodeName, out PodObject? other) || Rank(pod).CompareTo(Rank(other)) > 0)) best[pod.NodeName] = pod;
        }

        return best;
    }

    private static (bool Stays, bool Ready, string Uid) Rank(PodObject pod) => (!pod.Deleting, pod.Ready, pod.Uid);

    internal static PodObject Read(ref Utf8JsonReader json, Wanted wanted)
    {
        var metadata = new ObjectMetadata(wanted);
        string node = "";
        bool hostNetwork = false;
        var status = default(PodStatus);
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("metadata"u8)) metadata.Read(ref json);
            else if (json.ValueTextEquals("spec"u8)) ReadSpec(ref json, wanted.Pool, ref node, ref hostNetwork);
            else if (json.ValueTextEquals("status"u8)) status = ReadStatus(ref json, wanted.Pool);
            else json.Skip();
        }

        return new PodObject(metadata.Key, metadata.Uid, metadata.ResourceVersion, metadata.Deleting)
        {
            NodeName = node,
            HostNetwork = hostNetwork,
            Phase = status.Phase ?? "",
            Ready = status.Ready,
            PodIPs = !status.IPs.IsDefaultOrEmpty ? status.IPs : status.IP is { Length: > 0 } only ? [only] : [],
            HostIP = status.HostIP ?? "",
            Controller = metadata.Controller,
            ConfigHash = metadata.Annotations[ConfigHashAnnotation] ?? "",
            Labels = metadata.Labels,
        };
    }

    private static void ReadSpec(ref Utf8JsonReader json, StringPool pool, ref string node, ref bool hostNetwork)
    {
        if (!JsonWalk.Enter(ref json)) return;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("nodeName"u8)) node = JsonWalk.Text(ref json, pool);
            else if (json.ValueTextEquals("hostNetwork"u8)) hostNetwork = JsonWalk.Flag(ref json);
            else json.Skip();
        }
    }

    private static PodStatus ReadStatus(ref Utf8JsonReader json, StringPool pool)
    {
        var status = default(PodStatus);
        if (!JsonWalk.Enter(ref json)) return status;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("phase"u8)) status.Phase = JsonWalk.Text(ref json, pool);
            else if (json.ValueTextEquals("podIP"u8)) status.IP = JsonWalk.Text(ref json);
            else if (json.ValueTextEquals("podIPs"u8)) status.IPs = JsonWalk.TextsOf(ref json, "ip"u8);
            else if (json.ValueTextEquals("hostIP"u8)) status.HostIP = JsonWalk.Text(ref json, pool);
            else if (json.ValueTextEquals("conditions"u8)) status.Ready = Conditions.IsReady(ref json);
            else json.Skip();
        }

        return status;
    }

    private struct PodStatus
    {
        public string? Phase;
        public string? IP;
        public ImmutableArray<string> IPs;
        public string? HostIP;
        public bool Ready;
    }
}
