using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Scout.Checks.Tests.Probes.Servers;

/// <summary>A DNS server on loopback, UDP and TCP on one port, that answers as it is told: bytes of any kind, any number of them, or none.</summary>
internal sealed class FakeDnsServer : IDisposable
{
    private readonly UdpServer udp;
    private readonly TcpListener tcp;
    private readonly CancellationTokenSource stop = new();
    private int overTcp;

    /// <param name="answer">Packets for a query; over TCP only the first is sent.</param>
    /// <param name="answerTcp">The same for TCP; null: as over UDP.</param>
    public FakeDnsServer(Func<byte[], IEnumerable<byte[]>> answer, Func<byte[], IEnumerable<byte[]>>? answerTcp = null)
    {
        for (int tries = 0; ; tries++)
        {
            udp = new UdpServer(async (socket, query, from) =>
            {
                Queries.Add(query);
                foreach (byte[] packet in answer(query)) await socket.SendToAsync(packet, SocketFlags.None, from);
            });
            tcp = new TcpListener(IPAddress.Loopback, udp.Port);
            try
            {
                tcp.Start();
                break;
            }
            catch (SocketException) when (tries < 20)
            {
                udp.Dispose();
            }
        }

        _ = ServeAsync(answerTcp ?? answer);
    }

    public FakeDnsServer(Func<byte[], byte[]> answer)
        : this(query => [answer(query)])
    {
    }

    public int Port => udp.Port;

    public string Name => $"127.0.0.1:{Port}";

    public List<byte[]> Queries { get; } = [];

    public int OverTcp => Volatile.Read(ref overTcp);

    /// <summary>An answer to a query: head and question of it, then records.</summary>
    public static byte[] Answer(byte[] query, int rcode = 0, int flags = 0x8180, params byte[][] records)
    {
        int question = QuestionEnd(query);
        byte[] head = query[..question];
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)(flags | rcode));
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), (ushort)records.Length);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(10), 0);
        return [.. head, .. records.SelectMany(record => record)];
    }

    /// <summary>A record whose owner is the name of the question.</summary>
    public static byte[] Record(int type, int ttl, byte[] data, byte[]? owner = null)
    {
        byte[] fields = new byte[10];
        BinaryPrimitives.WriteUInt16BigEndian(fields, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(fields.AsSpan(2), 1);
        BinaryPrimitives.WriteInt32BigEndian(fields.AsSpan(4), ttl);
        BinaryPrimitives.WriteUInt16BigEndian(fields.AsSpan(8), (ushort)data.Length);
        return [.. owner ?? [0xC0, 0x0C], .. fields, .. data];
    }

    public static byte[] A(string address, int ttl = 300, byte[]? owner = null)
    {
        byte[] octets = IPAddress.Parse(address).GetAddressBytes();
        return Record(octets.Length == 4 ? 1 : 28, ttl, octets, owner);
    }

    public static byte[] Wire(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. System.Text.Encoding.ASCII.GetBytes(label)]), 0];

    public static int QuestionEnd(byte[] query)
    {
        int at = 12;
        while (query[at] != 0) at += query[at] + 1;
        return at + 5;
    }

    public void Dispose()
    {
        stop.Cancel();
        udp.Dispose();
        tcp.Dispose();
        stop.Dispose();
    }

    private async Task ServeAsync(Func<byte[], IEnumerable<byte[]>> answer)
    {
        try
        {
            while (true)
            {
                using Socket socket = await tcp.AcceptSocketAsync(stop.Token);
                Interlocked.Increment(ref overTcp);
                byte[] room = new byte[1024];
                int size = await socket.ReceiveAsync(room, SocketFlags.None, stop.Token);
                foreach (byte[] packet in answer(room[2..size]).Take(1))
                {
                    byte[] length = [(byte)(packet.Length >> 8), (byte)packet.Length];

                    // In pieces, as a network may deliver them.
                    await socket.SendAsync(length.AsMemory(0, 1), SocketFlags.None, stop.Token);
                    await socket.SendAsync(length.AsMemory(1, 1), SocketFlags.None, stop.Token);
                    await socket.SendAsync(packet.AsMemory(0, packet.Length / 2), SocketFlags.None, stop.Token);
                    await socket.SendAsync(packet.AsMemory(packet.Length / 2), SocketFlags.None, stop.Token);
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
