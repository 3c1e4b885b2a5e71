using System.Collections.Immutable;

namespace Scout.Machines.Definitions;

/// <summary>One validated machine, as the long form gives it or the short form expands to. Immutable; equal parts are shared between machines.</summary>
public sealed record MachineDefinition
{
    /// <summary>Unique on the node; <c>^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$</c>.</summary>
    public required string Name { get; init; }

    /// <summary>1 to 64 characters of <c>[0-9A-Za-z.+_-]</c>.</summary>
    public required string Version { get; init; }

    /// <summary>First 12 hex digits of SHA-256 over the canonical JSON of the expanded machine.</summary>
    public required string Digest { get; init; }

    public required string InitialState { get; init; }

    /// <summary>States and transitions; the same instance for all machines with an equal table.</summary>
    public required StateTable Table { get; init; }

    public required ImmutableArray<WatcherDefinition> Watchers { get; init; }

    /// <summary>0 to 1 h.</summary>
    public TimeSpan SplayStart { get; init; }

    /// <summary>Up to 20, by key in ordinal order.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Labels { get; init; } = [];

    public ImmutableArray<string> DependsOn { get; init; } = [];

    public ImmutableArray<MaintenanceWindow> MaintenanceWindows { get; init; } = [];

    /// <summary><c>on_restart: initial</c>: every start of the node begins in <see cref="InitialState"/>.</summary>
    public bool RestartsInitial { get; init; }

    /// <summary>Absolute path of the folder that the file lies in: working directory of its plugins.</summary>
    public required string Folder { get; init; }

    /// <summary>Absolute path of the file.</summary>
    public required string File { get; init; }

    /// <summary>The only <c>nagios</c> watcher, or null when this machine is not a check.</summary>
    public NagiosWatcher? Check { get; init; }

    /// <summary>True for the short form.</summary>
    public bool IsShortForm { get; init; }
}
