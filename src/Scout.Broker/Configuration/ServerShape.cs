using System.Text.Json.Nodes;

namespace Scout.Broker.Configuration;

/// <summary>What of a secure nats-server's configuration depends on where it runs.</summary>
internal sealed record ServerShape
{
    /// <summary>One of a cluster has a name of its own.</summary>
    public string Name { get; init; } = "scout-1";

    /// <summary>Port of the monitoring, on loopback; -1: a free one, told in the ports file.</summary>
    public int MonitorPort { get; init; } = -1;

    /// <summary>
    /// Bytes that streams may have on disk. What our streams may hold is 12 GB. With accounts, 2.9.10 counts a stream twice while it restores it: with 20 GB it left
    /// SCOUT_EVENTS and its consumers out at each start.
    /// </summary>
    public long MaxFile { get; init; } = 32L << 30;

    /// <summary>Bytes that streams may have in memory.</summary>
    public long MaxMemory { get; init; } = 64L << 20;

    /// <summary>Null: a server that stands alone.</summary>
    public ClusterShape? Cluster { get; init; }

    /// <summary>Put over all of this at last, see <see cref="ConfigMerge"/>.</summary>
    public JsonObject? Merge { get; init; }
}

/// <summary>How servers of a cluster find and believe each other.</summary>
/// <param name="Name">The same in all.</param>
/// <param name="Listen">For the others.</param>
/// <param name="Routes">URLs of all of them, <c>tls://HOST:PORT</c>; its own does no harm.</param>
/// <param name="Certificate">File: shown to the others.</param>
/// <param name="Key">File: its private key.</param>
/// <param name="Authority">File: what the others' certificates must hang on.</param>
internal sealed record ClusterShape(string Name, ListenAddress Listen, IReadOnlyList<string> Routes, string Certificate, string Key, string Authority);
