using Microsoft.Extensions.Logging;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Dns;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Logging;
using Scout.Server.Mesh;
using Scout.Server.Mesh.Checks;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Life;

/// <summary>
/// The mesh in the life of a node: taken with the other ports, started when the node is ready, told of the broker's line, drained before the goodbye. Whatever goes wrong in it
/// after its port was taken is logged and leaves the machines alone.
/// </summary>
internal sealed class NodeMeshLife : IAsyncDisposable
{
    private readonly NodeMesh? mesh;
    private readonly ILogger log;
    private NatsConnection? line;

    private NodeMeshLife(NodeMesh? mesh, PeerNames names, ILogger log)
    {
        this.mesh = mesh;
        this.log = log;
        Names = names;
    }

    /// <summary>Null: no mesh here.</summary>
    public NodeMesh? Mesh => mesh;

    public PeerNames Names { get; }

    /// <summary>For metrics; null without a mesh.</summary>
    public MeshSnapshot? Snapshot => mesh?.Snapshot();

    /// <summary>Takes the port.</summary>
    /// <exception cref="LifeException">Exit code 3: somebody asked for this port, and it is taken.</exception>
    public static NodeMeshLife Take(ServerOptions options, NodeContext context, NodeCluster cluster, DateTimeOffset startedAt, ILoggerFactory logs)
    {
        ILogger meshLog = logs.CreateLogger("mesh");
        var names = new PeerNames(context.Time);
        var parts = new MeshParts
        {
            Options = options,
            Incarnation = RosterView.Incarnation(startedAt),
            PeersFile = Path.Combine(options.Data, "peers.json"),
            Environment = context.Environment,
            Time = context.Time,
            Log = meshLog,
            Names = names,
            Cluster = cluster,
            Seed = Seed(),
        };
        return new NodeMeshLife(NodeMesh.Take(parts), names, meshLog);
    }

    private static ulong Seed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        SystemRandom.Instance.Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }

    /// <summary>How the <c>mesh</c> check looks.</summary>
    public MeshLook Look(TimeProvider time) => new(mesh, () => line, time);

    /// <summary>Takes what a probe found, for the metrics of an older tool that told of DNS; null when nobody wants them.</summary>
    public Action<ProbeOptions, ProbeResult>? Hears => mesh is null || !mesh.Options.Metrics.Compat.Contains("kconmon") ? null : (probe, result) =>
    {
        if (probe is DnsProbe dns) mesh.Dns.Add(dns.Name, result.Status == Scout.Checks.CheckStatus.Ok, result.Duration);
    };

    public void Start()
    {
        try
        {
            mesh?.Start();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogMessages.MeshFailed(log, "it could not start", error);
        }
    }

    public void Attach(NatsConnection connection)
    {
        line = connection;
        mesh?.Attach(connection);
    }

    /// <summary>Says goodbye; ends when peers can have heard it.</summary>
    public async Task DrainAsync(Action tell)
    {
        try
        {
            if (mesh is not null) await mesh.DrainAsync(tell);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogMessages.MeshFailed(log, "it could not say goodbye", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (mesh is not null) await mesh.DisposeAsync();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogMessages.MeshFailed(log, "it could not be taken down", error);
        }
    }
}
