namespace Scout.Server.Mesh.Probing;

/// <summary>Median round trip of five minutes of one path: 64 samples, the first ones all, then one each 4.7 s. Fixed size, microseconds.</summary>
internal sealed class RttMedian
{
    private const int Kept = 64;
    private const int Soon = 8;
    private const long Window = 300 * ProberSettings.Second;
    private const long Spacing = Window / Kept;

    private readonly uint[] values = new uint[Kept];
    private readonly long[] times = new long[Kept];
    private int count;
    private int at;

    /// <summary>ns; 0 before the first sample.</summary>
    public long Value { get; private set; }

    public void Add(long roundTrip, long now)
    {
        int last = (at + Kept - 1) % Kept;
        if (count >= Soon && now - times[last] < Spacing) return;
        values[at] = (uint)Math.Clamp(roundTrip / 1000, 1, uint.MaxValue);
        times[at] = now;
        at = (at + 1) % Kept;
        count = Math.Min(count + 1, Kept);
        Span<uint> fresh = stackalloc uint[Kept];
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            if (now - times[i] <= Window) fresh[kept++] = values[i];
        }

        fresh = fresh[..kept];
        fresh.Sort();
        Value = fresh[kept / 2] * 1000L;
    }
}
