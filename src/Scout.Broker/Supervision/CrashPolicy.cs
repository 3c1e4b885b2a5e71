namespace Scout.Broker.Supervision;

/// <summary>
/// When to start a server again that ended by itself (security.md 13): after 0.5 s, doubled up to 30 s, from the beginning after 60 s of health. Five ends within
/// five minutes: failed, one try every five minutes. Pure: moments come in as monotonic timestamps.
/// </summary>
internal sealed class CrashPolicy(TimeProvider time)
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Healthy = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    public const int Limit = 5;

    private readonly Queue<long> ends = new();
    private TimeSpan next = First;

    /// <summary>True while it is tried only every five minutes.</summary>
    public bool Failed { get; private set; }

    /// <summary>How often it ended by itself.</summary>
    public long Crashes { get; private set; }

    /// <summary>The server ended. Returns how long to wait before the next start.</summary>
    /// <param name="ranFor">Since it was ready; zero when it never was.</param>
    public TimeSpan Ended(TimeSpan ranFor)
    {
        Crashes++;
        long now = time.GetTimestamp();
        if (ranFor >= Healthy)
        {
            next = First;
            ends.Clear();
            Failed = false;
        }

        ends.Enqueue(now);
        while (time.GetElapsedTime(ends.Peek(), now) > Window) ends.Dequeue();
        if (Failed || ends.Count >= Limit)
        {
            Failed = true;
            return Window;
        }

        TimeSpan wait = next;
        next = next + next > Longest ? Longest : next + next;
        return wait;
    }
}
