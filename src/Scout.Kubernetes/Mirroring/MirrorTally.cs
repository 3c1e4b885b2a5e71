namespace Scout.Kubernetes;

/// <summary>Counts of a mirror: written by its loop, read by anybody.</summary>
internal sealed class MirrorTally
{
    private readonly long[] events = new long[Enum.GetValues<WatchEventType>().Length];
    private readonly long[] relists = new long[Enum.GetValues<RelistReason>().Length];
    private readonly long[] dropped = new long[Enum.GetValues<DropReason>().Length];

    public void Count(WatchEventType type) => Interlocked.Increment(ref events[(int)type]);

    public void Count(RelistReason reason) => Interlocked.Increment(ref relists[(int)reason]);

    public void Count(DropReason reason, int count = 1) => Interlocked.Add(ref dropped[(int)reason], count);

    public ImmutableDictionary<WatchEventType, long> Events => Enum.GetValues<WatchEventType>().ToImmutableDictionary(key => key, key => Interlocked.Read(ref events[(int)key]));

    public ImmutableDictionary<RelistReason, long> Relists => Enum.GetValues<RelistReason>().ToImmutableDictionary(key => key, key => Interlocked.Read(ref relists[(int)key]));

    public ImmutableDictionary<DropReason, long> Dropped => Enum.GetValues<DropReason>().ToImmutableDictionary(key => key, key => Interlocked.Read(ref dropped[(int)key]));
}
