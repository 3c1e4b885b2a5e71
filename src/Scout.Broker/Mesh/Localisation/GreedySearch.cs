namespace Scout.Broker.Mesh.Localisation;

/// <summary>
/// One evaluation: again and again the best component of all windows is blamed and its trials are taken out of every window, until nothing scores above 0.
/// Searching all windows together lets the window that shows a fault cleanest name it: in one where the fault began half-way, its losses look uneven.
/// </summary>
internal sealed class GreedySearch
{
    private readonly TrialLedger ledger;
    private readonly WindowView[] views;
    private readonly FarEnds farEnds;
    private readonly Evenness evenness;
    private readonly List<Candidate> candidates = [];
    private bool[] touched = [];
    private Costs costs;
    private double background;
    private bool withZones;

    public GreedySearch(TrialLedger ledger)
    {
        this.ledger = ledger;
        views = [.. Enumerable.Range(0, Windows.Count).Select(window => new WindowView(ledger, window))];
        farEnds = new FarEnds(ledger);
        evenness = new Evenness(ledger);
    }

    /// <summary>Background loss of the last evaluation.</summary>
    public double Background => background;

    /// <summary>
    /// Blames. When a zone kind is among the blamed, the losses are explained a second time without zone kinds, and the better explanation as a whole wins: in the
    /// first second many dead nodes have lost too little each to stand against the sum of their zone.
    /// </summary>
    /// <param name="least">Least background.</param>
    /// <param name="most">Most verdicts.</param>
    public IReadOnlyList<Verdict> Run(double least, int most)
    {
        background = least;
        if (ledger.Log.End == ledger.Log.First) return [];
        foreach (WindowView view in views) view.Load();
        background = Math.Max(least, Math.Max(BackgroundOf(Windows.Thirty), BackgroundOf(Windows.Longest)));
        costs = Costs.For(ledger.Nodes, ledger.Zones);
        IReadOnlyList<Verdict> verdicts = Explain(most, zones: true);
        if (verdicts.All(static one => one.Component.Kind < ComponentKind.ZonePair)) return verdicts;
        foreach (WindowView view in views) view.Load();
        IReadOnlyList<Verdict> finer = Explain(most, zones: false);
        return finer.Sum(static one => one.Score) > verdicts.Sum(static one => one.Score) ? finer : verdicts;
    }

    private List<Verdict> Explain(int most, bool zones)
    {
        withZones = zones;
        candidates.Clear();
        for (int window = 0; window < views.Length; window++)
        {
            if (views[window].Lost > 0) AddAll(window);
        }

        List<Verdict> verdicts = [];
        var refinement = new Refinement(ledger, costs);
        while (verdicts.Count < most && TakeBest(out Candidate best))
        {
            WindowView view = views[best.Window];
            (long sent, long lost) = Count(view, best.Component);
            (int failing, bool enough) = farEnds.Of(view, best.Component);
            if (!enough || !evenness.Holds(view, best.Component, sent, lost)) continue;
            if (best.Component.Kind >= ComponentKind.ZonePair)
            {
                if (!EvenInLonger(best)) continue;
                if (refinement.Finer(view, best.Component, best.Score, lost, background) is { } finer)
                {
                    (sent, lost) = Count(view, finer);
                    (failing, _) = farEnds.Of(view, finer);
                    best = new Candidate(best.Window, finer, Scores.LogLikelihoodRatio(sent, lost, background) - costs.Of(finer.Kind));
                }
            }

            verdicts.Add(new Verdict(best.Component, best.Score, Windows.Seconds(best.Window), sent, lost, failing));
            Blame(best.Component);
        }

        return verdicts;
    }

    /// <summary>
    /// A zone kind fails for all its nodes at once, so it must look even in longer windows too. The shortest holds too few losses of each node to tell.
    /// </summary>
    private bool EvenInLonger(in Candidate best)
    {
        (_, long most) = Count(views[best.Window], best.Component);
        for (int window = best.Window + 1; window < views.Length; window++)
        {
            (long sent, long lost) = Count(views[window], best.Component);
            if (lost <= most) continue;
            most = lost;
            if (!evenness.Holds(views[window], best.Component, sent, lost)) return false;
        }

        return true;
    }

    /// <summary>
    /// Loss of the window, a pair counting with at most 2 of 30 s: a broken path adds next to nothing. The longest window is looked at too, for in a small
    /// fleet 30 s hold so few losses that by chance they are half of what the rest of 300 s had.
    /// </summary>
    private double BackgroundOf(int window)
    {
        WindowView view = views[window];
        if (view.Sent == 0) return 0;
        long sum = 0;
        int most = 2 * Windows.Seconds(window) / Windows.Seconds(Windows.Thirty);
        ReadOnlySpan<int> lost = view.PairLost.AsSpan(0, ledger.Pairs.Bound);
        foreach (int one in lost) sum += Math.Min(one, most);
        return (double)sum / view.Sent;
    }

    private (long Sent, long Lost) Count(WindowView view, Component component)
    {
        switch (component.Kind)
        {
            case ComponentKind.Node:
                return (view.NodeSent[component.A], view.NodeLost[component.A]);
            case ComponentKind.Pair:
                int pair = ledger.Pairs.Find(component.A, component.B);
                return pair < 0 ? default : (view.PairSent[pair], view.PairLost[pair]);
            case ComponentKind.ZonePair:
                int cell = (component.A * ledger.ZoneRoom) + component.B;
                return (view.ZonePairSent[cell], view.ZonePairLost[cell]);
            default:
                return view.Border(component.A);
        }
    }

    private void AddAll(int window)
    {
        WindowView view = views[window];
        for (int node = 0; node < ledger.NodeBound; node++) AddNode(window, node);
        PairTable pairs = ledger.Pairs;
        for (int pair = 0; pair < pairs.Bound; pair++)
        {
            if (view.PairLost[pair] > 0) AddPair(window, pair);
        }

        AddZones(window);
    }

    private void AddNode(int window, int node)
    {
        WindowView view = views[window];
        if (view.NodeLost[node] >= 2) Add(window, Component.Node(node), view.NodeSent[node], view.NodeLost[node], costs.Node);
    }

    private void AddPair(int window, int pair)
    {
        WindowView view = views[window];
        if (view.PairLost[pair] < 3) return;
        PairTable.Entry entry = ledger.Pairs[pair];
        if (entry.Low >= 0) Add(window, Component.Pair(entry.Low, entry.High), view.PairSent[pair], view.PairLost[pair], costs.Pair);
    }

    private void AddZones(int window)
    {
        if (!withZones) return;
        WindowView view = views[window];
        int room = ledger.ZoneRoom;
        for (int a = 0; a < room; a++)
        {
            if (ledger.NodesIn(a) == 0) continue;
            for (int b = a; b < room; b++)
            {
                int cell = (a * room) + b;
                if (view.ZonePairLost[cell] >= 3) Add(window, Component.ZonePair(a, b), view.ZonePairSent[cell], view.ZonePairLost[cell], costs.ZonePair);
            }

            if (ledger.Zones < 3) continue;
            (int sent, int lost) = view.Border(a);
            if (lost >= 3) Add(window, Component.Zone(a), sent, lost, costs.Zone);
        }
    }

    private void Add(int window, Component component, long sent, long lost, double cost)
    {
        double score = Scores.LogLikelihoodRatio(sent, lost, background) - cost;
        if (score > 0) candidates.Add(new Candidate(window, component, score));
    }

    private bool TakeBest(out Candidate best)
    {
        best = default;
        int at = -1;
        for (int i = 0; i < candidates.Count; i++)
        {
            if (candidates[i].Score <= best.Score) continue;
            best = candidates[i];
            at = i;
        }

        if (at < 0) return false;
        candidates[at] = candidates[^1];
        candidates.RemoveAt(candidates.Count - 1);
        return true;
    }

    /// <summary>Takes a component out of every window, and scores what it touched again.</summary>
    private void Blame(Component component)
    {
        foreach (WindowView view in views) view.Remove(component);
        if (touched.Length < ledger.NodeBound) touched = new bool[ledger.NodeBound * 2];
        Array.Clear(touched);
        MarkTouched(component);
        candidates.RemoveAll(one => Touches(one.Component));
        for (int window = 0; window < views.Length; window++)
        {
            WindowView view = views[window];
            if (view.Lost == 0) continue;
            AddZones(window);
            for (int node = 0; node < ledger.NodeBound; node++)
            {
                if (!touched[node]) continue;
                AddNode(window, node);
            }
        }

        // A pair is taken out whole or stays as it is, and a node that is taken out takes its pairs along: pairs need no new score.
        candidates.RemoveAll(one => one.Component.Kind == ComponentKind.Pair && views[one.Window].PairLost[ledger.Pairs.Find(one.Component.A, one.Component.B)] == 0);
    }

    private void MarkTouched(Component component)
    {
        switch (component.Kind)
        {
            case ComponentKind.Node:
                touched[component.A] = true;
                foreach (int pair in ledger.Pairs.Of(component.A)) touched[ledger.Pairs[pair].Other(component.A)] = true;
                break;
            case ComponentKind.Pair:
                touched[component.A] = true;
                touched[component.B] = true;
                break;
            default:
                for (int node = 0; node < ledger.NodeBound; node++)
                {
                    int zone = ledger.ZoneOf(node);
                    if (component.Kind == ComponentKind.Zone || zone == component.A || zone == component.B) touched[node] = true;
                }

                break;
        }
    }

    /// <summary>Zone kinds always: they are few.</summary>
    private bool Touches(Component component) => component.Kind switch
    {
        ComponentKind.Pair => false,
        ComponentKind.Node => touched[component.A],
        _ => true,
    };

    private readonly record struct Candidate(int Window, Component Component, double Score);
}
