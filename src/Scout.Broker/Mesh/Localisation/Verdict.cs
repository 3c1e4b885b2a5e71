namespace Scout.Broker.Mesh.Localisation;

/// <summary>Where packets of a component are lost.</summary>
public enum FaultDirection : byte
{
    /// <summary>Too few losses of known direction.</summary>
    Unknown,

    /// <summary>Both ways.</summary>
    Both,

    /// <summary>Leaving the node, or from A to B.</summary>
    Egress,

    /// <summary>Arriving at the node, or from B to A.</summary>
    Ingress,
}

/// <summary>One component that an evaluation blames.</summary>
/// <param name="Component">Which.</param>
/// <param name="Score">Log-likelihood ratio less its cost; above 0.</param>
/// <param name="Window">Seconds of the window that shows it best.</param>
/// <param name="Sent">Its trials in that window.</param>
/// <param name="Lost">Lost ones of them.</param>
/// <param name="FailingFarEnds">Nodes at the other end of a lost trial (of a node); failing nodes (of a zone kind); 2 (of a pair).</param>
public sealed record Verdict(Component Component, double Score, int Window, long Sent, long Lost, int FailingFarEnds)
{
    /// <summary>Lost of sent, 0..1.</summary>
    public double Loss => Sent == 0 ? 0 : (double)Lost / Sent;

    /// <summary>1 - exp(-score), below 1.</summary>
    public double Confidence => 1 - Math.Exp(-Score);

    /// <summary>Lost packets of known direction that left the component (A to B).</summary>
    public int Leaving { get; init; }

    /// <summary>Lost packets of known direction that were on the way to it (B to A).</summary>
    public int Arriving { get; init; }

    /// <summary>Losses over 30 s, all that were counted.</summary>
    public int Losses { get; init; }

    /// <summary>Of them those answered too late.</summary>
    public int Late { get; init; }

    /// <summary>By the rule of mesh.md 7: at least 8 of known direction, 90 % one way.</summary>
    public FaultDirection Direction
    {
        get
        {
            int known = Leaving + Arriving;
            if (known < Localiser.LeastKnownDirections) return FaultDirection.Unknown;
            double share = (double)Leaving / known;
            return share >= 0.9 ? FaultDirection.Egress : share <= 0.1 ? FaultDirection.Ingress : FaultDirection.Both;
        }
    }
}
