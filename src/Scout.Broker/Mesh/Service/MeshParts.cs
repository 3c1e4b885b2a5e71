using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Scout.Broker.Cluster;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol;

namespace Scout.Broker.Mesh.Service;

/// <summary>Joins the parts of the mesh service for a broker that runs.</summary>
internal static class MeshParts
{
    public static MeshService Service(MeshFiguresBoard figures, ILogger log, TimeProvider time, ClusterWatch? cluster = null) =>
        Service(Environment.MachineName, figures, log, time, cluster);

    /// <param name="broker">Name of this one among several.</param>
    /// <param name="figures">Gets what metrics show.</param>
    /// <param name="log">For people.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cluster">Whose places are written while this one holds the lease, beside who is silent; null: there is none.</param>
    public static MeshService Service(string broker, MeshFiguresBoard figures, ILogger log, TimeProvider time, ClusterWatch? cluster = null)
    {
        string host = Names.Fold(broker);
        var options = new FleetWatchOptions { Broker = Names.IsNode(host) ? host : "broker", Telling = 200 };
        ulong seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        return new MeshService(new FleetWatch(options, seed), figures, () => NewId(time), log, time, new PlaceWriter(cluster, time, log));
    }

    /// <summary>UUIDv7 whose random part cannot be guessed (nats.md 12).</summary>
    private static Guid NewId(TimeProvider time)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)time.GetUtcNow().ToUnixTimeMilliseconds() << 16) | BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]));
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
