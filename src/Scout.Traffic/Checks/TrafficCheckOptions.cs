namespace Scout.Traffic.Checks;

/// <summary>Which way a check looks.</summary>
public enum TrafficCheckDirection
{
    Receive,
    Transmit,
    Both,
}

/// <summary>What a check counts.</summary>
public enum TrafficUnit
{
    Bytes,
    Packets,
}

/// <summary>What a check says.</summary>
public enum TrafficStatus
{
    Ok,
    Warning,
    Critical,
    Unknown,
}

/// <summary>A check of traffic.</summary>
public sealed record TrafficCheckOptions
{
    /// <summary>Longest history of a check, in collections.</summary>
    public const int HistoryPoints = 128;

    /// <summary><c>namespace/glob</c> of pods (<c>*</c> and <c>?</c>); null for a service alone.</summary>
    public string? Pod { get; init; }

    /// <summary><c>namespace/name</c> of a service; null for pods alone. Both: the pair, as the pod sees it.</summary>
    public string? Service { get; init; }

    public TrafficCheckDirection Direction { get; init; } = TrafficCheckDirection.Receive;

    public TrafficUnit Unit { get; init; } = TrafficUnit.Bytes;

    /// <summary>At least two collections, at most 127.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>On the rate a second.</summary>
    public RateRange? Warning { get; init; }

    public RateRange? Critical { get; init; }

    /// <summary>No packet for so long.</summary>
    public TimeSpan? SilenceWarning { get; init; }

    public TimeSpan? SilenceCritical { get; init; }

    /// <summary>What it is when nothing matches.</summary>
    public TrafficStatus Missing { get; init; } = TrafficStatus.Unknown;

    /// <summary>Between two collections, for the age that is too old.</summary>
    public TimeSpan CollectionInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the texts call it.</summary>
    public string Subject => Pod is null ? $"service {Service}" : Service is null ? Pod : $"{Pod} with service {Service}";
}

/// <summary>What came out.</summary>
/// <param name="Status">The worst of rate and silence.</param>
/// <param name="Text">One line, as a plugin prints it, without performance data.</param>
/// <param name="PerfData">Performance data; empty when there is no rate.</param>
/// <param name="Rate">A second, in the check's unit; null without one.</param>
public sealed record TrafficVerdict(TrafficStatus Status, string Text, string PerfData, double? Rate)
{
    /// <summary>As a plugin prints it.</summary>
    public string Line => PerfData.Length == 0 ? Text : $"{Text}|{PerfData}";
}
