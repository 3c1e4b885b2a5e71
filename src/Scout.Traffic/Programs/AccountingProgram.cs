namespace Scout.Traffic.Programs;

/// <summary>How a program gets at the packet's header.</summary>
internal enum HeaderAccess
{
    /// <summary>Reads it where it lies, and copies it only when it is not linear.</summary>
    Direct,

    /// <summary>Always copies. For machines whose verifier refuses packet loads (strict alignment).</summary>
    Copy,
}

/// <summary>File descriptors of the three maps.</summary>
internal readonly record struct MapFds(int Peers, int Counters, int Overflow);

/// <summary>
/// The two programs (docs/traffic.bpf.c says the same in C). They count every IPv4 and IPv6 packet under the socket's cgroup and the peer of its remote address, and let every
/// packet pass. Only forward jumps.
/// </summary>
internal static class AccountingProgram
{
    public const int PeerKeySize = 20;
    public const int CounterKeySize = 16;
    public const int ValueSize = 16;

    // Fields of __sk_buff.
    private const int Length = 0;
    private const int Protocol = 16;
    private const int InterfaceIndex = 40;
    private const int Data = 76;
    private const int DataEnd = 80;
    private const int Segments = 164;

    // The stack: P the peer key, K the counter key, V a zero value, H a copy of the header.
    private const int P = -24;
    private const int K = -40;
    private const int V = -56;
    private const int H = -104;
    private const int PeerPort = P + 16;
    private const int PeerProtocol = P + 18;
    private const int KeyPeer = K + 8;
    private const int KeyDirection = K + 12;

    /// <summary>The program of one direction.</summary>
    public static ulong[] Assemble(TrafficDirection direction, MapFds maps, HeaderAccess access = HeaderAccess.Direct)
    {
        bool egress = direction == TrafficDirection.Transmit;
        var a = new BpfAssembler();
        a.Move(Register.R6, Register.R1).Call(Helper.CgroupId).Store(Width.Double, Register.Frame, K, Register.R0)
            .Store(Width.Word, Register.Frame, KeyPeer, (int)TrafficPeers.Other).Store(Width.Word, Register.Frame, KeyDirection, (int)direction)
            .Store(Width.Word, Register.Frame, PeerPort, 0)
            .Load(Width.Word, Register.R7, Register.R6, Protocol);
        if (access == HeaderAccess.Direct)
        {
            a.Load(Width.Word, Register.R8, Register.R6, Data).Load(Width.Word, Register.R2, Register.R6, DataEnd);
        }

        a.JumpIfEqual(Register.R7, 0x0008, "ipv4").JumpIfEqual(Register.R7, 0xDD86, "ipv6").Jump("pass");

        Header(a.Label("ipv4"), 24, access, "ipv4 read")
            .Store(Width.Double, Register.Frame, P, 0).Store(Width.Word, Register.Frame, P + 8, unchecked((int)0xffff0000))
            .Load(Width.Word, Register.R1, Register.R8, egress ? 16 : 12).Store(Width.Word, Register.Frame, P + 12, Register.R1)
            .Load(Width.Byte, Register.R9, Register.R8, 9).Load(Width.Half, Register.R7, Register.R8, 20 + (egress ? 2 : 0))
            .Load(Width.Byte, Register.R1, Register.R8, 0).JumpIfNotEqual(Register.R1, 0x45, "address only")
            .Load(Width.Half, Register.R1, Register.R8, 6).And(Register.R1, 0xff1f).JumpIfEqual(Register.R1, 0, "peer")
            .Label("address only").Move(Register.R9, 0).Jump("peer"); // options, or a later fragment: there is no port at its place

        Header(a.Label("ipv6"), 44, access, "ipv6 read");
        for (int word = 0; word < 16; word += 4)
        {
            a.Load(Width.Word, Register.R1, Register.R8, (egress ? 24 : 8) + word).Store(Width.Word, Register.Frame, P + word, Register.R1);
        }

        a.Load(Width.Byte, Register.R9, Register.R8, 6).Load(Width.Half, Register.R7, Register.R8, 40 + (egress ? 2 : 0));

        // Stage 1: a ClusterIP is known by its address. Stage 2: an endpoint, by address, port and protocol.
        Lookup(a.Label("peer"), maps.Peers, P).JumpIfNotEqual(Register.R0, 0, "hit")
            .JumpIfEqual(Register.R9, 6, "port").JumpIfEqual(Register.R9, 17, "port").JumpIfNotEqual(Register.R9, 132, "other")
            .Label("port").Store(Width.Half, Register.Frame, PeerPort, Register.R7).Store(Width.Byte, Register.Frame, PeerProtocol, Register.R9);
        Lookup(a, maps.Peers, P).JumpIfNotEqual(Register.R0, 0, "hit");

        // The loopback device has index 1 in every network namespace.
        a.Label("other").Load(Width.Word, Register.R1, Register.R6, InterfaceIndex).JumpIfNotEqual(Register.R1, 1, "count")
            .Store(Width.Word, Register.Frame, KeyPeer, (int)TrafficPeers.Loopback).Jump("count")
            .Label("hit").Load(Width.Word, Register.R1, Register.R0, 0).Store(Width.Word, Register.Frame, KeyPeer, Register.R1);

        Count(a.Label("count"), maps);
        return a.Label("pass").Move(Register.R0, 1).Exit().Build();
    }

    /// <summary>A program that does nothing: what costs are compared with.</summary>
    public static ulong[] Empty() => new BpfAssembler().Move(Register.R0, 1).Exit().Build();

    /// <summary>Leaves R8 at <paramref name="length"/> readable bytes of the header; a packet that has fewer goes to "other".</summary>
    private static BpfAssembler Header(BpfAssembler a, int length, HeaderAccess access, string read)
    {
        if (access == HeaderAccess.Direct)
        {
            a.Move(Register.R3, Register.R8).Add(Register.R3, length).JumpIfLessOrEqual(Register.R3, Register.R2, read);
        }

        return a.Move(Register.R1, Register.R6).Move(Register.R2, 0).Move(Register.R3, Register.Frame).Add(Register.R3, H).Move(Register.R4, length)
            .Call(Helper.LoadBytes).JumpIfNotEqual(Register.R0, 0, "other").Move(Register.R8, Register.Frame).Add(Register.R8, H).Label(read);
    }

    private static BpfAssembler Lookup(BpfAssembler a, int map, int key) =>
        a.LoadMap(Register.R1, map).Move(Register.R2, Register.Frame).Add(Register.R2, key).Call(Helper.MapLookup);

    private static void Count(BpfAssembler a, MapFds maps)
    {
        Lookup(a, maps.Counters, K).JumpIfNotEqual(Register.R0, 0, "add")
            .Store(Width.Double, Register.Frame, V, 0).Store(Width.Double, Register.Frame, V + 8, 0)
            .LoadMap(Register.R1, maps.Counters).Move(Register.R2, Register.Frame).Add(Register.R2, K).Move(Register.R3, Register.Frame).Add(Register.R3, V)
            .Move(Register.R4, 1).Call(Helper.MapUpdate);

        // Who lost a race for the entry finds the winner's; who finds none has met a full map, and counts without a name.
        Lookup(a, maps.Counters, K).JumpIfNotEqual(Register.R0, 0, "add");
        Lookup(a, maps.Overflow, KeyDirection).JumpIfEqual(Register.R0, 0, "pass");
        a.Label("add").Load(Width.Word, Register.R1, Register.R6, Length).AtomicAdd(Register.R0, 0, Register.R1)
            .Load(Width.Word, Register.R1, Register.R6, Segments).JumpIfNotEqual(Register.R1, 0, "segments").Move(Register.R1, 1)
            .Label("segments").AtomicAdd(Register.R0, 8, Register.R1);
    }
}
