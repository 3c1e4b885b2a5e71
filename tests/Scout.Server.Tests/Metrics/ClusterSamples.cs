using System.Collections.Immutable;
using Scout.Kubernetes;

namespace Scout.Server.Tests.Metrics;

/// <summary>Samples of what is read of the Kubernetes API.</summary>
internal static class ClusterSamples
{
    public static ClusterSample Busy() => new(
        [new RequestSample("pods", "list", 200, 3), new RequestSample("pods", "watch", 0, 1)],
        [
            new MirrorSample
            {
                Kind = "pods",
                Relists = ImmutableDictionary<RelistReason, long>.Empty.Add(RelistReason.First, 1).Add(RelistReason.Expired, 2),
                Events = ImmutableDictionary<WatchEventType, long>.Empty.Add(WatchEventType.Modified, 7),
                Dropped = ImmutableDictionary<DropReason, long>.Empty.Add(DropReason.UnknownType, 1),
                Objects = 12,
                StaleFor = TimeSpan.FromSeconds(1.5),
            },
        ]);
}
