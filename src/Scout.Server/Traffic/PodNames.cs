using Microsoft.Extensions.Logging.Abstractions;
using Scout.Kubernetes;
using Scout.Server.Life;

namespace Scout.Server.Traffic;

/// <summary>Names of this machine's pods for a command that runs for a while, from the Kubernetes API of the pod that it runs in.</summary>
public sealed class PodNames : IAsyncDisposable
{
    private readonly MirrorGroup group;
    private readonly Mirror<PodObject> pods;
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PodNames(ClusterConnection to, string node, TimeProvider time)
    {
        group = new MirrorGroup(to, new KubernetesClientOptions { Version = Product.Version, Component = "traffic-top" }, time, NullLogger.Instance);
        pods = group.Follow(ResourceKinds.Pods(), new Scope(FieldSelector: "spec.nodeName=" + node), change =>
        {
            if (change.Type == MirrorChangeType.Synced) synced.TrySetResult();
        });
    }

    /// <summary>Begins to follow the pods; null outside a cluster, or where nobody says what this machine is called in it.</summary>
    /// <param name="environment">Variables of the process.</param>
    /// <param name="time">The clock.</param>
    /// <param name="whyNot">What is missing; else empty.</param>
    public static PodNames? Open(IReadOnlyDictionary<string, string> environment, TimeProvider time, out string whyNot)
    {
        if (ClusterConnection.FromPod(environment, out whyNot) is not { } to) return null;
        string node = Cluster.NodeCluster.NameOf(environment);
        if (node.Length > 0) return new PodNames(to, node, time);
        whyNot = Cluster.NodeCluster.NameMissing;
        return null;
    }

    /// <summary>Waits for the first list; what kept it from coming, or null when it is there.</summary>
    public async Task<string?> WaitAsync(TimeSpan patience, TimeProvider time, CancellationToken stop)
    {
        await Task.WhenAny(synced.Task, Task.Delay(patience, time, stop));
        if (synced.Task.IsCompleted) return null;
        string failure = pods.Status.LastFailure;
        return failure.Length > 0 ? failure : "the Kubernetes API has not answered yet";
    }

    /// <summary>Namespace and name of a pod by what its cgroup is called: the uid, or a static pod's hash. Null: not known.</summary>
    public (string Namespace, string Name)? Find(string uid)
    {
        foreach (PodObject pod in pods.Objects.Values)
        {
            if (pod.Uid == uid || (pod.ConfigHash.Length > 0 && pod.ConfigHash == uid)) return (pod.Key.Namespace, pod.Key.Name);
        }

        return null;
    }

    public ValueTask DisposeAsync() => group.DisposeAsync();
}
