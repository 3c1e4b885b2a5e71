namespace Scout.Broker.Mesh.Localisation;

/// <summary>
/// Whether the losses of a component are spread over its finer parts as its trials are (mesh.md 7). If not, a part of it is to blame.
/// </summary>
internal sealed class Evenness(TrialLedger ledger)
{
    private const double Level = 0.01;

    /// <summary>Below this share of delivered packets the expected scatter is taken no smaller.</summary>
    private const double LeastDelivered = 0.02;

    public bool Holds(WindowView view, Component component, long sent, long lost) => component.Kind switch
    {
        ComponentKind.Pair => true,
        ComponentKind.Node => HoldsForNode(view, component.A, sent, lost),
        _ => HoldsForZones(view, component, sent, lost),
    };

    private bool HoldsForNode(WindowView view, int node, long sent, long lost)
    {
        int room = ledger.ZoneRoom;
        List<int> pairs = ledger.Pairs.Of(node);
        int parts = 0;
        for (int zone = 0; zone < room; zone++)
        {
            if (view.ZoneSent[(node * room) + zone] > 0) parts++;
        }

        foreach (int pair in pairs)
        {
            if (view.PairSent[pair] > 0) parts++;
        }

        double least = Level / Math.Max(parts, 1);
        for (int zone = 0; zone < room; zone++)
        {
            if (!Likely(sent, lost, view.ZoneSent[(node * room) + zone], view.ZoneLost[(node * room) + zone], least)) return false;
        }

        foreach (int pair in pairs)
        {
            if (!Likely(sent, lost, view.PairSent[pair], view.PairLost[pair], least)) return false;
        }

        return true;
    }

    private bool HoldsForZones(WindowView view, Component component, long sent, long lost)
    {
        int room = ledger.ZoneRoom;
        double share = (double)lost / sent;
        double scatter = Math.Max(1 - share, LeastDelivered);
        int inside = 0;
        double x = 0;
        double inverse = 0;
        for (int node = 0; node < ledger.NodeBound; node++)
        {
            (long part, long lostPart) = ZoneParts.OfNode(ledger, view, component, node);
            if (part <= 0) continue;
            inside++;
            double mean = part * share;
            x += (lostPart - mean) * (lostPart - mean) / (mean * scatter);
            inverse += 1 / mean;
        }

        if (x > inside + (4 * Math.Sqrt((2 * inside) + inverse))) return false;
        int zones = component.Kind == ComponentKind.Zone ? ledger.Zones - 1 : 0;
        double least = Level / Math.Max(inside + zones, 1);
        if (component.Kind == ComponentKind.Zone)
        {
            for (int other = 0; other < room; other++)
            {
                if (other == component.A) continue;
                int cell = (Math.Min(other, component.A) * room) + Math.Max(other, component.A);
                if (!Likely(sent, lost, view.ZonePairSent[cell], view.ZonePairLost[cell], least)) return false;
            }
        }

        for (int node = 0; node < ledger.NodeBound; node++)
        {
            (long part, long lostPart) = ZoneParts.OfNode(ledger, view, component, node);
            if (!Likely(sent, lost, part, lostPart, least)) return false;
        }

        return true;
    }

    private static bool Likely(long sent, long lost, long sentPart, long lostPart, double least) =>
        lostPart <= 0 || sentPart >= sent || Scores.BinomialTail(lost, (double)sentPart / sent, lostPart) >= least;
}

/// <summary>The share that a node has in a zone kind.</summary>
internal static class ZoneParts
{
    /// <summary>Trials and losses of a node that belong to a zone pair, or that cross the border of a zone; 0 for nodes outside.</summary>
    public static (long Sent, long Lost) OfNode(TrialLedger ledger, WindowView view, Component component, int node)
    {
        int zone = ledger.ZoneOf(node);
        if (zone < 0) return default;
        int room = ledger.ZoneRoom;
        if (component.Kind == ComponentKind.ZonePair)
        {
            int far = zone == component.A ? component.B : zone == component.B ? component.A : -1;
            return far < 0 ? default : (view.ZoneSent[(node * room) + far], view.ZoneLost[(node * room) + far]);
        }

        if (zone != component.A) return (view.ZoneSent[(node * room) + component.A], view.ZoneLost[(node * room) + component.A]);
        int own = (node * room) + zone;
        return (view.NodeSent[node] - view.ZoneSent[own], view.NodeLost[node] - view.ZoneLost[own]);
    }
}
