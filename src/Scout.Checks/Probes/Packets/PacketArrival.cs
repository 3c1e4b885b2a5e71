using System.Net.Sockets;
using Scout.Checks.Paths.Native;

namespace Scout.Checks.Probes.Packets;

/// <summary>When a packet came.</summary>
/// <param name="ReadAt">Timestamp of the clock when this process read it.</param>
/// <param name="Waited">How long it lay in the socket until then, by the kernel's stamp; 0 when there is none. Nonsense when the wall clock was set meanwhile.</param>
internal readonly record struct PacketArrival(long ReadAt, TimeSpan Waited)
{
    /// <summary>Waits for packets and hands over all that are there, each with its control data.</summary>
    /// <exception cref="SocketException">What the socket has to report instead.</exception>
    public static async ValueTask<T?> ReceiveAsync<T>(Socket socket, byte[] room, TimeProvider time, Func<ReadOnlyMemory<byte>, SocketMessage, PacketArrival, T?> take, CancellationToken stop)
        where T : struct
    {
        if (!OperatingSystem.IsLinux())
        {
            int size = await socket.ReceiveAsync(room, SocketFlags.None, stop);
            return take(room.AsMemory(0, size), new SocketMessage { Size = size, Ttl = -1 }, new PacketArrival(time.GetTimestamp(), TimeSpan.Zero));
        }

        await socket.ReceiveAsync(room.AsMemory(0, 1), SocketFlags.Peek, stop);
        while (true)
        {
            int errno = SocketMessages.Receive(socket, room, out SocketMessage message);
            if (errno == SocketMessages.Again) return null;
            if (errno != 0) throw SocketMessages.Failure(errno);
            if (take(room.AsMemory(0, message.Size), message, Now(time, message.Stamp)) is { } ending) return ending;
        }
    }

    private static PacketArrival Now(TimeProvider time, long stamp)
    {
        long read = time.GetTimestamp();
        if (stamp == 0) return new PacketArrival(read, TimeSpan.Zero);
        long wall = (time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
        return new PacketArrival(read, TimeSpan.FromTicks((wall - stamp) / TimeSpan.NanosecondsPerTick));
    }
}
