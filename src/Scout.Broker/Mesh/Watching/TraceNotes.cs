namespace Scout.Broker.Mesh.Watching;

/// <summary>The last traces that nodes told of: where packets of a path stopped.</summary>
internal sealed class TraceNotes
{
    /// <summary>A loss is traced once a minute and path at most; with more of them the newest are enough.</summary>
    private const int Room = 512;

    private readonly Queue<TraceNote> notes = new();

    public void Add(TraceNote note)
    {
        if (notes.Count == Room) notes.Dequeue();
        notes.Enqueue(note);
    }

    /// <summary>What most of those say that are told since <paramref name="since"/> about paths that <paramref name="holds"/> takes; null without one.</summary>
    public string? Most(long since, Func<int, int, bool> holds)
    {
        string[] texts = [.. notes.Where(one => one.At >= since && one.From.Index >= 0 && one.To.Index >= 0 && holds(one.From.Index, one.To.Index)).Select(static one => one.Text)];
        IGrouping<string, string>? most = texts.GroupBy(static one => one, StringComparer.Ordinal)
            .OrderByDescending(static group => group.Count()).ThenBy(static group => group.Key, StringComparer.Ordinal).FirstOrDefault();
        return most is null ? null : texts.Length == 1 ? most.Key : $"{most.Key} ({most.Count()} of {texts.Length} traces)";
    }
}

/// <summary>One of them.</summary>
/// <param name="From">Who traced.</param>
/// <param name="To">Towards whom.</param>
/// <param name="Text">For people: <c>lost after hop 1 (10.0.0.1)</c>.</param>
/// <param name="At">When it was told, milliseconds.</param>
internal readonly record struct TraceNote(FleetNode From, FleetNode To, string Text, long At);
