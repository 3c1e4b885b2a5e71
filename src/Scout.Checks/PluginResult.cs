namespace Scout.Checks;

/// <summary>How a run ended and what it printed (plugins.md section 3).</summary>
public sealed record PluginResult
{
    public required CheckStatus Status { get; init; }

    /// <summary>Stable word: <c>exit bad_exit signal timeout stuck output_limit spawn refused bad_command lost cancelled</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>For <c>spawn</c>: the cause of section 8, with <see cref="Errno"/>; for <c>stuck</c>: <c>exec</c> or the state letter.</summary>
    public string? Cause { get; init; }

    /// <summary>Name, as in <c>ENOENT</c>.</summary>
    public string? Errno { get; init; }

    /// <summary>For people: what went wrong, where it looked, how to mend it. Empty for reason <c>exit</c>.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Text, long text, numbers.</summary>
    public required Output.PluginOutput Output { get; init; }

    /// <summary>What was kept of stdout, decoded.</summary>
    public required string Stdout { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Name, as in <c>SIGSEGV</c>.</summary>
    public string? Signal { get; init; }

    public bool CoreDumped { get; init; }

    public int? Pid { get; init; }

    /// <summary>Wall clock.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Monotonic.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>User and system time of the plugin.</summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>Bytes; 0 when not known: until its exec the kernel counts a child's memory as its parent's, so only what exceeds the server's own peak is told.</summary>
    public long PeakMemory { get; init; }

    /// <summary>stdout and stderr together.</summary>
    public long BytesPrinted { get; init; }

    /// <summary>More came on stdout than was kept.</summary>
    public bool Truncated { get; init; }

    /// <summary>More came on stderr than was kept.</summary>
    public bool StderrTruncated { get; init; }

    /// <summary>Processes of its group were still there after its exit.</summary>
    public bool Leftovers { get; init; }
}
