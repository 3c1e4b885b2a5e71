using Scout.Traffic.Cgroups;

namespace Scout.Traffic.Names;

/// <summary>Finds a pod's label by what its cgroup is called.</summary>
internal sealed class PodBook
{
    private readonly Dictionary<string, PodLabel> byUid = new(StringComparer.Ordinal);
    private readonly bool hasApi;

    public PodBook(TrafficNames? names)
    {
        hasApi = names is not null;
        foreach (TrafficPod pod in names?.Pods ?? [])
        {
            var label = PodLabel.Named(pod.Namespace, pod.Name);
            byUid[pod.Uid] = label;

            // A static pod's cgroup is called by the hash of its file; its mirror in the API has another uid, and the hash as an annotation.
            if (pod.ConfigHash is { Length: > 0 } hash) byUid[hash] = label;
        }
    }

    /// <summary>Null while the API does not know the pod (yet).</summary>
    public PodLabel? Find(PodCgroup pod) =>
        byUid.TryGetValue(pod.Uid, out PodLabel label) ? label : hasApi ? null : PodLabel.Unnamed(pod.Uid);
}
