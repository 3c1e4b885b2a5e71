using System.Net;
using System.Net.Sockets;

namespace Scout.Traffic.Tests.Lab;

/// <summary>Sockets of the tests.</summary>
internal static class Udp
{
    private const int Patience = 20_000;

    public static Socket Bound(string address, int port = 0)
    {
        var ip = IPAddress.Parse(address);
        var socket = new Socket(ip.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = Patience, ReceiveBufferSize = 4 << 20 };
        socket.Bind(new IPEndPoint(ip, port));
        return socket;
    }

    /// <summary>Sends and receives one after another, so that nothing is lost.</summary>
    public static void Send(Socket from, Socket to, int count, int payload)
    {
        byte[] data = new byte[payload];
        byte[] buffer = new byte[65536];
        for (int i = 0; i < count; i++)
        {
            from.SendTo(data, to.LocalEndPoint!);
            Assert.Equal(payload, to.Receive(buffer));
        }
    }

    /// <summary>Asks and is answered by <paramref name="server"/>, <paramref name="count"/> times.</summary>
    public static void Echo(Socket client, IPEndPoint service, Socket server, int count, int payload)
    {
        byte[] data = new byte[payload];
        byte[] buffer = new byte[65536];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        for (int i = 0; i < count; i++)
        {
            client.SendTo(data, service);
            int length = server.ReceiveFrom(buffer, ref from);
            server.SendTo(buffer.AsSpan(0, length), SocketFlags.None, from);
            Assert.Equal(payload, client.Receive(buffer));
        }
    }
}
