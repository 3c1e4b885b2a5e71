namespace Scout.Broker.Mesh.Localisation;

/// <summary>Collects the evidence for a component. Walks losses and pairs: for faults that are told, not for each evaluation.</summary>
internal static class EvidenceSearch
{
    private const int Examples = 5;

    public static Evidence Of(TrialLedger ledger, Component component, int window)
    {
        var byPath = new Dictionary<(int From, int To), PathCount>();
        for (long number = ledger.Log.Start(window); number < ledger.Log.End; number++)
        {
            ref Loss loss = ref ledger.Log[number];
            if (loss.Spent || !ComponentCounts.Holds(ledger, component, loss.From, loss.To)) continue;
            PathCount count = byPath.GetValueOrDefault((loss.From, loss.To), new PathCount(loss.From, loss.To, Sent(ledger, loss.Pair, window), 0, 0, 0));
            byPath[(loss.From, loss.To)] = count with
            {
                Lost = count.Lost + 1,
                Forward = count.Forward + (loss.Direction == LossDirection.Forward ? 1 : 0),
                Reverse = count.Reverse + (loss.Direction == LossDirection.Reverse ? 1 : 0),
            };
        }

        int paths = 0;
        HashSet<int> ends = [];
        HashSet<int> failingEnds = [];
        List<PathCount> passing = [];
        foreach (int pair in Pairs(ledger, component))
        {
            PairTable.Entry entry = ledger.Pairs[pair];
            paths += entry.Links;
            AddEnds(ends, component, entry.Low, entry.High);
            if (passing.Count >= Examples || entry.Links == 0 || ledger.SentByPair(window)[pair] == 0 || ledger.LostByPair(window)[pair] > 0) continue;
            passing.Add(new PathCount(entry.Low, entry.High, Sent(ledger, pair, window), 0, 0, 0));
        }

        foreach ((int from, int to) in byPath.Keys) AddEnds(failingEnds, component, from, to);
        ends.UnionWith(failingEnds);
        IReadOnlyList<PathCount> failing = [.. byPath.Values.OrderByDescending(static one => one.Lost).ThenBy(static one => one.From).ThenBy(static one => one.To).Take(Examples)];
        return new Evidence(paths, byPath.Count, ends.Count, failingEnds.Count, failing, passing, PortPattern.Of(ledger, component));
    }

    private static IEnumerable<int> Pairs(TrialLedger ledger, Component component)
    {
        if (component.Kind == ComponentKind.Node)
        {
            foreach (int pair in ledger.Pairs.Of(component.A)) yield return pair;
            yield break;
        }

        for (int pair = 0; pair < ledger.Pairs.Bound; pair++)
        {
            PairTable.Entry entry = ledger.Pairs[pair];
            if (entry.Low >= 0 && ComponentCounts.Holds(ledger, component, entry.Low, entry.High)) yield return pair;
        }
    }

    private static void AddEnds(HashSet<int> ends, Component component, int from, int to)
    {
        if (component.Kind != ComponentKind.Node || from != component.A) ends.Add(from);
        if (component.Kind != ComponentKind.Node || to != component.A) ends.Add(to);
    }

    private static int Sent(TrialLedger ledger, int pair, int window) => ledger.SentByPair(window)[pair] / Math.Max(1, ledger.Pairs[pair].Links);
}
