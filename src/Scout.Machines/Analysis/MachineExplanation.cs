using System.Collections.Immutable;
using Scout.Machines.Definitions;

namespace Scout.Machines.Analysis;

/// <summary>One machine, explained (machines.md 11.3). The texts are ready to print; the rest is for <c>-o json</c>.</summary>
public sealed record MachineExplanation
{
    public required MachineDefinition Machine { get; init; }

    /// <summary>The long form with every default filled in; the origin of each value stands in a comment beside it. Reads back as the same machine.</summary>
    public required string Yaml { get; init; }

    /// <summary><c>given</c> or <c>default</c> by path, such as <c>watchers[0].properties.timeout</c>, in file order.</summary>
    public required ImmutableArray<KeyValuePair<string, string>> Origins { get; init; }

    /// <summary>Rows are transitions, columns states, as in machines.md 3.1.</summary>
    public required ExplainedTable Table { get; init; }

    /// <summary>What each watcher with a command will run.</summary>
    public required ImmutableArray<ExplainedCommand> Commands { get; init; }

    /// <summary>Empty without a node.</summary>
    public required ImmutableArray<ExplainedDue> Due { get; init; }

    /// <summary>The next three openings of each window, by time; first the one that is open now.</summary>
    public required ImmutableArray<ExplainedWindow> Windows { get; init; }

    /// <summary>Of reading and of lint, for this machine's file and this machine.</summary>
    public required ImmutableArray<Finding> Findings { get; init; }
}

/// <summary>States and, for each transition, where it leads from each of them; null where it is refused.</summary>
public sealed record ExplainedTable(ImmutableArray<string> States, ImmutableArray<ExplainedRow> Rows);

/// <summary>One transition name.</summary>
public sealed record ExplainedRow(string Transition, ImmutableArray<string?> Destinations, string Description);

/// <summary>An expanded command.</summary>
/// <param name="Watcher">Its name.</param>
/// <param name="Argv">As written where a template could not be expanded.</param>
/// <param name="Error">Which path was not found; null when all was.</param>
public sealed record ExplainedCommand(string Watcher, ImmutableArray<string> Argv, string? Error);

/// <summary>When a watcher is due next.</summary>
/// <param name="Watcher">Its name.</param>
/// <param name="What">What happens then, for people.</param>
/// <param name="At">UTC; null when it hangs on when the machine enters a state.</param>
/// <param name="After">Time after that entry; null when <paramref name="At"/> is known.</param>
public sealed record ExplainedDue(string Watcher, string What, DateTimeOffset? At, TimeSpan? After);

/// <summary>One opening of a maintenance window.</summary>
public sealed record ExplainedWindow(DateTimeOffset Opens, DateTimeOffset Closes, string TimeZone, string Reason, bool Open);
