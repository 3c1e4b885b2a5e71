using System.Numerics;

namespace Scout.Broker.Mesh.Localisation;

/// <summary>A fault that is open, or was until a moment ago. Belongs to the <see cref="FaultBook"/>; times are its milliseconds.</summary>
public sealed class OpenFault
{
    private const uint Memory = 0x3FF;
    private const int Needed = 9;

    private uint history;

    internal OpenFault(FaultKey key, string id, long since, Verdict verdict)
    {
        Key = key;
        Id = id;
        Since = since;
        Verdict = verdict;
    }

    public FaultKey Key { get; }

    public string Id { get; }

    public long Since { get; }

    /// <summary>-1: not yet.</summary>
    public long ConfirmedAt { get; internal set; } = -1;

    /// <summary>-1: open.</summary>
    public long ClearedAt { get; internal set; } = -1;

    public bool Confirmed { get; internal set; }

    /// <summary>The last one that named it.</summary>
    public Verdict Verdict { get; internal set; }

    /// <summary>Witnesses reach it: it stays a suspect.</summary>
    public bool Partial { get; internal set; }

    /// <summary>Whatever the caller compares to see that a fault is another one than it was told: direction, trouble, maintenance.</summary>
    public int Shape { get; internal set; }

    /// <summary>It was cleared because nothing was lost any more, not because nobody names it.</summary>
    public bool EndedQuiet { get; internal set; }

    /// <summary>How much it loses while it loses.</summary>
    internal FaultLoss Loss { get; } = new();

    /// <summary>Something was lost in the last second: only then its shape may change, for old losses seen in a new light say nothing about now.</summary>
    internal bool Losing { get; set; } = true;

    internal long ToldAt { get; set; }

    internal long QuietSince { get; set; } = -1;

    internal long SeenAt { get; set; }

    /// <summary>In none of the last ten evaluations.</summary>
    internal bool Gone => history == 0;

    /// <summary>In nine of the last ten.</summary>
    internal bool Steady => BitOperations.PopCount(history) >= Needed;

    internal void Remember(bool seen) => history = ((history << 1) | (seen ? 1u : 0u)) & Memory;
}
