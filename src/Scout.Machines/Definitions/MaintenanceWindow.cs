using Scout.Machines.Timing;

namespace Scout.Machines.Definitions;

/// <summary>A weekly maintenance window (machines.md 10.3). Pure: open or not is a function of time.</summary>
public sealed record MaintenanceWindow
{
    private const int Week = 7;

    // A window that meets itself again and again has no end; what is said is then this far away, and moves on.
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(31);

    /// <summary>Bit n set: opens on day n, 0 = Sunday as in <see cref="DayOfWeek"/>.</summary>
    public int Days { get; init; } = 0b111_1111;

    /// <summary>Local time of day at which it opens.</summary>
    public required TimeOnly Start { get; init; }

    /// <summary>1 m to 7 d of elapsed time.</summary>
    public required TimeSpan Duration { get; init; }

    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public string Reason { get; init; } = "maintenance window";

    /// <summary>Open at a moment, and until when. Occurrences of this window that overlap or touch are one.</summary>
    /// <param name="now">Any moment; an occurrence is [opening, opening + duration).</param>
    /// <param name="end">When it closes, at most about a month away; <paramref name="now"/> when it is not open.</param>
    public bool IsOpen(DateTimeOffset now, out DateTimeOffset end) => IsOpen([this], now, out end, out _);

    /// <summary>The first opening strictly after a moment, also one inside an occurrence that is open already. UTC.</summary>
    public DateTimeOffset? NextOpening(DateTimeOffset after)
    {
        DateTime day = LocalTime.At(after, TimeZone).Date.AddDays(-1);
        for (int i = 0; i <= Week + 2; i++, day = day.AddDays(1))
        {
            if (Opening(day) is { } opening && opening > after) return opening;
        }

        return null;
    }

    /// <summary>Several windows as one: open when any is, until none is.</summary>
    /// <param name="windows">Any number.</param>
    /// <param name="now">Any moment.</param>
    /// <param name="end">When the last of the united occurrences closes; <paramref name="now"/> when none is open.</param>
    /// <param name="reason">Of the first window in the list that is open; empty when none is.</param>
    public static bool IsOpen(ReadOnlySpan<MaintenanceWindow> windows, DateTimeOffset now, out DateTimeOffset end, out string reason)
    {
        end = now.ToUniversalTime();
        reason = "";
        DateTimeOffset limit = end + Horizon;
        bool open = false;
        bool grew;
        do
        {
            grew = false;
            foreach (MaintenanceWindow window in windows)
            {
                if (!window.Covers(end, out DateTimeOffset closes)) continue;
                // At the first round this is who opened; later rounds only lengthen.
                if (!open) reason = window.Reason;
                open = true;
                grew = true;
                end = closes;
            }
        }
        while (grew && end < limit);
        return open;
    }

    /// <summary>The latest close among the occurrences that hold a moment.</summary>
    private bool Covers(DateTimeOffset moment, out DateTimeOffset closes)
    {
        closes = moment;
        DateTime day = LocalTime.At(moment, TimeZone).Date.AddDays(1);
        // The latest opening gives the latest close; none older than the duration, a day more for odd zones, can hold the moment.
        for (int i = 0; i <= Duration.Days + 3; i++, day = day.AddDays(-1))
        {
            if (Opening(day) is not { } opening || opening > moment) continue;
            if (opening + Duration <= moment) return false;
            closes = opening + Duration;
            return true;
        }

        return false;
    }

    private DateTimeOffset? Opening(DateTime day) =>
        (Days & (1 << (int)day.DayOfWeek)) == 0 ? null : LocalTime.ToInstant(day.Add(Start.ToTimeSpan()), TimeZone);
}
