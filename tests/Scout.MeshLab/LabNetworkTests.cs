using System.Net;
using System.Net.Sockets;
using Scout.MeshLab.Networks;
using Scout.Testing;

namespace Scout.MeshLab;

/// <summary>The lab's own tools do what they say; else its verdicts on the mesh mean nothing.</summary>
public sealed class LabNetworkTests : IDisposable
{
    private readonly LabNetwork network;

    public LabNetworkTests()
    {
        if (LabNetwork.Missing() is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NETNS");
        network = LabNetwork.Create([new LabHost("n1", "10.77.1.1"), new LabHost("n2", "10.77.2.2")]);
    }

    [Fact]
    public void Faults_lose_what_they_say_delay_what_they_say_and_nothing_is_left_behind()
    {
        using var echo = new Echo(network, "n1", "n2", "10.77.2.2");
        Assert.Equal(50, echo.Send(50).Answered);

        network.Fault("""iifname "p_n2" ip protocol udp numgen random mod 100 < 50 drop""");
        Assert.InRange(echo.Send(300, patience: 45).Answered, 105, 195);
        network.Fault("""ip saddr 10.77.1.0/24 ip daddr 10.77.2.0/24 ip protocol udp drop""");
        Assert.Equal(0, echo.Send(10, patience: 45).Answered);
        network.Heal();

        using (new DelayLine(network, "n2", TimeSpan.FromMilliseconds(20)))
        {
            echo.Send(20);
            (int answered, TimeSpan least) = echo.Send(50);
            Assert.Equal(50, answered);
            // A busy machine makes packets later, never earlier.
            Assert.InRange(least.TotalMilliseconds, 20, 25);
        }

        Assert.Equal(50, echo.Send(50).Answered);
        string name = network.Switch;
        network.Dispose();
        Assert.DoesNotContain(name, Tool.Run("", "ip", "netns", "list"), StringComparison.Ordinal);
    }

    public void Dispose() => network.Dispose();

    /// <summary>A UDP echo between two hosts.</summary>
    private sealed class Echo : IDisposable
    {
        private readonly Socket client;
        private readonly Socket server;
        private readonly Thread thread;
        private int round;

        public Echo(LabNetwork network, string from, string to, string address)
        {
            server = Bound(network, to, 8620);
            client = Bound(network, from, 0);
            client.Connect(IPAddress.Parse(address), 8620);
            thread = new Thread(Reflect) { IsBackground = true };
            thread.Start();
        }

        /// <param name="count">Packets, one after the other.</param>
        /// <param name="patience">Milliseconds after which one is lost; long where none should be, for the machine may be busy.</param>
        public (int Answered, TimeSpan Least) Send(int count, int patience = 2000)
        {
            var times = new List<TimeSpan>();
            Span<byte> packet = stackalloc byte[4];
            client.ReceiveTimeout = patience;
            for (int i = 0; i < count; i++)
            {
                BitConverter.TryWriteBytes(packet, ++round);
                long sent = TimeProvider.System.GetTimestamp();
                client.Send(packet);
                try
                {
                    while (client.Receive(packet) == 4 && BitConverter.ToInt32(packet) != round)
                    {
                        // A late answer to an earlier one.
                    }

                    times.Add(TimeProvider.System.GetElapsedTime(sent));
                }
                catch (SocketException error) when (error.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
                {
                    // Lost.
                }
            }

            return (times.Count, times.Count == 0 ? TimeSpan.Zero : times.Min());
        }

        public void Dispose()
        {
            server.Dispose();
            client.Dispose();
            thread.Join();
        }

        private static Socket Bound(LabNetwork network, string host, int port) => NetworkNamespace.Inside(network.Namespace(host), () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return socket;
        });

        private void Reflect()
        {
            byte[] buffer = new byte[64];
            var sender = new SocketAddress(AddressFamily.InterNetwork);
            try
            {
                while (true) server.SendTo(buffer.AsSpan(0, server.ReceiveFrom(buffer, SocketFlags.None, sender)), SocketFlags.None, sender);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
