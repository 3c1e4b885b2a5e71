namespace Scout.Protocol.Mesh;

/// <summary>k rings: in each all nodes stand in the order of their hash, and probe the next one they do not probe yet.</summary>
internal sealed class RingEdges
{
    private readonly int[] to;
    private readonly int[] from;
    private readonly int[] fromStart;

    /// <summary>Ring 0, of the shift: who stands where, and where a rank stands.</summary>
    private readonly int[] zero;
    private readonly int[] place;

    private RingEdges(int degree, int[] to, int[] from, int[] fromStart, int[] zero, int[] place)
    {
        Degree = degree;
        this.to = to;
        this.from = from;
        this.fromStart = fromStart;
        this.zero = zero;
        this.place = place;
    }

    public int Degree { get; }

    public static RingEdges Make(ulong[] ids, int k)
    {
        int count = ids.Length;
        int degree = Math.Clamp(count - 1, 0, k);
        var targets = new int[count * degree];
        var keys = new ulong[count];
        var order = new int[count];
        for (int ring = 0; ring < degree; ring++)
        {
            Order(ids, ring + 1, keys, order);
            for (int at = 0; at < count; at++)
            {
                int self = order[at];
                Span<int> mine = targets.AsSpan(self * degree, ring + 1);
                ReadOnlySpan<int> taken = mine[..ring];
                int next = at;
                do next = next + 1 == count ? 0 : next + 1;
                while (order[next] == self || taken.Contains(order[next]));
                mine[ring] = order[next];
            }
        }

        Order(ids, 0, keys, order);
        var places = new int[count];
        for (int at = 0; at < count; at++) places[order[at]] = at;
        (int[] sources, int[] start) = Reverse(targets, degree, count);
        return new RingEdges(degree, targets, sources, start, order, places);
    }

    public ReadOnlySpan<int> Out(int rank) => to.AsSpan(rank * Degree, Degree);

    public ReadOnlySpan<int> In(int rank) => from.AsSpan(fromStart[rank], fromStart[rank + 1] - fromStart[rank]);

    public int Shift(int rank, long t)
    {
        int count = zero.Length;
        return count < 2 ? -1 : zero[(int)((place[rank] + 1 + Modulo(t, count - 1)) % count)];
    }

    /// <summary>Never negative, whatever the clock says.</summary>
    public static long Modulo(long t, long n) => ((t % n) + n) % n;

    private static void Order(ulong[] ids, int ring, ulong[] keys, int[] order)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            keys[i] = MeshHash.H((ulong)ring, ids[i]);
            order[i] = i;
        }

        Array.Sort(keys, order);
        // Equal hashes stand by name, and ranks are in the order of names.
        for (int i = 1; i < keys.Length; i++)
        {
            int first = i - 1;
            if (keys[i] != keys[first]) continue;
            while (i < keys.Length && keys[i] == keys[first]) i++;
            Array.Sort(order, first, i - first);
        }
    }

    private static (int[] From, int[] Start) Reverse(int[] targets, int degree, int count)
    {
        var start = new int[count + 1];
        foreach (int target in targets) start[target + 1]++;
        for (int i = 0; i < count; i++) start[i + 1] += start[i];
        var next = start.AsSpan(0, count).ToArray();
        var sources = new int[targets.Length];
        for (int edge = 0; edge < targets.Length; edge++) sources[next[targets[edge]]++] = edge / degree;
        return (sources, start);
    }
}
