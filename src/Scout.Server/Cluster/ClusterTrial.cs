using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Kubernetes;
using Scout.Server.Configuration;
using Scout.Server.Life;
using Scout.Server.Mesh.Peers;
using Scout.Server.Traffic;

namespace Scout.Server.Cluster;

/// <summary>What came of asking the Kubernetes API for something that the configuration wants of it.</summary>
/// <param name="What"><c>kubernetes</c>, or <c>kubernetes.pods</c>.</param>
/// <param name="Said">What it answered, or why not, in words.</param>
/// <param name="Good">A node would get what it wants.</param>
public sealed record ClusterAnswer(string What, string Said, bool Good);

/// <summary>
/// Asks the Kubernetes API for what <c>server run</c> would ask with this configuration, lists and watches, and starts nothing else: for <c>server check</c>. It is the same
/// code that asks, so that what is missing here is missing there.
/// </summary>
public static class ClusterTrial
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Nothing when the configuration wants nothing of the API.</summary>
    /// <param name="options">As read.</param>
    /// <param name="context">The process.</param>
    /// <param name="patience">How long to wait for an answer at most.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<ImmutableArray<ClusterAnswer>> RunAsync(ServerOptions options, NodeContext context, TimeSpan patience, CancellationToken stop)
    {
        await using NodeCluster cluster = NodeCluster.Open(options, context, NullLoggerFactory.Instance);
        // Of 'auto' a node asks only where it can count; that is not known before it tries.
        bool names = options.Traffic is { Mode: TrafficMode.On, Kubernetes: not TrafficNaming.Off } or { Mode: not TrafficMode.Off, Kubernetes: TrafficNaming.On };
        KubernetesSourceOptions? source = options.Mesh.Enabled ? options.Mesh.Sources.OfType<KubernetesSourceOptions>().SingleOrDefault() : null;
        if (source is null && !names) return [];
        if (cluster.Mirrors is not { } group) return [new ClusterAnswer("kubernetes", "not asked: " + cluster.WhyNot, Good: true)];

        long began = context.Time.GetTimestamp();
        var answers = ImmutableArray.CreateBuilder<ClusterAnswer>();
        answers.Add(await ServerAsync(group, stop));
        await using KubernetesPeers? peers = source is null ? null : new KubernetesPeers(source, options.Node, options.Mesh.HostPlane, cluster, context.Time, NullLogger.Instance);
        peers?.Start(static () => { });
        if (names && cluster.NodeName.Length == 0) answers.Add(new ClusterAnswer("kubernetes", NodeCluster.NameMissing, Good: false));
        else if (names) new ClusterNames(options.Traffic, cluster, NullLogger.Instance).Start();
        while (group.Statuses.Any(static one => !IsDecided(one.Status)) && context.Time.GetElapsedTime(began) < patience) await Task.Delay(Look, context.Time, stop);
        answers.AddRange(group.Statuses.Select(static one => Of(one.Kind, one.Status)));
        return answers.ToImmutable();
    }

    private static async Task<ClusterAnswer> ServerAsync(MirrorGroup group, CancellationToken stop)
    {
        string server = group.Server.GetLeftPart(UriPartial.Authority);
        try
        {
            return new ClusterAnswer("kubernetes", $"{server} is {(await group.VersionAsync(stop)).GitVersion}", Good: true);
        }
        catch (KubernetesException error)
        {
            return new ClusterAnswer("kubernetes", $"{server}: {error.Message}", Good: false);
        }
    }

    private static bool IsOpen(MirrorStatus status) => status is { State: MirrorState.Live, Since: null };

    /// <summary>It is as it should be, or fails in a way that another attempt a second later does not mend.</summary>
    private static bool IsDecided(MirrorStatus status) =>
        IsOpen(status)
        || status.Failure is ApiFailure.Forbidden or ApiFailure.Unauthorized or ApiFailure.NotServed or ApiFailure.BadRequest or ApiFailure.NotTheApi or ApiFailure.Untrusted or ApiFailure.NotConfigured;

    private static ClusterAnswer Of(string kind, MirrorStatus status) =>
        IsOpen(status) ? new ClusterAnswer("kubernetes." + kind, $"{status.Objects} listed, and watched", Good: true)
        : new ClusterAnswer("kubernetes." + kind, status.LastFailure.Length > 0 ? status.LastFailure : "no answer yet", Good: false);
}
