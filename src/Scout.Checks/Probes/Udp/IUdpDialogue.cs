using Scout.Checks.Probes.Packets;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Udp;

/// <summary>What is sent and what counts as its answer.</summary>
internal interface IUdpDialogue
{
    PacketTrain Train { get; }

    /// <summary>For the summary when nothing was lost; empty for the usual words.</summary>
    string Said { get; }

    /// <summary>The bytes of a packet; called once for each, right before it leaves.</summary>
    ReadOnlyMemory<byte> Packet(int number);

    /// <summary>Something came. An ending when the run is decided by it.</summary>
    ProbeEnding? Take(ReadOnlySpan<byte> packet, in PacketArrival arrival);

    /// <summary>Facts and numbers of its own, at the end.</summary>
    void Report(ProbeAttempt attempt);
}
