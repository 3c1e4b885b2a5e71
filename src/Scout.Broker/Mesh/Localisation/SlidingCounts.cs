using System.Runtime.InteropServices;

namespace Scout.Broker.Mesh.Localisation;

/// <summary>
/// Counts of many cells over the four windows. Adding is a few increments; what leaves a window is taken off once per tick for all cells together. A cell
/// holds at most 255 a tick (or second); what comes on top is not counted at all, so that sums stay right.
/// </summary>
internal sealed class SlidingCounts
{
    private const int FineSlots = 64;
    private const int CoarseSlots = 304;

    private readonly byte[][] fine = new byte[FineSlots][];
    private readonly byte[][] coarse = new byte[CoarseSlots][];
    private readonly int[][] sums = new int[Windows.Count][];
    private long now;

    public SlidingCounts(int cells)
    {
        Cells = Round(cells);
        for (int i = 0; i < fine.Length; i++) fine[i] = new byte[Cells];
        for (int i = 0; i < coarse.Length; i++) coarse[i] = new byte[Cells];
        for (int i = 0; i < sums.Length; i++) sums[i] = new int[Cells];
    }

    /// <summary>How many cells there are.</summary>
    public int Cells { get; private set; }

    /// <summary>Sums of a window; read only.</summary>
    public int[] Sums(int window) => sums[window];

    /// <summary>Moves the end of all windows.</summary>
    public void AdvanceTo(long tick)
    {
        if (tick <= now) return;
        if (now == 0 || tick - now > CoarseSlots * Windows.TicksPerSecond)
        {
            Clear();
            now = tick;
            return;
        }

        while (now < tick)
        {
            now++;
            for (int window = 0; window < Windows.Thirty; window++) Leave(sums[window], fine[Slot(now - (Windows.Seconds(window) * Windows.TicksPerSecond), FineSlots)]);
            Array.Clear(fine[Slot(now, FineSlots)]);
            if (now % Windows.TicksPerSecond != 0) continue;
            long second = now / Windows.TicksPerSecond;
            for (int window = Windows.Thirty; window < Windows.Count; window++) Leave(sums[window], coarse[Slot(second - Windows.Seconds(window), CoarseSlots)]);
            Array.Clear(coarse[Slot(second, CoarseSlots)]);
        }
    }

    /// <summary>Counts one trial of <paramref name="tick"/>, which may lie a little in the past.</summary>
    public void Add(long tick, int cell)
    {
        if (tick > now) tick = now;
        if (Windows.Holds(Windows.Five, now, tick))
        {
            ref byte count = ref fine[Slot(tick, FineSlots)][cell];
            if (count < byte.MaxValue)
            {
                count++;
                sums[Windows.Five][cell]++;
                if (Windows.Holds(0, now, tick)) sums[0][cell]++;
            }
        }

        if (!Windows.Holds(Windows.Longest, now, tick)) return;
        ref byte seconds = ref coarse[Slot(tick / Windows.TicksPerSecond, CoarseSlots)][cell];
        if (seconds == byte.MaxValue) return;
        seconds++;
        sums[Windows.Longest][cell]++;
        if (Windows.Holds(Windows.Thirty, now, tick)) sums[Windows.Thirty][cell]++;
    }

    /// <summary>Forgets a cell, so that it can be used for something else.</summary>
    public void Clear(int cell)
    {
        foreach (byte[] slot in fine) slot[cell] = 0;
        foreach (byte[] slot in coarse) slot[cell] = 0;
        foreach (int[] sum in sums) sum[cell] = 0;
    }

    /// <summary>Makes room; old cells keep their place, or move to where <paramref name="place"/> says.</summary>
    public void Resize(int cells, Func<int, int>? place = null)
    {
        int old = Cells;
        Cells = Round(cells);
        for (int i = 0; i < fine.Length; i++) fine[i] = Moved(fine[i], old, place);
        for (int i = 0; i < coarse.Length; i++) coarse[i] = Moved(coarse[i], old, place);
        for (int i = 0; i < sums.Length; i++) sums[i] = Moved(sums[i], old, place);
    }

    private T[] Moved<T>(T[] from, int old, Func<int, int>? place)
    {
        var to = new T[Cells];
        if (place is null)
        {
            from.AsSpan(0, old).CopyTo(to);
            return to;
        }

        for (int i = 0; i < old; i++)
        {
            int target = place(i);
            if (target >= 0) to[target] = from[i];
        }

        return to;
    }

    private void Clear()
    {
        foreach (byte[] slot in fine) Array.Clear(slot);
        foreach (byte[] slot in coarse) Array.Clear(slot);
        foreach (int[] sum in sums) Array.Clear(sum);
    }

    /// <summary>Eight cells at a time: most are zero.</summary>
    private static void Leave(int[] sum, byte[] leaving)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(leaving);
        for (int i = 0; i < words.Length; i++)
        {
            ulong word = words[i];
            for (int cell = i * 8; word != 0; word >>= 8, cell++) sum[cell] -= (int)(word & 0xFF);
        }
    }

    private static int Slot(long at, int slots) => (int)(((at % slots) + slots) % slots);

    private static int Round(int cells) => (Math.Max(cells, 8) + 7) & ~7;
}
