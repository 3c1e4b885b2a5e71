namespace Scout.Machines.Definitions;

/// <summary>A weekly maintenance window (machines.md 10.3). Pure: open or not is a function of time.</summary>
public sealed record MaintenanceWindow
{
    /// <summary>Bit n set: opens on day n, 0 = Sunday as in <see cref="DayOfWeek"/>.</summary>
    public int Days { get; init; } = 0b111_1111;

    /// <summary>Local time of day at which it opens.</summary>
    public required TimeOnly Start { get; init; }

    /// <summary>1 m to 7 d of elapsed time.</summary>
    public required TimeSpan Duration { get; init; }

    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public string Reason { get; init; } = "maintenance window";
}
