using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Records;

namespace Scout.Machines.Hosting;

/// <summary>The public record of a machine at one moment: what <c>state</c> events, commands, metrics and the textfile show. Immutable.</summary>
public sealed record MachineView
{
    public required MachineDefinition Definition { get; init; }

    /// <summary>State, belief, doubt, maintenance and all else that is kept.</summary>
    public required MachineRecord Record { get; init; }

    /// <summary>Wall clock; null when nothing is scheduled.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>First error line of a file that turned bad while its last good version runs; null when it is good.</summary>
    public string? DefinitionError { get; init; }

    public bool Deleted { get; init; }

    /// <summary>Set when the last run is <c>stuck</c>, for people.</summary>
    public string? NotRunning { get; init; }

    public string Name => Record.Name;

    public string State => Record.State;

    /// <summary>True for machines that are no checks, and for checks without doubt.</summary>
    public bool Hard => Record.Check is null || Record.Check.DoubtCount == 0;

    /// <summary><c>CRITICAL 2/3</c> while in doubt, else null.</summary>
    public string? Soft
    {
        get
        {
            if (Record.Check is not { DoubtCount: > 0 } check || Definition.Check is not { } watcher) return null;
            int limit = check.DoubtDirection > 0 ? watcher.Attempts : watcher.RecoverAttempts;
            return $"{StatusName(check.DoubtExtreme)} {check.DoubtCount}/{limit}";
        }
    }

    /// <summary>Transitions allowed now, in file order; of a check without the four results, which people cannot fire.</summary>
    public ImmutableArray<string> Allowed =>
        [.. Definition.Table.Allowed(State).Select(transition => transition.Name).Where(name => Definition.Check is null || !States.IsResult(name))];

    /// <summary><c>OK WARNING CRITICAL UNKNOWN</c>.</summary>
    public static string StatusName(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "OK",
        CheckStatus.Warning => "WARNING",
        CheckStatus.Critical => "CRITICAL",
        _ => "UNKNOWN",
    };
}
