namespace Scout.Protocol.Reading;

/// <summary>Counters that are missing or explained, as ranges; bounded, the oldest range goes first.</summary>
internal sealed class SequenceSet(int capacity)
{
    private readonly List<Range> ranges = [];

    /// <summary>Ranges that had to be forgotten.</summary>
    public long Forgotten { get; private set; }

    public void Add(long first, long last, long born)
    {
        if (first > last) return;
        ranges.Add(new Range(first, last, born));
        if (ranges.Count <= capacity) return;
        ranges.RemoveAt(0);
        Forgotten++;
    }

    /// <summary>Takes a range out, wherever it overlaps.</summary>
    public void Remove(long first, long last)
    {
        for (int i = ranges.Count - 1; i >= 0; i--)
        {
            Range one = ranges[i];
            if (one.Last < first || one.First > last) continue;
            ranges.RemoveAt(i);
            if (one.Last > last) ranges.Insert(i, one with { First = last + 1 });
            if (one.First < first) ranges.Insert(i, one with { Last = first - 1 });
        }
    }

    /// <summary>Takes out, and returns, the ranges that were born at or before a moment and end at or before a counter.</summary>
    public List<(long First, long Last)> TakeRipe(long bornUntil, long lastUntil)
    {
        List<(long, long)> ripe = [];
        ranges.RemoveAll(one =>
        {
            if (one.Born > bornUntil || one.Last > lastUntil) return false;
            ripe.Add((one.First, one.Last));
            return true;
        });
        return ripe;
    }

    public IEnumerable<(long First, long Last)> All() => ranges.Select(one => (one.First, one.Last));

    public void Clear() => ranges.Clear();

    private readonly record struct Range(long First, long Last, long Born);
}
