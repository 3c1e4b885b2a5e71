using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Scout.Checks.Probes.Dns;
using Scout.Nats;
using Scout.Server.Connection;

namespace Scout.Server.Tests.Connection;

/// <summary><c>srv://</c> addresses, against a DNS server that says what the test wants.</summary>
public sealed class BrokerServersTests
{
    [Fact]
    public async Task The_servers_of_a_domain_come_by_priority_and_are_asked_for_by_their_service()
    {
        await using var dns = new ScriptedDns(Srv(20, 5, 4223, "b2.example.test"), Srv(10, 0, 4222, "b1.example.test"));
        Assert.Equal(["b1.example.test:4222", "b2.example.test:4223"], await FindAsync(dns));
        Assert.Equal("_scout-broker._tcp.example.test", dns.Asked[0]);
    }

    [Fact]
    public async Task They_are_asked_for_anew_each_time()
    {
        await using var dns = new ScriptedDns(Srv(10, 0, 4222, "b1.example.test"));
        Assert.Equal(["b1.example.test:4222"], await FindAsync(dns));
        dns.Records = [Srv(10, 0, 4300, "b9.example.test")];
        Assert.Equal(["b9.example.test:4300"], await FindAsync(dns));
        Assert.Equal(2, dns.Asked.Count);
    }

    [Fact]
    public async Task What_is_no_server_is_left_out()
    {
        await using var dns = new ScriptedDns(Srv(1, 0, 0, "b0.example.test"), Srv(2, 0, 4222, "b1.example.test"), Srv(3, 0, 4222, "B1.example.test"), Srv(4, 0, 4222, "b\r\nPING.test"), Srv(5, 0, 4222, "*.example.test"));
        Assert.Equal(["b1.example.test:4222"], await FindAsync(dns));
    }

    [Fact]
    public async Task A_domain_that_says_it_has_none_is_an_error_that_names_the_records()
    {
        await using var dns = new ScriptedDns(Srv(0, 0, 4222, ""));
        await FailsAsync(dns);
        dns.Records = [];
        await FailsAsync(dns);
        dns.Rcode = 3;
        await FailsAsync(dns);
        dns.Rcode = 2;
        await FailsAsync(dns);

        static async Task FailsAsync(ScriptedDns dns)
        {
            NatsException failed = await Assert.ThrowsAsync<NatsException>(async () => await FindAsync(dns));
            Assert.StartsWith("srv://example.test: there are no SRV records _scout-broker._tcp.example.test (", failed.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_answer_to_another_question_is_not_one()
    {
        await using var dns = new ScriptedDns(Srv(10, 0, 4222, "evil.example.test")) { WrongIdFirst = true };
        dns.Then = [Srv(10, 0, 4222, "b1.example.test")];
        Assert.Equal(["b1.example.test:4222"], await FindAsync(dns));
    }

    [Fact]
    public async Task Peers_of_the_mesh_are_found_by_their_records_too()
    {
        await using var dns = new ScriptedDns(Srv(10, 0, 9620, "localhost"), Srv(20, 0, 9621, "localhost"), Srv(0, 0, 0, ""));
        var names = new Scout.Server.Mesh.Peers.PeerNames(TimeProvider.System) { Resolvers = new DnsServers(false, false, [dns.Address]) };
        IReadOnlyList<IPEndPoint>? found = await names.LookupAsync("_mesh._udp.fleet.test", TestContext.Current.CancellationToken);
        Assert.NotNull(found);
        Assert.Equal([9620, 9621], found.Select(static one => one.Port).Distinct());
        Assert.All(found, static one => Assert.True(IPAddress.IsLoopback(one.Address)));
        Assert.Equal("_mesh._udp.fleet.test", Assert.Single(dns.Asked));
        (dns.Rcode, dns.Records) = (3, []);
        Assert.Null(await names.LookupAsync("_mesh._udp.fleet.test", TestContext.Current.CancellationToken));
    }

    private static ValueTask<IReadOnlyList<string>> FindAsync(ScriptedDns dns) =>
        BrokerServers.FindAsync("example.test", new DnsServers(false, false, [dns.Address]), TestContext.Current.CancellationToken);

    // RFC 2782: priority, weight, port, target, the last never compressed.
    private static byte[] Srv(ushort priority, ushort weight, ushort port, string target)
    {
        byte[] numbers = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(numbers, priority);
        BinaryPrimitives.WriteUInt16BigEndian(numbers.AsSpan(2), weight);
        BinaryPrimitives.WriteUInt16BigEndian(numbers.AsSpan(4), port);
        byte[] name = [.. target.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];
        byte[] data = [.. numbers, .. name];
        return [0xC0, 0x0C, 0, 33, 0, 1, 0, 0, 0, 60, 0, (byte)data.Length, .. data];
    }

    private sealed class ScriptedDns : IAsyncDisposable
    {
        private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly CancellationTokenSource stop = new();
        private readonly Task serving;

        public ScriptedDns(params byte[][] records)
        {
            Records = records;
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Address = (IPEndPoint)socket.LocalEndPoint!;
            serving = ServeAsync();
        }

        public IPEndPoint Address { get; }

        public List<string> Asked { get; } = [];

        public byte[][] Records { get; set; }

        /// <summary>Sent after the records under a wrong id.</summary>
        public byte[][] Then { get; set; } = [];

        public bool WrongIdFirst { get; init; }

        public int Rcode { get; set; }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await serving;
            socket.Dispose();
            stop.Dispose();
        }

        private async Task ServeAsync()
        {
            byte[] room = new byte[1024];
            try
            {
                while (true)
                {
                    SocketReceiveFromResult came = await socket.ReceiveFromAsync(room, SocketFlags.None, Address, stop.Token);
                    byte[] query = room[..came.ReceivedBytes];
                    int end = 12;
                    var labels = new List<string>();
                    for (; query[end] != 0; end += query[end] + 1) labels.Add(Encoding.ASCII.GetString(query, end + 1, query[end]));
                    Asked.Add(string.Join('.', labels));
                    byte[] question = query[..(end + 5)];
                    byte[] first = Answer(question, Records);
                    if (WrongIdFirst) first[0] ^= 0xFF;
                    await socket.SendToAsync(first, SocketFlags.None, came.RemoteEndPoint, stop.Token);
                    if (WrongIdFirst) await socket.SendToAsync(Answer(question, Then), SocketFlags.None, came.RemoteEndPoint, stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }

        private byte[] Answer(byte[] question, byte[][] records)
        {
            byte[] head = [.. question];
            BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)(0x8180 | Rcode));
            BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), (ushort)records.Length);
            BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(8), 0);
            return [.. head, .. records.SelectMany(record => record)];
        }
    }
}
