namespace Scout.Server.Store;

/// <summary>
/// A set of sequences as ranges, bounded: beyond the bound the two nearest ranges become one, which then names more sequences than were put in,
/// never fewer.
/// </summary>
internal sealed class SequenceSet(int maxRanges = SequenceSet.MaxRanges)
{
    public const int MaxRanges = 2_000;

    private readonly List<SequenceRange> ranges = [];

    public IReadOnlyList<SequenceRange> Ranges => ranges;

    /// <summary>A set without a bound, for what must be exact.</summary>
    public static SequenceSet Exact() => new(int.MaxValue);

    public void Add(long sequence) => Add(new SequenceRange(sequence, sequence));

    public void Add(SequenceRange range)
    {
        int at = FirstEndingAtOrAfter(range.First - 1);
        int end = at;
        while (end < ranges.Count && ranges[end].First <= range.Last + 1)
        {
            range = new SequenceRange(Math.Min(range.First, ranges[end].First), Math.Max(range.Last, ranges[end].Last));
            end++;
        }

        if (end == at)
        {
            ranges.Insert(at, range);
        }
        else
        {
            ranges[at] = range;
            ranges.RemoveRange(at + 1, end - at - 1);
        }

        // A tenth at once: finding the nearest costs a walk over all of them.
        if (ranges.Count > maxRanges) Coarsen(maxRanges - (maxRanges / 10));
    }

    public void AddAll(IEnumerable<SequenceRange> others)
    {
        foreach (var range in others) Add(range);
    }

    public bool Contains(long sequence)
    {
        int at = FirstEndingAtOrAfter(sequence);
        return at < ranges.Count && ranges[at].First <= sequence;
    }

    public void Clear() => ranges.Clear();

    private int FirstEndingAtOrAfter(long sequence)
    {
        int low = 0;
        int high = ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (ranges[middle].Last < sequence) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private void Coarsen(int to)
    {
        long[] gaps = new long[ranges.Count - 1];
        for (int i = 0; i < gaps.Length; i++) gaps[i] = ranges[i + 1].First - ranges[i].Last;
        long[] sorted = [.. gaps];
        Array.Sort(sorted);
        int joins = ranges.Count - to;
        long limit = sorted[joins - 1];
        var kept = new List<SequenceRange>(to) { ranges[0] };
        for (int i = 0; i < gaps.Length; i++)
        {
            if (joins > 0 && gaps[i] <= limit)
            {
                kept[^1] = new SequenceRange(kept[^1].First, ranges[i + 1].Last);
                joins--;
            }
            else
            {
                kept.Add(ranges[i + 1]);
            }
        }

        ranges.Clear();
        ranges.AddRange(kept);
    }
}
