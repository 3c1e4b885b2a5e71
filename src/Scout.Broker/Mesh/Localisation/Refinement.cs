namespace Scout.Broker.Mesh.Localisation;

/// <summary>
/// Tries to explain the losses of a zone kind by finer kinds other than pairs, greedily: many dead nodes must not pass for a bad zone (mesh.md 7). A node is
/// scored by all its trials, for a dead one shows itself there first, and counts with the share of its losses that lie inside: of two bad zone pairs with a
/// common zone, nodes of that zone must not gain by both.
/// </summary>
internal sealed class Refinement(TrialLedger ledger, Costs costs)
{
    private const int Steps = 256;
    private const double Covered = 0.9;
    private const int NodeEnds = 3;

    private readonly List<int> members = [];
    private readonly List<int> lossy = [];
    private int[] sent = [];
    private int[] lost = [];
    private int[] inside = [];
    private double[] score = [];
    private int[] zoneSent = [];
    private int[] zoneLost = [];
    private bool[] gone = [];

    /// <summary>The first of the finer components when they explain the losses better; null when the zone kind stays to blame.</summary>
    public Component? Finer(WindowView view, Component whole, double wholeScore, long wholeLost, double background)
    {
        Load(view, whole, background);
        Component? first = null;
        double sum = 0;
        long covered = 0;
        for (int step = 0; step < Steps && covered < wholeLost; step++)
        {
            (Component best, double gain) = Best(view, whole, background);
            if (gain <= 0) break;
            first ??= best;
            sum += best.Kind == ComponentKind.Node ? gain * inside[best.A] / lost[best.A] : gain;
            covered += best.Kind == ComponentKind.Node ? TakeNode(view, whole, best.A, background) : TakeZone(view, whole, best.A == whole.A ? best.B : best.A, background);
        }

        return first is not null && covered >= wholeLost * Covered && sum > wholeScore ? first : null;
    }

    private void Load(WindowView view, Component whole, double background)
    {
        int bound = ledger.NodeBound;
        int room = ledger.ZoneRoom;
        if (sent.Length < bound)
        {
            sent = new int[bound * 2];
            lost = new int[bound * 2];
            inside = new int[bound * 2];
            score = new double[bound * 2];
        }

        if (zoneSent.Length != room)
        {
            zoneSent = new int[room];
            zoneLost = new int[room];
        }

        members.Clear();
        lossy.Clear();
        for (int node = 0; node < bound; node++)
        {
            inside[node] = (int)ZoneParts.OfNode(ledger, view, whole, node).Lost;
            if (inside[node] <= 0) continue;
            sent[node] = view.NodeSent[node];
            lost[node] = view.NodeLost[node];
            members.Add(node);
            score[node] = NodeScore(node, background);
        }

        PairTable pairs = ledger.Pairs;
        if (gone.Length < pairs.Bound) gone = new bool[pairs.Bound * 2];
        foreach (int node in members)
        {
            foreach (int pair in pairs.Of(node)) gone[pair] = !Belongs(whole, pairs[pair]);
        }

        if (whole.Kind != ComponentKind.Zone) return;
        for (int other = 0; other < room; other++)
        {
            int cell = (Math.Min(other, whole.A) * room) + Math.Max(other, whole.A);
            zoneSent[other] = other == whole.A ? 0 : view.ZonePairSent[cell];
            zoneLost[other] = other == whole.A ? 0 : view.ZonePairLost[cell];
        }
    }

    private (Component Best, double Score) Best(WindowView view, Component whole, double background)
    {
        while (true)
        {
            int node = -1;
            double best = 0;
            foreach (int member in members)
            {
                if (score[member] <= best) continue;
                best = score[member];
                node = member;
            }

            Component component = Component.Node(node);
            if (whole.Kind == ComponentKind.Zone)
            {
                for (int other = 0; other < zoneSent.Length; other++)
                {
                    double gain = Scores.LogLikelihoodRatio(zoneSent[other], zoneLost[other], background) - costs.ZonePair;
                    if (gain <= best) continue;
                    best = gain;
                    component = Component.ZonePair(whole.A, other);
                }
            }

            if (best <= 0 || component.Kind == ComponentKind.ZonePair || EnoughEnds(view, node)) return (component, best);
            score[node] = 0;
        }
    }

    private bool EnoughEnds(WindowView view, int node)
    {
        int failing = 0;
        foreach (int pair in ledger.Pairs.Of(node))
        {
            if (!gone[pair] && view.PairLost[pair] > 0 && ++failing >= NodeEnds) return true;
        }

        return failing >= 2 && ledger.Nodes <= NodeEnds + 1;
    }

    private int TakeNode(WindowView view, Component whole, int node, double background)
    {
        int taken = inside[node];
        PairTable pairs = ledger.Pairs;
        foreach (int pair in pairs.Of(node))
        {
            if (gone[pair]) continue;
            gone[pair] = true;
            int other = pairs[pair].Other(node);
            sent[other] -= view.PairSent[pair];
            lost[other] -= view.PairLost[pair];
            inside[other] -= view.PairLost[pair];
            score[other] = NodeScore(other, background);
            int far = ledger.ZoneOf(other) == whole.A ? ledger.ZoneOf(node) : ledger.ZoneOf(other);
            if (whole.Kind != ComponentKind.Zone) continue;
            zoneSent[far] -= view.PairSent[pair];
            zoneLost[far] -= view.PairLost[pair];
        }

        sent[node] = 0;
        lost[node] = 0;
        inside[node] = 0;
        score[node] = 0;
        return taken;
    }

    private int TakeZone(WindowView view, Component whole, int other, double background)
    {
        int taken = zoneLost[other];
        PairTable pairs = ledger.Pairs;
        foreach (int node in members)
        {
            if (ledger.ZoneOf(node) != other) continue;
            foreach (int pair in pairs.Of(node))
            {
                if (gone[pair]) continue;
                gone[pair] = true;
                int far = pairs[pair].Other(node);
                sent[far] -= view.PairSent[pair];
                lost[far] -= view.PairLost[pair];
                inside[far] -= view.PairLost[pair];
                score[far] = NodeScore(far, background);
            }

            sent[node] = 0;
            lost[node] = 0;
            inside[node] = 0;
            score[node] = 0;
        }

        zoneSent[other] = 0;
        zoneLost[other] = 0;
        return taken;
    }

    private double NodeScore(int node, double background) =>
        inside[node] <= 0 ? 0 : Scores.LogLikelihoodRatio(sent[node], lost[node], background) - costs.Node;

    private bool Belongs(Component whole, PairTable.Entry pair)
    {
        int low = ledger.ZoneOf(pair.Low);
        int high = ledger.ZoneOf(pair.High);
        return whole.Kind == ComponentKind.Zone
            ? low != high && (low == whole.A || high == whole.A)
            : (low == whole.A && high == whole.B) || (low == whole.B && high == whole.A);
    }
}
