namespace Scout.Testing;

/// <summary>Time that stands still until the test moves it. Wall clock and monotonic clock can be moved apart.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private DateTimeOffset wall;
    private long ticks;

    public ManualTime(DateTimeOffset? start = null) => wall = start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return wall;
    }

    public override long GetTimestamp()
    {
        lock (gate) return ticks;
    }

    /// <summary>Timers that nobody has disposed.</summary>
    public int Timers
    {
        get
        {
            lock (gate) return timers.Count;
        }
    }

    /// <summary>How long until the next timer is due; null when none is set.</summary>
    public TimeSpan? UntilNext
    {
        get
        {
            lock (gate)
            {
                long next = timers.Count == 0 ? long.MaxValue : timers.Min(timer => timer.Due);
                return next == long.MaxValue ? null : TimeSpan.FromTicks(Math.Max(0, next - ticks));
            }
        }
    }

    /// <summary>Moves both clocks; timers that fall due fire in order, each at its own moment, on this thread.</summary>
    public void Advance(TimeSpan by)
    {
        long end;
        lock (gate) end = ticks + by.Ticks;
        while (true)
        {
            ManualTimer? next;
            lock (gate)
            {
                next = timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
                long to = next?.Due ?? end;
                if (to > ticks)
                {
                    wall += TimeSpan.FromTicks(to - ticks);
                    ticks = to;
                }

                next?.Rearm();
            }

            if (next is null) return;
            next.Fire();
        }
    }

    /// <summary>Steps the wall clock alone, as an administrator or NTP does.</summary>
    public void StepWall(TimeSpan by)
    {
        lock (gate) wall += by;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        lock (gate) timers.Add(timer);
        return timer;
    }

    private sealed class ManualTimer(ManualTime owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period = Timeout.InfiniteTimeSpan;

        public long Due { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            lock (owner.gate)
            {
                period = newPeriod;
                Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : owner.ticks + dueTime.Ticks;
                return true;
            }
        }

        public void Rearm() => Due = period > TimeSpan.Zero && period != Timeout.InfiniteTimeSpan ? Due + period.Ticks : long.MaxValue;

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (owner.gate) owner.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
