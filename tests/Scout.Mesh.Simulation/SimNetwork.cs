using Scout.Server.Mesh.Probing;

namespace Scout.Mesh.Simulation;

/// <summary>Loses and delays packets: by chance, by faults, by dead and frozen nodes.</summary>
internal sealed class SimNetwork(SimFleet fleet, double background, Random random)
{
    private const long Microsecond = 1_000;

    private readonly double packetLoss = 1 - Math.Sqrt(1 - background);
    private readonly List<SimFault> faults = [];

    public IList<SimFault> Faults => faults;

    /// <summary>A probe leaves; its answer, if there is one, becomes an event.</summary>
    public void Send(SimNode from, in UdpIntent intent)
    {
        if (fleet.Find(intent.Path.Peer) is not { Dead: false } to) return;
        bool full = intent.Kind == ProbeKind.Mtu;
        long trip = Trip(from, to, full);
        if (trip < 0) return;
        uint reflected = to.Reflect(from);
        long back = Trip(to, from, full);
        if (back < 0) return;
        long answeredAt = Math.Max(fleet.Time.Now + trip, to.FrozenUntil);
        PeerAnswer answer = to.Incarnation != intent.Path.Incarnation ? PeerAnswer.ItIsMe : to.Leaving ? PeerAnswer.Leaving : PeerAnswer.ItIsMe;
        fleet.Schedule(answeredAt + back, new SimEvent(SimEventKind.Reply, from, intent.Handle, intent.Sequence, reflected, answer, to.Incarnation));
    }

    /// <summary>Whether five probes of a witness pass, one by one.</summary>
    public int Ask(SimNode witness, SimNode target)
    {
        int passed = 0;
        for (int i = 0; i < 5; i++)
        {
            if (!target.Dead && target.FrozenUntil <= fleet.Time.Now && Trip(witness, target) >= 0 && Trip(target, witness) >= 0) passed++;
        }

        return passed;
    }

    /// <summary>Nanoseconds of one way; -1: lost.</summary>
    private long Trip(SimNode from, SimNode to, bool full = false)
    {
        if (random.NextDouble() < packetLoss) return -1;
        long delay = (from.ZoneIndex == to.ZoneIndex ? 80 : 250) * Microsecond;
        delay += (long)(random.NextDouble() * 40 * Microsecond);
        foreach (SimFault fault in faults)
        {
            if (!fault.Hits(from, to)) continue;
            if (fault.Loss > 0 && random.NextDouble() < fault.PacketLoss) return -1;
            if (fault.Narrow && full) return -1;
            delay += fault.DelayNs;
        }

        return delay;
    }
}
