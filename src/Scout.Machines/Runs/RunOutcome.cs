namespace Scout.Machines.Runs;

/// <summary>How a run ended.</summary>
public sealed record RunOutcome
{
    /// <summary>Of the <see cref="RunRequest"/>.</summary>
    public required long Id { get; init; }

    /// <summary>The status by the table of plugins.md section 3; of kinds without a status <c>Ok</c> or <c>Unknown</c>.</summary>
    public required CheckStatus Status { get; init; }

    /// <summary>
    /// Stable word of plugins.md section 3: <c>exit bad_exit signal timeout stuck output_limit spawn refused bad_command lost cancelled</c>, and <c>builtin</c>;
    /// of a probe a reason of mesh.md section 1: <c>ok slow refused timeout dns_nxdomain ...</c>.
    /// </summary>
    public required string Reason { get; init; }

    public RunOutput Output { get; init; } = RunOutput.None;

    /// <summary>The exit code, when there was one.</summary>
    public int? ExitCode { get; init; }

    /// <summary><c>SIGSEGV</c> and the like, when a signal ended it.</summary>
    public string? Signal { get; init; }

    /// <summary>Wall clock.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Monotonic.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>What a look at a file saw; only of <see cref="RunKind.File"/>.</summary>
    public FileLook? File { get; init; }

    /// <summary>First 4 KiB of what was printed, for events of watchers, or the reason in words when nothing could be printed.</summary>
    public string RawOutput { get; init; } = "";

    /// <summary>Everything kept of stdout, for <c>parse_as_data</c> and <c>metric</c>; null for plugins.</summary>
    public string? Stdout { get; init; }

    /// <summary>What a probe found out by the way: <c>address</c>, <c>family</c>, <c>phase</c> ...; empty for all else.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; } = [];

    /// <summary>True when stdout was cut.</summary>
    public bool Truncated { get; init; }
}

/// <summary>Text and numbers of a plugin (plugins.md sections 4 and 5).</summary>
/// <param name="Text">One line for people.</param>
/// <param name="LongText">Further lines, or empty.</param>
/// <param name="PerfData">Numbers, at most 512.</param>
/// <param name="PerfDataErrors">How many items could not be read.</param>
/// <param name="Stderr">What was printed there, at most 8 KiB.</param>
public sealed record RunOutput(string Text, string LongText, IReadOnlyList<PerfDatum> PerfData, int PerfDataErrors, string Stderr)
{
    public static RunOutput None { get; } = new("(no output)", "", [], 0, "");
}

/// <summary>One number of performance data: raw as printed, and in its base unit.</summary>
/// <param name="Label">1 to 128 characters.</param>
/// <param name="Value">In base units; null for <c>U</c>.</param>
/// <param name="Unit">Base unit: <c>seconds</c>, <c>bytes</c>, <c>percent</c>, <c>counter</c>, empty, or the unit as printed when unknown.</param>
/// <param name="Raw">The item as printed, without its label: <c>2643MB;5948;5958;0;5968</c>.</param>
public sealed record PerfDatum(string Label, double? Value, string Unit, string Raw);

/// <summary>What a look at a file saw.</summary>
/// <param name="Exists">False: missing or unreadable.</param>
/// <param name="Modified">Nanoseconds since the Unix epoch.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">Number of the inode.</param>
/// <param name="Mended">A managed file was wrong and has been put right.</param>
/// <param name="Error">Why it is missing, or could not be mended; else empty.</param>
public sealed record FileLook(bool Exists, long Modified, long Size, ulong Inode, bool Mended, string Error);
