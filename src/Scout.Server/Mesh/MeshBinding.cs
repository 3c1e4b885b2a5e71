using System.Net;
using System.Net.Sockets;
using Scout.Server.Configuration;
using Scout.Server.Life;
using Scout.Server.Logging;
using Scout.Server.Mesh.Engine;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Mesh;

/// <summary>
/// Takes the port of the mesh. A port that somebody asked for and cannot have ends the start (exit 3). The usual one, when it is taken, is replaced by a free one: several
/// nodes on one host find each other all the same, for the roster tells the port.
/// </summary>
internal static class MeshBinding
{
    /// <summary>Null: no mesh, and the log says why.</summary>
    /// <exception cref="LifeException">Exit 3.</exception>
    public static MeshEngine? Bind(MeshParts parts, MeshStatistics statistics)
    {
        MeshOptions options = parts.Options.Mesh;
        try
        {
            return MeshEngine.Open(Make(parts, statistics, options.Port), statistics, parts.Time);
        }
        catch (MeshListenException taken) when (taken.IsTaken && !options.PortGiven && options.UdpFirstPort == 0)
        {
            return Other(parts, statistics);
        }
        catch (MeshListenException problem) when (options.PortGiven || options.Address is not null || options.UdpFirstPort != 0)
        {
            throw new LifeException(3, problem.Message, "or switch it off with mesh: { enabled: false }");
        }
        catch (MeshListenException problem)
        {
            LogMessages.MeshFailed(parts.Log, problem.Message, null);
            return null;
        }
    }

    private static MeshEngine? Other(MeshParts parts, MeshStatistics statistics)
    {
        // The kernel's choice for TCP may be taken for UDP: then it chooses again.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                var engine = MeshEngine.Open(Make(parts, statistics, 0), statistics, parts.Time);
                LogMessages.MeshOtherPort(parts.Log, parts.Options.Mesh.Port, engine.Port);
                return engine;
            }
            catch (MeshListenException problem) when (!problem.IsTaken || attempt == 4)
            {
                LogMessages.MeshFailed(parts.Log, problem.Message, null);
                return null;
            }
            catch (MeshListenException)
            {
                // Another one.
            }
        }
    }

    private static MeshEngineOptions Make(MeshParts parts, MeshStatistics statistics, int port)
    {
        MeshOptions options = parts.Options.Mesh;
        return new MeshEngineOptions
        {
            Node = parts.Options.Node,
            Pod = PodName.Own(parts.Environment),
            Incarnation = parts.Incarnation,
            // In dev mode the whole fleet is on this host, and nobody else needs to reach it.
            Listen = options.Address ?? (parts.Options.Mode == ServerMode.Dev ? IPAddress.Loopback : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any),
            Port = port,
            AllowedSourcePorts = [.. options.AllowSourcePorts.Select(static one => (ushort)one)],
            SourcePorts = options.UdpFirstPort,
            Seed = parts.Seed,
            TraceHops = options.TraceHops,
            Traced = (path, result) =>
            {
                statistics.Traced(path.Peer, result);
                LogMessages.MeshTraced(parts.Log, path.Peer, result.Summary);
            },
            Prober = new ProberSettings
            {
                Ports = options.UdpPorts,
                UdpInterval = MeshClock.Of(options.UdpInterval),
                UdpTimeout = MeshClock.Of(options.UdpTimeout),
                UdpLate = MeshClock.Of(options.UdpLate),
                TcpInterval = MeshClock.Of(options.TcpInterval),
                TcpTimeout = MeshClock.Of(options.TcpTimeout),
                MtuInterval = MeshClock.Of(options.MtuInterval),
                ReactivePackets = options.ReactivePackets,
                ReactiveBudget = options.ReactiveBudget,
                TraceCooldown = MeshClock.Of(options.TraceCooldown),
            },
        };
    }
}
