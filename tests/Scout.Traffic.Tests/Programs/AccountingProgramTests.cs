using System.Buffers.Binary;
using System.Net;
using Scout.Traffic.Accounting;
using Scout.Traffic.Names;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Tests.Programs;

/// <summary>The emitted programs in an interpreter, on packets of all kinds.</summary>
public sealed class AccountingProgramTests
{
    private const ushort V4 = 0x0800;
    private const ushort V6 = 0x86DD;
    private static readonly MapFds Maps = new(11, 12, 13);
    private static readonly string[] Addresses4 = ["10.96.0.10", "10.244.1.10", "10.244.2.10", "127.0.0.1"];
    private static readonly string[] Addresses6 = ["fd00::10", "fd00:1::10", "fd00:2::10", "::1"];

    [Fact]
    public void It_is_about_as_long_as_planned() => Assert.InRange(AccountingProgram.Assemble(TrafficDirection.Transmit, Maps).Length, 80, 140);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Random_packets_count_their_length_under_the_right_peer(int form)
    {
        var random = new Random(20 + form);
        var interpreter = new BpfInterpreter(Maps) { CounterCapacity = 8 };
        interpreter.SetPeer(Key("10.96.0.10", 0, 0), 2);
        interpreter.SetPeer(Key("10.244.2.10", 5353, 17), 3);
        interpreter.SetPeer(Key("fd00::10", 0, 0), 4);
        interpreter.SetPeer(Key("fd00:2::10", 5353, 132), 5);
        var expected = new Dictionary<CounterKey, Volume>();
        var overflow = default(TwoWay);
        for (int i = 0; i < 20_000; i++)
        {
            TrafficDirection direction = random.Next(2) == 0 ? TrafficDirection.Receive : TrafficDirection.Transmit;
            TestPacket packet = TestPacket.Random(random, Addresses4, Addresses6);
            uint device = (uint)random.Next(1, 3);
            uint segments = random.Next(3) == 0 ? (uint)random.Next(1, 40) : 0;
            int linear = random.Next(4) == 0 ? random.Next(packet.Bytes.Length + 1) : packet.Bytes.Length;
            ulong verdict = interpreter.Run(AccountingProgram.Assemble(direction, Maps, (HeaderAccess)form), packet.Bytes, linear, packet.Protocol, device, segments);
            Assert.Equal(1ul, verdict);
            if (packet.Protocol is not (V4 or V6)) continue;

            var key = new CounterKey(BpfInterpreter.Cgroup, PeerOf(packet, direction) ?? (device == 1 ? TrafficPeers.Loopback : TrafficPeers.Other), direction);
            var volume = new Volume((ulong)packet.Bytes.Length, Math.Max(1, segments));
            if (expected.TryGetValue(key, out Volume before)) expected[key] = before + volume;
            else if (expected.Count < interpreter.CounterCapacity) expected[key] = volume;
            else overflow = overflow.Plus(direction, volume);
        }

        Dictionary<CounterKey, Volume> found = interpreter.Counters.ToDictionary(
            entry => CounterKey.Read(Convert.FromHexString(entry.Key)), entry => ReadVolume(interpreter.Value(entry.Value)));
        Assert.Equal(expected.Count, found.Count);
        Assert.All(expected, entry => Assert.Equal(entry.Value, found[entry.Key]));
        Assert.Equal(overflow, new TwoWay(new Volume(interpreter.Overflow[0], interpreter.Overflow[1]), new Volume(interpreter.Overflow[2], interpreter.Overflow[3])));
        Assert.False(overflow.IsZero);
    }

    /// <summary>The service of the remote side, worked out the plain way; null for none.</summary>
    private static uint? PeerOf(TestPacket packet, TrafficDirection direction)
    {
        // Too short for the header and the ports behind it: no attribution.
        if (packet.Bytes.Length < (packet.Protocol == V4 ? 24 : 44)) return null;
        (string address, int port) = direction == TrafficDirection.Transmit ? (packet.Target, packet.TargetPort) : (packet.Source, packet.SourcePort);
        if (address == "10.96.0.10") return 2;
        if (address == "fd00::10") return 4;
        if (!packet.HasPorts) return null;
        if (address == "10.244.2.10" && port == 5353 && packet.Transport == 17) return 3;
        if (address == "fd00:2::10" && port == 5353 && packet.Transport == 132) return 5;
        return null;
    }

    private static Volume ReadVolume(byte[] value) => new(BinaryPrimitives.ReadUInt64LittleEndian(value), BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(8)));

    private static byte[] Key(string address, int port, int protocol)
    {
        Assert.True(PeerKey.TryCreate(address, new TrafficPort(port, protocol), out PeerKey key));
        byte[] bytes = new byte[AccountingProgram.PeerKeySize];
        key.Write(bytes);
        return bytes;
    }
}

/// <summary>An IP packet as the hook sees it.</summary>
internal sealed record TestPacket(byte[] Bytes, ushort Protocol, string Source, string Target, int SourcePort, int TargetPort, int Transport, bool HasPorts)
{
    private static readonly int[] Transports = [6, 17, 132, 1, 58, 0, 43, 44];
    private static readonly int[] Ports = [53, 5353, 80, 40000];

    public static TestPacket Random(Random random, string[] v4, string[] v6)
    {
        bool six = random.Next(2) == 0;
        string[] addresses = six ? v6 : v4;
        string source = addresses[random.Next(addresses.Length)];
        string target = addresses[random.Next(addresses.Length)];
        int from = Ports[random.Next(Ports.Length)];
        int to = Ports[random.Next(Ports.Length)];
        int transport = Transports[random.Next(Transports.Length)];
        int options = !six && random.Next(5) == 0 ? random.Next(1, 11) : 0;
        int header = six ? 40 : 20 + options * 4;
        byte[] bytes = new byte[header + random.Next(0, 60)];
        random.NextBytes(bytes);
        bool laterFragment = false;
        if (six)
        {
            bytes[0] = 0x60;
            bytes[6] = (byte)transport;
            IPAddress.Parse(source).GetAddressBytes().CopyTo(bytes, 8);
            IPAddress.Parse(target).GetAddressBytes().CopyTo(bytes, 24);
        }
        else
        {
            bytes[0] = (byte)(0x45 + options);
            bytes[9] = (byte)transport;
            int fragment = random.Next(4) switch { 0 => 0x2000, 1 => random.Next(1, 0x2000), _ => 0x4000 };
            laterFragment = (fragment & 0x1fff) != 0;
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), (ushort)fragment);
            IPAddress.Parse(source).GetAddressBytes().CopyTo(bytes, 12);
            IPAddress.Parse(target).GetAddressBytes().CopyTo(bytes, 16);
        }

        if (bytes.Length >= header + 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(header), (ushort)from);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(header + 2), (ushort)to);
        }

        ushort protocol = random.Next(20) == 0 ? (ushort)0x0806 : six ? (ushort)0x86DD : (ushort)0x0800;
        return new TestPacket(bytes, protocol, source, target, from, to, transport, transport is 6 or 17 or 132 && options == 0 && !laterFragment);
    }
}
