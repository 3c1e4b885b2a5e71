namespace Scout.Broker.Mesh.Localisation;

/// <summary>What happened to a fault.</summary>
public enum FaultStep
{
    Suspect,
    Confirmed,
    Changed,
    Cleared,
}

/// <summary>What the book has to ask about a fault.</summary>
public interface IFaultView
{
    /// <summary>Whether its losses are down to nothing; null when nobody can tell.</summary>
    bool? IsQuiet(OpenFault fault);

    /// <summary>The component left the fleet.</summary>
    bool IsGone(OpenFault fault);

    /// <summary>When it began, milliseconds.</summary>
    long Began(Finding finding, long now);

    /// <summary>A number that differs when the fault should be told again.</summary>
    int Shape(OpenFault fault);
}

/// <summary>
/// Faults from verdicts, with hysteresis (mesh.md 7): suspect when in a result, confirmed when in 9 of the last 10, cleared when quiet for 3 s; one that comes
/// back within 60 s keeps its id. At most 128 are open.
/// </summary>
/// <param name="newId">Makes ids.</param>
public sealed class FaultBook(Func<string> newId)
{
    public const int MaxOpen = 128;

    private const long QuietFor = 3_000;
    private const long KeepId = 60_000;

    /// <summary>A confirmed fault that no evaluation names any more is told by another one, or cannot be seen.</summary>
    private const long Unseen = 10_000;

    private const long ChangesApart = 2_000;

    private readonly Dictionary<FaultKey, OpenFault> open = [];
    private readonly Dictionary<FaultKey, OpenFault> recent = [];
    private readonly HashSet<FaultKey> beyond = [];

    public IReadOnlyCollection<OpenFault> Open => open.Values;

    /// <summary>Faults of the last evaluation for which there was no room.</summary>
    public int Beyond { get; private set; }

    /// <summary>Faults that did not find room, each counted once while it lasts.</summary>
    public long Dropped { get; private set; }

    public OpenFault? Find(string id) => open.Values.FirstOrDefault(one => one.Id == id);

    /// <summary>Takes the findings of one evaluation.</summary>
    public IReadOnlyList<(OpenFault Fault, FaultStep Step)> Update(long now, IReadOnlyList<Finding> findings, IFaultView view)
    {
        List<(OpenFault, FaultStep)> steps = [];
        var seen = new Dictionary<FaultKey, Finding>(findings.Count);
        foreach (Finding finding in findings) seen.TryAdd(finding.Key, finding);
        foreach ((FaultKey key, Finding finding) in seen)
        {
            if (!open.ContainsKey(key)) TryOpen(now, finding, view, steps);
        }

        Beyond = seen.Keys.Count(key => !open.ContainsKey(key));
        beyond.RemoveWhere(key => !seen.ContainsKey(key));
        foreach (OpenFault fault in open.Values.ToArray())
        {
            bool named = seen.TryGetValue(fault.Key, out Finding finding);
            fault.Remember(named);
            if (named)
            {
                fault.Verdict = finding.Verdict;
                fault.SeenAt = now;
            }

            Judge(now, fault, view, steps);
        }

        foreach (OpenFault fault in recent.Values.ToArray())
        {
            if (now - fault.ClearedAt > KeepId) recent.Remove(fault.Key);
        }

        return steps;
    }

    private void TryOpen(long now, Finding finding, IFaultView view, List<(OpenFault, FaultStep)> steps)
    {
        if (open.Count >= MaxOpen)
        {
            if (beyond.Count < MaxOpen * 8 && beyond.Add(finding.Key)) Dropped++;
            return;
        }

        beyond.Remove(finding.Key);
        string id = recent.Remove(finding.Key, out OpenFault? before) ? before.Id : newId();
        var fault = new OpenFault(finding.Key, id, view.Began(finding, now), finding.Verdict) { SeenAt = now, ToldAt = now };
        fault.Shape = view.Shape(fault);
        open.Add(finding.Key, fault);
        steps.Add((fault, FaultStep.Suspect));
    }

    private void Judge(long now, OpenFault fault, IFaultView view, List<(OpenFault, FaultStep)> steps)
    {
        bool? quiet = view.IsQuiet(fault);
        if (quiet != true) fault.QuietSince = -1;
        else if (fault.QuietSince < 0) fault.QuietSince = now;
        fault.EndedQuiet = fault.QuietSince >= 0 && now - fault.QuietSince >= QuietFor;
        bool over = fault.EndedQuiet
            || view.IsGone(fault)
            || (fault.Gone && (!fault.Confirmed || now - fault.SeenAt >= Unseen));
        if (over)
        {
            fault.ClearedAt = now;
            open.Remove(fault.Key);
            if (recent.Count < MaxOpen * 8) recent[fault.Key] = fault;
            steps.Add((fault, FaultStep.Cleared));
            return;
        }

        bool confirm = fault.Steady && !fault.Partial;
        if (confirm && !fault.Confirmed)
        {
            fault.Confirmed = true;
            fault.ConfirmedAt = now;
            fault.Shape = view.Shape(fault);
            fault.ToldAt = now;
            steps.Add((fault, FaultStep.Confirmed));
            return;
        }

        if (fault.Partial && fault.Confirmed)
        {
            fault.Confirmed = false;
            fault.ToldAt = now;
            steps.Add((fault, FaultStep.Changed));
            return;
        }

        int shape = view.Shape(fault);
        if (shape == fault.Shape || now - fault.ToldAt < ChangesApart) return;
        fault.Shape = shape;
        fault.ToldAt = now;
        steps.Add((fault, FaultStep.Changed));
    }
}
