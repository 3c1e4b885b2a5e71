using System.Buffers.Binary;
using Scout.Checks.Probes.Packets;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Udp;

/// <summary>Any bytes, wanted back: 4 octets of number, 8 of a random token, the rest a pattern.</summary>
internal sealed class EchoDialogue : IUdpDialogue
{
    /// <summary>Octets that an echo needs.</summary>
    public const int LeastSize = 12;

    private readonly byte[] packet;
    private readonly byte[] expected;
    private readonly TimeProvider time;

    public EchoDialogue(int count, int size, ProbeContext context)
    {
        Train = new PacketTrain(count);
        time = context.Time;
        packet = new byte[size];
        for (int i = LeastSize; i < size; i++) packet[i] = (byte)i;
        context.Random.Fill(packet.AsSpan(4, 8));
        expected = (byte[])packet.Clone();
    }

    public PacketTrain Train { get; }

    public string Said => "";

    public ReadOnlyMemory<byte> Packet(int number)
    {
        BinaryPrimitives.WriteInt32BigEndian(packet, number);
        return packet;
    }

    public ProbeEnding? Take(ReadOnlySpan<byte> answer, in PacketArrival arrival)
    {
        int number = answer.Length == packet.Length && answer[4..].SequenceEqual(expected.AsSpan(4)) ? BinaryPrimitives.ReadInt32BigEndian(answer) : -1;
        if (number < 0 || number >= Train.Sent) Train.IsStrange();
        else Train.Arrives(number, Train.RoundTrip(number, arrival, time));
        return null;
    }

    public void Report(ProbeAttempt attempt)
    {
    }
}
