namespace Scout.Checks.Probes.Packets;

/// <summary>Which number of a run stands for it.</summary>
public enum PacketStat
{
    Mean,
    Median,
    Max,
}

/// <summary>Packets of one run: when each was sent, which were answered and how fast. One flow sends and one receives; what is read together is read when both ended.</summary>
internal sealed class PacketTrain(int count)
{
    private readonly long[] sent = new long[count];
    private readonly long[] times = new long[count];
    private int sentCount;

    public int Count => count;

    public int Sent => Volatile.Read(ref sentCount);

    public int Answered { get; private set; }

    /// <summary>Further replies to packets that have one.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Packets that answer nothing that was asked.</summary>
    public int Strange { get; private set; }

    public int Lost => Sent - Answered;

    public bool IsComplete => Answered == count;

    /// <summary>In percent of what was sent.</summary>
    public double Loss => Sent == 0 ? 0 : 100.0 * Lost / Sent;

    /// <summary>The next packet is about to leave; numbers go up by one.</summary>
    public void Leaves(long timestamp)
    {
        sent[sentCount] = timestamp;
        Volatile.Write(ref sentCount, sentCount + 1);
    }

    /// <summary>From sending a packet to its arrival here.</summary>
    public TimeSpan RoundTrip(int number, in PacketArrival arrival, TimeProvider time)
    {
        TimeSpan until = time.GetElapsedTime(sent[number], arrival.ReadAt);
        return arrival.Waited >= TimeSpan.Zero && arrival.Waited <= until ? until - arrival.Waited : until;
    }

    public bool IsOutstanding(int number) => number >= 0 && number < Sent && times[number] == 0;

    /// <summary>The oldest packet without a reply; -1 when there is none.</summary>
    public int Oldest()
    {
        for (int number = 0; number < Sent; number++)
        {
            if (times[number] == 0) return number;
        }

        return -1;
    }

    /// <summary>A reply to a packet that was sent; false when it has one already.</summary>
    public bool Arrives(int number, TimeSpan time)
    {
        if (times[number] != 0)
        {
            Duplicates++;
            return false;
        }

        times[number] = Math.Max(0, time.Ticks) + 1;
        Answered++;
        return true;
    }

    public void IsStrange() => Strange++;

    public TimeSpan Value(PacketStat stat)
    {
        long[] sorted = Times();
        if (sorted.Length == 0) return TimeSpan.Zero;
        Array.Sort(sorted);
        return new TimeSpan(stat switch
        {
            PacketStat.Max => sorted[^1],
            PacketStat.Median => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2,
            _ => (long)sorted.Average(),
        });
    }

    public TimeSpan Min => new(Times().Min());

    public TimeSpan Max => new(Times().Max());

    /// <summary>Mean difference between the times of packets that follow each other; 0 with a single one.</summary>
    public TimeSpan Jitter
    {
        get
        {
            long[] all = Times();
            if (all.Length < 2) return TimeSpan.Zero;
            long sum = 0;
            for (int i = 1; i < all.Length; i++) sum += Math.Abs(all[i] - all[i - 1]);
            return new TimeSpan(sum / (all.Length - 1));
        }
    }

    private long[] Times() => [.. times.Where(time => time != 0).Select(time => time - 1)];
}
