namespace Scout.Machines.Definitions;

/// <summary>The findings of one file: the first 50 by position, however many a hostile file would have.</summary>
internal sealed class FindingList(string file)
{
    /// <summary>At most so many are said of a file (machines.md 1.2).</summary>
    public const int Most = 50;

    private readonly SortedSet<Finding> kept = new(Comparer<Finding>.Create(Compare));

    public bool HasErrors { get; private set; }

    /// <summary>False when a finding at this place would not be kept, so that its hint need not be thought about.</summary>
    public bool Wants(int line, int column) => kept.Count < Most || (line, column).CompareTo((kept.Max!.Line, kept.Max.Column)) < 0;

    public void Add(int line, int column, Severity severity, string kind, string message, string hint)
    {
        HasErrors |= severity == Severity.Error;
        if (!Wants(line, column)) return;
        // The same node can be seen twice, through an alias.
        kept.Add(new Finding(file, line, column, severity, kind, message, hint));
        if (kept.Count > Most) kept.Remove(kept.Max!);
    }

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
