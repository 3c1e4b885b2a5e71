namespace Scout.Checks.Stamp;

/// <summary>At most so many packets in each second, for all together and for one address. Seconds are those of the monotonic clock.</summary>
internal sealed class PacketLimits(int perSecond, int perSecondAnAddress, int addresses)
{
    private const long Second = 1_000_000_000;
    private readonly RecencyTable<UInt128> table = new(addresses);
    private readonly int[] counts = new int[addresses];
    private readonly long[] seconds = new long[addresses];
    private long second = long.MinValue;
    private int count;

    /// <summary>Counts a packet; false when it is over a limit. What one address sends too much does not use up the limit of all.</summary>
    public bool TryTake(UInt128 address, long now)
    {
        long current = now / Second;
        int place = table.Find(address, now, out _);
        if (place < 0)
        {
            place = table.Add(address, now);
            seconds[place] = current;
            counts[place] = 0;
        }

        if (seconds[place] != current) (seconds[place], counts[place]) = (current, 0);
        if (second != current) (second, count) = (current, 0);
        if (counts[place] >= perSecondAnAddress || count >= perSecond) return false;
        counts[place]++;
        count++;
        return true;
    }
}
