using System.Buffers.Binary;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Accounting;

/// <summary>What the programs count by.</summary>
/// <param name="Cgroup">Id of the socket's own cgroup.</param>
/// <param name="Peer">Other, loopback or a service (<see cref="TrafficPeers"/>).</param>
/// <param name="Direction">As the socket sees it.</param>
internal readonly record struct CounterKey(ulong Cgroup, uint Peer, TrafficDirection Direction)
{
    public static CounterKey Read(ReadOnlySpan<byte> key) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt32LittleEndian(key[8..]), (TrafficDirection)BinaryPrimitives.ReadUInt32LittleEndian(key[12..]));

    public void Write(Span<byte> key)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(key, Cgroup);
        BinaryPrimitives.WriteUInt32LittleEndian(key[8..], Peer);
        BinaryPrimitives.WriteUInt32LittleEndian(key[12..AccountingProgram.CounterKeySize], (uint)Direction);
    }
}

/// <summary>One entry of the kernel's counters, summed over its CPUs.</summary>
internal readonly record struct CounterRow(CounterKey Key, Volume Value);
