namespace Scout.Broker.Mesh.Localisation;

/// <summary>How many different ends see a component fail; too few of them blame nobody (mesh.md 7).</summary>
internal sealed class FarEnds(TrialLedger ledger)
{
    private const int NodeEnds = 3;
    private const int ZoneEnds = 5;
    private const int PairLosses = 3;

    /// <summary>The failing ends, and whether they suffice.</summary>
    public (int Failing, bool Enough) Of(WindowView view, Component component) => component.Kind switch
    {
        ComponentKind.Pair => (2, ledger.Pairs.Find(component.A, component.B) is >= 0 and int pair && view.PairLost[pair] >= PairLosses),
        ComponentKind.Node => OfNode(view, component.A),
        _ => OfZones(view, component),
    };

    private (int Failing, bool Enough) OfNode(WindowView view, int node)
    {
        int failing = 0;
        int reporting = 0;
        foreach (int pair in ledger.Pairs.Of(node))
        {
            if (view.PairLost[pair] > 0) failing++;
            if (reporting < NodeEnds && view.PairSent[pair] > 0 && ledger.Reports(ledger.Pairs[pair].Other(node))) reporting++;
        }

        return (failing, failing >= Math.Max(2, reporting));
    }

    /// <summary>Counted by side: a single bad node makes many ends fail on the other side, but none beside it.</summary>
    private (int Failing, bool Enough) OfZones(WindowView view, Component component)
    {
        int inside = 0;
        int outside = 0;
        long busiest = 0;
        for (int node = 0; node < ledger.NodeBound; node++)
        {
            long lost = ZoneParts.OfNode(ledger, view, component, node).Lost;
            if (lost <= 0) continue;
            busiest = Math.Max(busiest, lost);
            if (ledger.ZoneOf(node) == component.A) inside++;
            else outside++;
        }

        if (component.Kind == ComponentKind.ZonePair && component.A == component.B)
        {
            long lost = view.ZonePairLost[(component.A * ledger.ZoneRoom) + component.A];
            return (inside, inside >= ZoneEnds && busiest < lost);
        }

        return (inside + outside, inside >= 2 && outside >= 2 && inside + outside >= ZoneEnds);
    }
}
