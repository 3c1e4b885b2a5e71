using Scout.Checks.Output;

namespace Scout.Checks.Probes;

/// <summary>What one attempt said.</summary>
public sealed record ProbeResult
{
    public required CheckStatus Status { get; init; }

    public required ProbeReason Reason { get; init; }

    /// <summary>One line for people. What the peer said in it is data: whoever shows it escapes it.</summary>
    public required string Summary { get; init; }

    /// <summary>Further lines: every failed expectation, or every address of <c>all_addresses</c>. Empty when there is nothing to add.</summary>
    public string Detail { get; init; } = "";

    /// <summary>In the fixed order of the kind; times in seconds.</summary>
    public IReadOnlyList<PerfDataItem> PerfData { get; init; } = [];

    /// <summary>Name and value: at least <c>address</c>, <c>family</c> and <c>phase</c> once they are known.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; } = [];

    public ProbePhases Phases { get; init; }

    /// <summary>Wall clock.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Monotonic, whole attempt.</summary>
    public TimeSpan Duration { get; init; }
}
