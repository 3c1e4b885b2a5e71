namespace Scout.Broker.Mesh.Localisation;

/// <summary>Pairs of nodes that are counted one by one: those with a regular path between them, and those that lost something.</summary>
internal sealed class PairTable
{
    private readonly Dictionary<long, int> index = [];
    private readonly Stack<int> free = new();
    private Entry[] entries = new Entry[64];
    private List<int>[] byNode = [];

    /// <summary>Largest index in use, plus one.</summary>
    public int Bound { get; private set; }

    public int Count => index.Count;

    public ref Entry this[int pair] => ref entries[pair];

    /// <summary>The pairs of a node.</summary>
    public List<int> Of(int node)
    {
        if (node >= byNode.Length) Array.Resize(ref byNode, Math.Max(node + 1, byNode.Length * 2));
        return byNode[node] ??= [];
    }

    public int Find(int one, int other) => index.TryGetValue(Key(one, other), out int pair) ? pair : -1;

    public int GetOrAdd(int one, int other)
    {
        long key = Key(one, other);
        if (index.TryGetValue(key, out int pair)) return pair;
        pair = free.Count > 0 ? free.Pop() : Bound++;
        if (pair >= entries.Length) Array.Resize(ref entries, entries.Length * 2);
        entries[pair] = new Entry { Low = Math.Min(one, other), High = Math.Max(one, other) };
        index.Add(key, pair);
        Of(one).Add(pair);
        Of(other).Add(pair);
        return pair;
    }

    public void Remove(int pair)
    {
        ref Entry entry = ref entries[pair];
        index.Remove(Key(entry.Low, entry.High));
        Of(entry.Low).Remove(pair);
        Of(entry.High).Remove(pair);
        entry = new Entry { Low = -1, High = -1 };
        free.Push(pair);
    }

    private static long Key(int one, int other) => ((long)Math.Min(one, other) << 32) | (uint)Math.Max(one, other);

    /// <summary>One pair.</summary>
    internal struct Entry
    {
        public int Low;
        public int High;

        /// <summary>Regular paths between the two, 0..2.</summary>
        public int Links;

        public readonly int Other(int node) => node == Low ? High : Low;
    }
}
