using System.Numerics;

namespace Scout.Server.Mesh.Probing;

/// <summary>
/// Timers by number, 1 ms apart, in 4096 buckets of linked lists over arrays: arming, moving and cancelling cost the same whatever the count, and nothing is
/// allocated but by <see cref="Grow"/>. A timer never fires early.
/// </summary>
internal sealed class TimingWheel
{
    private const int Buckets = 4096;
    private const long Tick = ProberSettings.Millisecond;
    private const long Off = long.MinValue;

    private readonly int[] heads = new int[Buckets];
    private readonly ulong[] used = new ulong[Buckets / 64];
    private int[] next = [];
    private int[] previous = [];
    private long[] due = [];
    private long cursor;

    /// <param name="now">ns; everything armed later than this fires in order.</param>
    /// <param name="timers">How many there are; numbers 0 .. <paramref name="timers"/> - 1.</param>
    public TimingWheel(long now, int timers)
    {
        cursor = Math.DivRem(now, Tick).Quotient - 1;
        Array.Fill(heads, -1);
        Grow(timers);
    }

    /// <summary>Armed timers.</summary>
    public int Armed { get; private set; }

    /// <summary>When the next one fires, ns; <see cref="long.MaxValue"/> when none is armed.</summary>
    public long NextDue
    {
        get
        {
            if (Armed == 0) return long.MaxValue;
            long least = long.MaxValue;
            int first = Bucket(cursor + 1);
            for (int step = 0; step < Buckets;)
            {
                int bucket = (first + step) & (Buckets - 1);
                ulong word = used[bucket >> 6] >> (bucket & 63);
                if (word == 0)
                {
                    step += 64 - (bucket & 63);
                    continue;
                }

                int skip = BitOperations.TrailingZeroCount(word);
                step += skip;
                if (step >= Buckets) break;
                long tick = cursor + 1 + step;
                for (int timer = heads[(bucket + skip) & (Buckets - 1)]; timer >= 0; timer = next[timer])
                {
                    if (due[timer] <= tick) return Math.Min(tick, least) * Tick;
                    least = Math.Min(least, due[timer]);
                }

                // What is due in a later turn of the wheel may still be the next of all, but not before a full turn.
                step++;
            }

            return least * Tick;
        }
    }

    public void Grow(int timers)
    {
        int old = due.Length;
        if (timers <= old) return;
        Array.Resize(ref next, timers);
        Array.Resize(ref previous, timers);
        Array.Resize(ref due, timers);
        Array.Fill(due, Off, old, timers - old);
    }

    /// <summary>Arms a timer, or moves it. What is due already fires with the next turn.</summary>
    public void Arm(int timer, long at)
    {
        Cancel(timer);
        long tick = at >= long.MaxValue - Tick ? at / Tick : (at + Tick - 1) / Tick;
        if (tick <= cursor) tick = cursor + 1;
        due[timer] = tick;
        int bucket = Bucket(tick);
        int head = heads[bucket];
        next[timer] = head;
        previous[timer] = -1;
        if (head >= 0) previous[head] = timer;
        heads[bucket] = timer;
        used[bucket >> 6] |= 1UL << (bucket & 63);
        Armed++;
    }

    public void Cancel(int timer)
    {
        long tick = due[timer];
        if (tick == Off) return;
        due[timer] = Off;
        Armed--;
        int before = previous[timer];
        int after = next[timer];
        if (after >= 0) previous[after] = before;
        if (before >= 0)
        {
            next[before] = after;
            return;
        }

        int bucket = Bucket(tick);
        heads[bucket] = after;
        if (after < 0) used[bucket >> 6] &= ~(1UL << (bucket & 63));
    }

    /// <summary>Takes a timer that is due at <paramref name="now"/> (ns); call until there is none. Those of an earlier millisecond come first, up to one turn of the wheel.</summary>
    public bool TryTake(long now, out int timer)
    {
        long until = now / Tick;
        timer = -1;
        if (Armed == 0)
        {
            cursor = Math.Max(cursor, until);
            return false;
        }

        // After a stand-still of more than one turn every bucket is looked at once.
        if (until - cursor > Buckets) cursor = until - Buckets;
        while (cursor < until)
        {
            int bucket = Bucket(cursor + 1);
            for (timer = heads[bucket]; timer >= 0; timer = next[timer])
            {
                if (due[timer] > until) continue;
                Cancel(timer);
                return true;
            }

            cursor++;
        }

        timer = -1;
        return false;
    }

    private static int Bucket(long tick) => (int)(tick & (Buckets - 1));
}
