using Scout.Broker.Mesh.Localisation;

namespace Scout.Broker.Mesh.Watching;

/// <summary>
/// Faults that show as a sign on each path instead of lost probes: slower than usual, no full-size packets. The same search as for losses, over one look at all
/// paths.
/// </summary>
/// <remarks>
/// The signs of earlier reports are not counted again: a path that has one has it in each report, and such trials, taken for independent ones, made the search find
/// the losses of a component uneven until all its paths had been slow for half a minute.
/// </remarks>
/// <param name="kind">What it finds.</param>
/// <param name="shows">The sign; null while nothing is known of the path.</param>
/// <param name="lasts">
/// The sign has been there for so long that a wider cause would have shown on other paths. Then it counts twice on a path that is probed on one way only, as most pairs of a large fleet are:
/// one prober that says it again and again is as good as two.
/// </param>
/// <param name="early">What the sign counts before it lasts, 1 or 2: with 1 no pair is blamed at first, for where signs come to the paths of one cause minutes apart.</param>
internal sealed class PathSigns(FaultClass kind, Func<FleetPath, bool?> shows, Func<FleetPath, bool> lasts, int early = PathSigns.Weight)
{
    /// <summary>Share of paths with the sign below which the fault is over.</summary>
    private const double Over = 0.1;

    /// <summary>Share of paths with the sign above which a component may be blamed.</summary>
    private const double Blamed = 0.5;

    /// <summary>Trials of a path: with two, both ways of a pair are enough to blame it.</summary>
    public const int Weight = 2;

    /// <summary>Milliseconds between two looks on the clock of the search: all that one has counted is out of its windows at the next.</summary>
    private const long Apart = 1_000_000;

    private IReadOnlyList<Finding> found = [];
    private FleetNode[] looked = [];
    private long clock;
    private bool changed;

    public FaultClass Kind => kind;

    public Localiser Localiser { get; } = new(new LocaliserOptions { LeastBackground = 1e-3 });

    /// <summary>A report told about some path.</summary>
    public void Touch() => changed = true;

    public IReadOnlyList<Finding> Findings(FleetNode[] members)
    {
        if (!changed && ReferenceEquals(looked, members)) return found;
        changed = false;
        looked = members;
        bool any = false;
        foreach (FleetNode node in members) any |= node.Index >= 0 && node.Paths.Exists(path => shows(path) == true);
        return found = any ? Search(members) : [];
    }

    public bool IsOver(Component component, FleetNode[] members) => Share(Count(component, members)) < Over;

    private List<Finding> Search(FleetNode[] members)
    {
        clock += Apart;
        Localiser.AdvanceTo(clock);
        foreach (FleetNode node in members)
        {
            if (node.Index < 0) continue;
            Localiser.SetReporting(node.Index, reports: true);
            foreach (FleetPath path in node.Paths)
            {
                if (path.To.Index < 0 || shows(path) is not { } shown) continue;
                int weight = !shown ? Weight : !lasts(path) ? early : path.To.Paths.Exists(back => back.To == node && shows(back) is not null) ? Weight : 2 * Weight;
                for (int i = 0; i < weight; i++) Localiser.Add(new Trial(clock, node.Index, path.To.Index, shown));
            }
        }

        return
        [
            .. Localiser.Evaluate(clock).Select(verdict => (Verdict: verdict, Paths: Count(verdict.Component, members))).Where(static one => Share(one.Paths) > Blamed)
                .Select(one => new Finding(kind, one.Verdict with { Sent = one.Paths.All, Lost = one.Paths.Shown })),
        ];
    }

    private static double Share((int All, int Shown) paths) => paths.All == 0 ? 0 : (double)paths.Shown / paths.All;

    private (int All, int Shown) Count(Component component, FleetNode[] members)
    {
        int all = 0;
        int shown = 0;
        foreach (FleetNode node in members)
        {
            if (node.Index < 0) continue;
            foreach (FleetPath path in node.Paths)
            {
                if (path.To.Index < 0 || !ComponentCounts.Holds(Localiser.Ledger, component, node.Index, path.To.Index)) continue;
                all++;
                if (shows(path) == true) shown++;
            }
        }

        return (all, shown);
    }
}
