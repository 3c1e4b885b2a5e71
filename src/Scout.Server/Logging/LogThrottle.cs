namespace Scout.Server.Logging;

/// <summary>The same id and machine more than <see cref="PerMinute"/> times a minute: the rest is held, and told with the next line that passes.</summary>
internal sealed class LogThrottle(TimeProvider time)
{
    public const int PerMinute = 10;

    private const int Remembered = 4096;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<(int Id, string Machine), Window> windows = [];

    /// <summary>Whether the line may go; <paramref name="held"/> tells how many like it did not.</summary>
    public bool Lets(int id, string machine, out long held)
    {
        long now = time.GetTimestamp();
        held = 0;
        lock (gate)
        {
            if (windows.Count > Remembered) windows.Clear();
            if (!windows.TryGetValue((id, machine), out Window? window)) windows.Add((id, machine), window = new Window { Began = now });
            if (time.GetElapsedTime(window.Began, now) >= Minute)
            {
                held = window.Held;
                window.Began = now;
                window.Count = 0;
                window.Held = 0;
            }

            if (window.Count >= PerMinute)
            {
                window.Held++;
                return false;
            }

            window.Count++;
            return true;
        }
    }

    private sealed class Window
    {
        public long Began;
        public int Count;
        public long Held;
    }
}
