namespace Scout.Mesh.Simulation;

/// <summary>What a fault sits on.</summary>
internal enum SimFaultKind
{
    Node,
    Pair,
    ZonePair,
    Zone,
}

/// <summary>On which way of it.</summary>
internal enum SimWay
{
    Both,

    /// <summary>Leaving the node or zone; from the first of two to the second.</summary>
    Egress,
    Ingress,
}

/// <summary>A fault of the simulated network.</summary>
/// <param name="Kind">What it sits on.</param>
/// <param name="A">Node or zone index.</param>
/// <param name="B">The other; -1 for one.</param>
/// <param name="Way">On which way.</param>
/// <param name="Loss">0 to 1: of round trips when both ways are hit, else of the packets of one way.</param>
/// <param name="DelayNs">Added to each packet that is hit.</param>
/// <param name="Narrow">Full-size packets do not pass.</param>
internal sealed record SimFault(SimFaultKind Kind, int A, int B, SimWay Way, double Loss, long DelayNs, bool Narrow)
{
    /// <summary>Loss of one packet.</summary>
    public double PacketLoss { get; } = Way == SimWay.Both ? 1 - Math.Sqrt(1 - Loss) : Loss;

    public bool Hits(SimNode from, SimNode to)
    {
        (int sender, int receiver) = Kind is SimFaultKind.Node or SimFaultKind.Pair ? (from.Index, to.Index) : (from.ZoneIndex, to.ZoneIndex);
        bool leaves = Kind switch
        {
            SimFaultKind.Node => sender == A,
            SimFaultKind.Zone => sender == A && receiver != A,
            _ => sender == A && receiver == B,
        };
        if (leaves) return Way != SimWay.Ingress;
        bool arrives = Kind switch
        {
            SimFaultKind.Node => receiver == A,
            SimFaultKind.Zone => receiver == A && sender != A,
            _ => sender == B && receiver == A,
        };
        return arrives && Way != SimWay.Egress;
    }
}
