namespace Scout.Machines.Definitions;

/// <summary>The findings of one file: the first 50 by position, however many a hostile file would have.</summary>
internal sealed class FindingList(string file)
{
    /// <summary>At most so many are said of a file (machines.md 1.2).</summary>
    public const int Most = 50;

    private readonly SortedSet<Finding> kept = new(Comparer<Finding>.Create(Compare));

    public bool HasErrors { get; private set; }

    /// <summary>False when an error at this place would not be kept, so that its hint need not be thought about.</summary>
    public bool Wants(int line, int column) => !HasErrors || IsEarly(line, column);

    public void Add(int line, int column, Severity severity, string kind, string message, string hint)
    {
        bool first = severity == Severity.Error && !HasErrors;
        HasErrors |= first;
        if (!first && !IsEarly(line, column)) return;
        // The same node can be seen twice, through an alias.
        kept.Add(new Finding(file, line, column, severity, kind, message, hint));
        if (kept.Count > Most) kept.Remove(Least());
    }

    // However many warnings stand before it, one error is said: it is why the file is refused.
    private Finding Least()
    {
        Finding last = kept.Max!;
        return last.Severity == Severity.Error && kept.Count(finding => finding.Severity == Severity.Error) == 1
            ? kept.Last(finding => finding.Severity != Severity.Error) : last;
    }

    private bool IsEarly(int line, int column) => kept.Count < Most || (line, column).CompareTo((kept.Max!.Line, kept.Max.Column)) < 0;

    /// <summary>By position. An error is among them when there is one.</summary>
    public IReadOnlyList<Finding> ToList() => [.. kept];

    /// <summary>By line, column, severity (errors first), kind and message.</summary>
    public static int Compare(Finding left, Finding right)
    {
        int order = (left.Line, left.Column, right.Severity).CompareTo((right.Line, right.Column, left.Severity));
        if (order == 0) order = string.CompareOrdinal(left.Kind, right.Kind);
        return order != 0 ? order : string.CompareOrdinal(left.Message, right.Message);
    }
}
