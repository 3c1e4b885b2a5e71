namespace Scout.Checks.Output;

/// <summary>What a plugin printed, read by plugins.md sections 4 and 5.</summary>
public sealed record PluginOutput
{
    /// <summary>One line for people; <c>(no output)</c> when there is nothing.</summary>
    public required string Text { get; init; }

    public string LongText { get; init; } = "";

    public string Stderr { get; init; } = "";

    public IReadOnlyList<PerfDataItem> PerfData { get; init; } = [];

    public PerfDataErrors PerfDataErrors { get; init; } = PerfDataErrors.None;
}

/// <summary>One item of performance data, raw and in base units.</summary>
public sealed record PerfDataItem
{
    public required string Label { get; init; }

    /// <summary>As printed, without the label.</summary>
    public required string Raw { get; init; }

    /// <summary>As printed; null for <c>U</c>.</summary>
    public double? RawValue { get; init; }

    /// <summary>As printed.</summary>
    public string RawUnit { get; init; } = "";

    /// <summary>In <see cref="Unit"/>; null for <c>U</c>.</summary>
    public double? Value { get; init; }

    /// <summary><c>seconds bytes bits percent counter amperes ...</c>, empty for a number, the unit as printed when unknown.</summary>
    public string Unit { get; init; } = "";

    /// <summary>In <see cref="Unit"/>.</summary>
    public Thresholds.NagiosRange? Warning { get; init; }

    /// <summary>In <see cref="Unit"/>.</summary>
    public Thresholds.NagiosRange? Critical { get; init; }

    public double? Min { get; init; }

    public double? Max { get; init; }
}

/// <summary>What could not be read.</summary>
/// <param name="Count">How many items.</param>
/// <param name="First">The first five.</param>
public sealed record PerfDataErrors(int Count, IReadOnlyList<PerfDataError> First)
{
    public static PerfDataErrors None { get; } = new(0, []);

    /// <summary>There were more items than are kept.</summary>
    public bool TooMany { get; init; }
}

/// <param name="Position">1-based, in characters of the performance data.</param>
/// <param name="Item">As printed.</param>
/// <param name="Message">What is wrong and how to write it.</param>
public sealed record PerfDataError(int Position, string Item, string Message);
