namespace Scout.Broker.Mesh.Localisation;

/// <summary>One lost trial.</summary>
internal struct Loss
{
    public long Tick;
    public int From;
    public int To;
    public int Pair;
    public LossDirection Direction;
    public byte Port;
    public uint Sequence;

    /// <summary>An answer came after all, too late.</summary>
    public bool Late;

    /// <summary>No longer counted: it belonged to a fault that is over, or to a stall.</summary>
    public bool Spent;

    /// <summary>Node whose packet did not arrive, when known; else -1.</summary>
    public readonly int Sender => Direction switch { LossDirection.Forward => From, LossDirection.Reverse => To, _ => -1 };
}

/// <summary>Lost trials of the longest window in order of time, and where each window begins. Bounded: the oldest go first.</summary>
internal sealed class LossLog(int capacity)
{
    private readonly long[] starts = new long[Windows.Count];
    private Loss[] ring = new Loss[1024];

    /// <summary>Number of the first loss kept.</summary>
    public long First { get; private set; }

    /// <summary>Number of the next loss.</summary>
    public long End { get; private set; }

    public ref Loss this[long number] => ref ring[number & (ring.Length - 1)];

    /// <summary>Number of the first loss in a window.</summary>
    public long Start(int window) => starts[window];

    /// <summary>True when a loss has to leave before another comes.</summary>
    public bool Full => End - First >= capacity;

    public void Insert(in Loss loss, long now)
    {
        if (End - First == ring.Length) Grow();
        long at = End++;
        // Nearly sorted already: a message tells of the last second.
        for (; at > First && this[at - 1].Tick > loss.Tick; at--) this[at] = this[at - 1];
        this[at] = loss;
        for (int window = 0; window < Windows.Count; window++)
        {
            if (!Windows.Holds(window, now, loss.Tick)) starts[window]++;
        }
    }

    /// <summary>Takes the oldest loss of a window out of it, if it no longer belongs there (or whatever its age).</summary>
    public bool TryLeave(int window, long now, bool force, out Loss left)
    {
        left = default;
        long number = starts[window];
        if (number >= End || (!force && Windows.Holds(window, now, this[number].Tick))) return false;
        left = this[number];
        starts[window] = number + 1;
        if (window == Windows.Longest) First = number + 1;
        return true;
    }

    private void Grow()
    {
        var larger = new Loss[ring.Length * 2];
        for (long number = First; number < End; number++) larger[number & (larger.Length - 1)] = this[number];
        ring = larger;
    }
}
