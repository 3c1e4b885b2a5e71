using Scout.Checks.Output;
using Scout.Checks.Probes.Packets;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Udp;

/// <summary>The bytes of <c>send</c>. Answers carry no number, so each counts for the oldest packet that has none.</summary>
internal sealed class PayloadDialogue(int count, ProbeBytes send, ProbePattern? match, TimeProvider time) : IUdpDialogue
{
    private const int Kept = 4096;
    private string answer = "";

    public PacketTrain Train { get; } = new(count);

    public string Said => answer.Length > 0 ? $"answered {ProbeText.Shown(answer)}" : "";

    public ReadOnlyMemory<byte> Packet(int number) => send.Bytes;

    public ProbeEnding? Take(ReadOnlySpan<byte> packet, in PacketArrival arrival)
    {
        answer = PluginText.Decode(packet[..Math.Min(Kept, packet.Length)], packet.Length > Kept);
        if (match?.IsMatch(answer) == false) return new ProbeEnding(ProbeReason.Body, $"answered {ProbeText.Shown(answer)}, which does not match '{match}'");
        int number = Train.Oldest();
        if (number < 0) Train.IsStrange();
        else Train.Arrives(number, Train.RoundTrip(number, arrival, time));
        return null;
    }

    public void Report(ProbeAttempt attempt)
    {
        if (answer.Length > 0) attempt.Fact("answer", answer);
    }
}
