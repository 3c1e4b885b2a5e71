using Scout.Machines.Definitions;

namespace Scout.Machines.Runs;

/// <summary>One look or act that a watcher asks for. The host never runs anything itself; whoever drives it does, and answers with a <see cref="RunOutcome"/>.</summary>
public sealed record RunRequest
{
    /// <summary>Unique in the life of a host, rising from 1; the outcome carries it back.</summary>
    public required long Id { get; init; }

    public required string Machine { get; init; }

    public required string Watcher { get; init; }

    public required RunKind Kind { get; init; }

    /// <summary>The definition that asks; it has folder, command and timeouts.</summary>
    public required MachineDefinition Definition { get; init; }

    public required WatcherDefinition WatcherDefinition { get; init; }

    /// <summary>Expanded words of the command; empty for kinds without one.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The user of the system that the definition names; null: whom the node chooses.</summary>
    public string? User { get; init; }

    /// <summary>What <c>environment</c> gave, expanded.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Measured on the monotonic clock from the start of the run.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>State of the machine at the start.</summary>
    public required string State { get; init; }

    /// <summary><c>2/3</c>: what this run would be in the present doubt.</summary>
    public string Attempt { get; init; } = "1/1";

    /// <summary>JSON object of the machine's data for <c>WATCHER_DATA</c>; null for kinds that do not get it.</summary>
    public string? Data { get; init; }

    /// <summary>Asked for by FORCE_CHECK: goes before others.</summary>
    public bool Forced { get; init; }

    /// <summary>Monotonic timestamp at which it became due, for lateness.</summary>
    public long DueTimestamp { get; init; }

    /// <summary>The expanded contents, owner, group and mode of a managed file.</summary>
    public ManagedFileRequest? ManagedFile { get; init; }

    /// <summary>The last run of this watcher ended in timeout, stuck or output_limit: it may use only the shared half of the slots.</summary>
    public bool Suspect { get; init; }
}

/// <summary>What kind of run.</summary>
public enum RunKind
{
    /// <summary>A plugin whose exit code is a status.</summary>
    Plugin,
    /// <summary>A look that the node makes itself: the <see cref="Definitions.ProbeSubject"/> of the watcher.</summary>
    Probe,
    /// <summary>A command of an <c>exec</c> watcher: exit 0 is success, what it leaves behind is kept.</summary>
    Exec,
    /// <summary>A command of a <c>metric</c> watcher.</summary>
    Metric,
    /// <summary>stat of a file, and mending it when <see cref="RunRequest.ManagedFile"/> is given.</summary>
    File,
}

/// <summary>The wanted file, expanded.</summary>
public sealed record ManagedFileRequest(string Path, string Contents, string Owner, string Group, string Mode);
