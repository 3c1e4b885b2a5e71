namespace Scout.Broker.Mesh.Localisation;

/// <summary>Bounds and thresholds of a <see cref="Localiser"/>.</summary>
public sealed record LocaliserOptions
{
    /// <summary>Losses are never rarer than this by assumption; with it fixed at ten times too little the model blamed 17 pairs in half an hour.</summary>
    public double LeastBackground { get; init; } = 1e-4;

    /// <summary>Most losses kept; the oldest go first.</summary>
    public int MaxLosses { get; init; } = 1 << 18;

    /// <summary>Most verdicts of one evaluation.</summary>
    public int MaxVerdicts { get; init; } = 256;
}

/// <summary>
/// Names the component to blame for lost probes (mesh.md 7). Pure: trials and time come in, verdicts go out. Not for several threads at once.
/// </summary>
public sealed class Localiser
{
    /// <summary>Zones beyond that share the last index.</summary>
    public const int MaxZones = 64;

    /// <summary>Losses of known direction that it takes to name one.</summary>
    public const int LeastKnownDirections = 8;

    private const int MaxOver = 128;

    private readonly LocaliserOptions options;
    private readonly GreedySearch search;

    /// <summary>Faults that are over, and since when: losses of before that are told late belong to them.</summary>
    private readonly Queue<(Component Component, long Before)> over = new();

    public Localiser(LocaliserOptions? options = null)
    {
        this.options = options ?? new LocaliserOptions();
        Ledger = new TrialLedger(this.options.MaxLosses);
        search = new GreedySearch(Ledger);
    }

    /// <summary>Background loss of the last evaluation, 0..1.</summary>
    public double Background => search.Background;

    public int Nodes => Ledger.Nodes;

    /// <summary>Trials counted since the start.</summary>
    public long Trials => Ledger.Trials;

    /// <summary>Trials of nodes that are not known.</summary>
    public long Strange => Ledger.Strange;

    /// <summary>Losses told so late that the fault they belong to is over; not counted.</summary>
    public long Belated { get; private set; }

    /// <summary>Losses dropped before their time, for want of room.</summary>
    public long Overflowed => Ledger.Overflowed;

    internal TrialLedger Ledger { get; }

    /// <summary>Takes up a node.</summary>
    /// <param name="zone">0..<see cref="MaxZones"/> - 1.</param>
    /// <returns>Its index, which may have belonged to a node that left.</returns>
    public int AddNode(int zone) => Ledger.AddNode(zone);

    /// <summary>Forgets a node with all its losses.</summary>
    public void RemoveNode(int node) => Ledger.RemoveNode(node);

    /// <summary>Says that <paramref name="from"/> probes <paramref name="to"/> regularly (ring or full mesh).</summary>
    public void Link(int from, int to) => Ledger.Link(from, to);

    public void Unlink(int from, int to) => Ledger.Unlink(from, to);

    /// <summary>Whether a node's results arrive; silent ones are no far ends to wait for.</summary>
    public void SetReporting(int node, bool reports) => Ledger.SetReporting(node, reports);

    /// <summary>Moves the windows on; trials may be added a little behind.</summary>
    /// <param name="now">Milliseconds, never backwards.</param>
    public void AdvanceTo(long now) => Ledger.AdvanceTo(now / Windows.TickMs);

    /// <summary>Counts a trial.</summary>
    public void Add(in Trial trial)
    {
        if (trial.Lost && over.Count > 0 && IsOver(trial))
        {
            Belated++;
            return;
        }

        Ledger.Add(trial);
    }

    /// <summary>Who is to blame now, best first found first.</summary>
    public IReadOnlyList<Verdict> Evaluate(long now)
    {
        AdvanceTo(now);
        IReadOnlyList<Verdict> verdicts = search.Run(options.LeastBackground, options.MaxVerdicts);
        return verdicts.Count == 0 ? verdicts : Directions.Annotate(Ledger, verdicts);
    }

    /// <summary>Trials and losses of a component in the window of about <paramref name="seconds"/> (1, 5, 30 or 300).</summary>
    public (long Sent, long Lost) Count(Component component, int seconds) => ComponentCounts.Of(Ledger, component, ComponentCounts.WindowOf(seconds));

    /// <summary>All trials and losses in the window of about <paramref name="seconds"/>.</summary>
    public (long Sent, long Lost) CountAll(int seconds)
    {
        int window = ComponentCounts.WindowOf(seconds);
        long sent = 0;
        foreach (int one in Ledger.SentByZone(window)) sent += one;
        long lost = 0;
        foreach (int one in Ledger.LostByZone(window)) lost += one;
        return (sent / 2, lost / 2);
    }

    /// <summary>Forgets the losses of a component decided before <paramref name="before"/>: its fault is over.</summary>
    /// <param name="component">Whose.</param>
    /// <param name="before">Milliseconds.</param>
    /// <param name="others">Losses that belong to one of these as well stay.</param>
    public void Forget(Component component, long before, IReadOnlyList<Component> others)
    {
        while (over.Count > 0 && (over.Count >= MaxOver || before - over.Peek().Before > Windows.Seconds(Windows.Longest) * 1000L)) over.Dequeue();
        over.Enqueue((component, before));
        for (long number = Ledger.Log.First; number < Ledger.Log.End; number++)
        {
            ref Loss loss = ref Ledger.Log[number];
            if (!loss.Spent && loss.Tick < before / Windows.TickMs && ComponentCounts.Holds(Ledger, component, loss.From, loss.To) && !Explained(others, loss)) Ledger.Spend(number);
        }
    }

    private bool IsOver(in Trial trial)
    {
        foreach ((Component component, long before) in over)
        {
            if (trial.At < before && ComponentCounts.Holds(Ledger, component, trial.From, trial.To)) return true;
        }

        return false;
    }

    private bool Explained(IReadOnlyList<Component> components, in Loss loss)
    {
        foreach (Component component in components)
        {
            if (ComponentCounts.Holds(Ledger, component, loss.From, loss.To)) return true;
        }

        return false;
    }

    /// <summary>Says afterwards which way a lost trial was lost.</summary>
    public void Tell(int from, int to, uint sequence, LossDirection direction)
    {
        long number = Ledger.Find(from, to, sequence);
        if (number >= 0) Ledger.Log[number].Direction = direction;
    }

    /// <summary>Says that a lost trial was answered after all.</summary>
    public void TellLate(int from, int to, uint sequence)
    {
        long number = Ledger.Find(from, to, sequence);
        if (number >= 0) Ledger.Log[number].Late = true;
    }

    /// <summary>
    /// Settles losses of unknown direction by what a target counted: it got nothing of a sender's packets, or all of them though none was answered (mesh.md 7).
    /// </summary>
    /// <param name="to">Who counted.</param>
    /// <param name="from">Since when, milliseconds.</param>
    /// <param name="received">Packets of a sender that arrived; null when that is not known.</param>
    /// <param name="expected">Regular probes that a sender sent in that time.</param>
    public void TellReceived(int to, long from, Func<int, int?> received, Func<int, int> expected)
    {
        var lost = new Dictionary<int, int>();
        foreach (long number in Recent(to, from)) lost[Ledger.Log[number].From] = lost.GetValueOrDefault(Ledger.Log[number].From) + 1;
        foreach ((int sender, int count) in lost)
        {
            if (count < 3 || received(sender) is not { } got) continue;
            int sent = expected(sender);
            LossDirection direction = got == 0 ? LossDirection.Forward : got >= sent && count >= 0.9 * sent ? LossDirection.Reverse : LossDirection.Unknown;
            if (direction == LossDirection.Unknown) continue;
            foreach (long number in Recent(to, from))
            {
                if (Ledger.Log[number].From == sender) Ledger.Log[number].Direction = direction;
            }
        }
    }

    /// <summary>When the first loss that still counts for a component was decided, milliseconds; -1 when there is none.</summary>
    public long FirstLoss(Component component, int seconds)
    {
        for (long number = Ledger.Log.Start(ComponentCounts.WindowOf(seconds)); number < Ledger.Log.End; number++)
        {
            ref Loss loss = ref Ledger.Log[number];
            if (!loss.Spent && ComponentCounts.Holds(Ledger, component, loss.From, loss.To)) return loss.Tick * Windows.TickMs;
        }

        return -1;
    }

    /// <summary>What speaks for and against blaming a component.</summary>
    public Evidence Explain(Component component, int seconds) => EvidenceSearch.Of(Ledger, component, ComponentCounts.WindowOf(seconds));

    private List<long> Recent(int to, long from)
    {
        List<long> found = [];
        for (long number = Ledger.Log.End - 1; number >= Ledger.Log.First && Ledger.Log[number].Tick >= from / Windows.TickMs; number--)
        {
            ref Loss loss = ref Ledger.Log[number];
            if (!loss.Spent && loss.To == to && loss.Direction == LossDirection.Unknown) found.Add(number);
        }

        return found;
    }

    /// <summary>Forgets the losses that a stall of a node explains.</summary>
    /// <returns>How many.</returns>
    public int ForgetStall(int node, long from, long until)
    {
        int spent = 0;
        for (long number = Ledger.Log.End - 1; number >= Ledger.Log.First; number--)
        {
            ref Loss loss = ref Ledger.Log[number];
            if (loss.Tick < from / Windows.TickMs) break;
            if (loss.Spent || loss.Tick > until / Windows.TickMs || (loss.From != node && loss.To != node)) continue;
            Ledger.Spend(number);
            spent++;
        }

        return spent;
    }
}
