namespace Scout.Checks.Stamp;

/// <summary>
/// A table of fixed size, all memory taken at the start, that knows which entry was used longest ago. Lookups, insertions and evictions do not allocate.
/// </summary>
internal sealed class RecencyTable<TKey>
    where TKey : struct, IEquatable<TKey>
{
    private readonly Dictionary<TKey, int> index;
    private readonly Entry[] entries;
    private int newest = -1;
    private int oldest = -1;

    public RecencyTable(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        index = new Dictionary<TKey, int>(capacity);
        entries = new Entry[capacity];
    }

    public int Count => index.Count;

    public bool IsFull => index.Count == entries.Length;

    /// <summary>When the entry not used longest was used; undefined when the table is empty.</summary>
    public long OldestUse => entries[oldest].Used;

    public bool Contains(TKey key) => index.ContainsKey(key);

    /// <summary>The place of a key, made the newest, and when it was used before; -1 when it is not there.</summary>
    public int Find(TKey key, long now, out long usedBefore)
    {
        usedBefore = 0;
        if (!index.TryGetValue(key, out int place)) return -1;
        usedBefore = entries[place].Used;
        entries[place].Used = now;
        if (place == newest) return place;
        Unlink(place);
        LinkNewest(place);
        return place;
    }

    /// <summary>A place for a new key; when all are taken the oldest entry makes room.</summary>
    public int Add(TKey key, long now)
    {
        int place = index.Count;
        if (IsFull)
        {
            place = oldest;
            index.Remove(entries[place].Key);
            Unlink(place);
        }

        entries[place].Key = key;
        entries[place].Used = now;
        index.Add(key, place);
        LinkNewest(place);
        return place;
    }

    private void LinkNewest(int place)
    {
        entries[place].Newer = -1;
        entries[place].Older = newest;
        if (newest >= 0) entries[newest].Newer = place;
        newest = place;
        if (oldest < 0) oldest = place;
    }

    private void Unlink(int place)
    {
        (int newer, int older) = (entries[place].Newer, entries[place].Older);
        if (newer >= 0) entries[newer].Older = older;
        else newest = older;
        if (older >= 0) entries[older].Newer = newer;
        else oldest = newer;
    }

    private struct Entry
    {
        public TKey Key;
        public long Used;
        public int Newer;
        public int Older;
    }
}
