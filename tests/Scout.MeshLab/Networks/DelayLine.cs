using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Scout.MeshLab.Networks;

/// <summary>
/// A long cable to one host, for kernels without netem: takes the host's port off the bridge and carries each frame between the two in user space, one
/// way after a delay. Packet sockets with the virtio header, so that checksums and segments that the kernel left unfinished stay as they are.
/// </summary>
internal sealed partial class DelayLine : IDisposable
{
    private const int PacketLevel = 263, VnetHeader = 15;
    private readonly LabNetwork network;
    private readonly string port;
    private readonly Socket host;
    private readonly Socket bridge;
    private readonly Thread[] threads;
    private volatile bool over;

    /// <param name="network">Where.</param>
    /// <param name="hostName">Whose cable.</param>
    /// <param name="delay">Of what the host sends; what it gets is not delayed.</param>
    public DelayLine(LabNetwork network, string hostName, TimeSpan delay)
    {
        this.network = network;
        port = "p_" + hostName;
        network.OnSwitch("link", "add", "cable0", "type", "veth", "peer", "name", "cable1");
        network.OnSwitch("link", "set", port, "nomaster");
        network.OnSwitch("link", "set", port, "promisc", "on");
        network.OnSwitch("link", "set", "cable0", "up", "promisc", "on");
        network.OnSwitch("link", "set", "cable1", "master", "br0", "up");
        (host, bridge) = NetworkNamespace.Inside(network.Switch, () => (Open(port), Open("cable0")));
        threads = [Carry(host, bridge, delay), Carry(bridge, host, TimeSpan.Zero)];
    }

    public void Dispose()
    {
        over = true;
        foreach (Thread thread in threads) thread.Join();
        host.Dispose();
        bridge.Dispose();
        network.OnSwitch("link", "del", "cable0");
        network.OnSwitch("link", "set", port, "promisc", "off");
        network.OnSwitch("link", "set", port, "master", "br0");
    }

    private static Socket Open(string device)
    {
        uint index = IndexOf(device);
        if (index == 0) throw new InvalidOperationException($"there is no {device}");
        var socket = new Socket(AddressFamily.Packet, SocketType.Raw, ProtocolType.Unspecified);
        socket.SetRawSocketOption(PacketLevel, VnetHeader, BitConverter.GetBytes(1));
        socket.Bind(new LinkEndPoint(index));
        return socket;
    }

    private Thread Carry(Socket from, Socket to, TimeSpan delay)
    {
        var thread = new Thread(() => Run(from, to, delay)) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private void Run(Socket from, Socket to, TimeSpan delay)
    {
        TimeProvider time = TimeProvider.System;
        var waiting = new ConcurrentQueue<(byte[] Frame, long At)>();
        byte[] buffer = new byte[70_000];
        int addressSize = SocketAddress.GetMaximumAddressSize(AddressFamily.Packet);
        var sender = new SocketAddress(AddressFamily.Packet, addressSize);
        while (!over)
        {
            // A poll is true to the millisecond only: it ends one early, the rest is spun.
            int wait = 20_000;
            if (waiting.TryPeek(out (byte[] Frame, long At) next)) wait = (int)Math.Clamp((delay - time.GetElapsedTime(next.At)).TotalMicroseconds - 1000, 0, 20_000);
            if (from.Poll(wait, SelectMode.SelectRead))
            {
                // Receiving shortens it to what it got, and refuses a short one.
                sender.Size = addressSize;
                int length = from.ReceiveFrom(buffer, SocketFlags.None, sender);
                // Type 4 is what this end of the cable sends itself.
                if (sender.Buffer.Span[10] != 4) waiting.Enqueue((buffer.AsSpan(0, length).ToArray(), time.GetTimestamp()));
            }

            while (waiting.TryPeek(out next) && delay - time.GetElapsedTime(next.At) is var left && left < TimeSpan.FromMilliseconds(1))
            {
                while (time.GetElapsedTime(next.At) < delay) Thread.SpinWait(20);
                waiting.TryDequeue(out _);
                Send(to, next.Frame);
            }
        }
    }

    private static void Send(Socket to, byte[] frame)
    {
        try
        {
            to.Send(frame);
        }
        catch (SocketException)
        {
            // A full queue drops, as a cable does.
        }
    }

    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint IndexOf(string device);

    /// <summary>A <c>sockaddr_ll</c> for every protocol of one device.</summary>
    private sealed class LinkEndPoint(uint index) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            // Family in bytes 0 and 1; protocol ETH_P_ALL in network order; index in host order.
            address[2] = 0;
            address[3] = 3;
            BitConverter.TryWriteBytes(address.Buffer.Span[4..], index);
            return address;
        }
    }
}
