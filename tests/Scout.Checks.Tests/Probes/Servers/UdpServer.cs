using System.Net;
using System.Net.Sockets;
using Scout.Checks.Stamp;

namespace Scout.Checks.Tests.Probes.Servers;

/// <summary>A UDP socket on loopback whose every packet is handled by one function. Misbehaving is up to the function.</summary>
internal sealed class UdpServer : IDisposable
{
    private readonly Socket socket;
    private readonly CancellationTokenSource stop = new();
    private readonly Func<Socket, byte[], EndPoint, Task> handle;
    private int received;

    public UdpServer(Func<Socket, byte[], EndPoint, Task> handle, IPAddress? address = null)
    {
        this.handle = handle;
        address ??= IPAddress.Loopback;
        socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        _ = ServeAsync();
    }

    public int Port => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>Packets so far.</summary>
    public int Received => Volatile.Read(ref received);

    /// <summary>Answers each packet by what the function makes of it and its place in the order of arrival; null is silence.</summary>
    public static UdpServer Answering(Func<byte[], int, byte[]?> answer, IPAddress? address = null)
    {
        int count = 0;
        return new UdpServer(
            async (socket, packet, from) =>
            {
                if (answer(packet, count++) is { } reply) await socket.SendToAsync(reply, SocketFlags.None, from);
            },
            address);
    }

    public static UdpServer Silent() => Answering(static (_, _) => null);

    /// <summary>Scout's own reflector; <paramref name="drop"/> says of each packet whether the request or the reply is lost.</summary>
    public static UdpServer Reflecting(StampReflector reflector, Func<int, bool>? dropRequest = null, Func<int, bool>? dropReply = null, IPAddress? address = null)
    {
        int count = 0;
        byte[] reply = new byte[65_535];
        return new UdpServer(
            async (socket, packet, from) =>
            {
                int place = count++;
                if (dropRequest?.Invoke(place) == true) return;
                NtpTime now = NtpTime.From(TimeProvider.System.GetUtcNow());
                long monotonic = TimeProvider.System.GetElapsedTime(0).Ticks * 100;
                int size = reflector.Reflect(packet, new StampArrival(StampSource.From((IPEndPoint)from), monotonic, now, now, 64), reply);
                if (size > 0 && dropReply?.Invoke(place) != true) await socket.SendToAsync(reply.AsMemory(0, size), SocketFlags.None, from);
            },
            address);
    }

    /// <summary>A port of loopback where nobody receives.</summary>
    public static int ClosedPort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    public void Dispose()
    {
        stop.Cancel();
        socket.Dispose();
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        byte[] room = new byte[65_535];
        EndPoint any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult got = await socket.ReceiveFromAsync(room, SocketFlags.None, any, stop.Token);
                Interlocked.Increment(ref received);
                await handle(socket, room[..got.ReceivedBytes], got.RemoteEndPoint);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // A sender that is gone already.
            }
        }
    }
}
