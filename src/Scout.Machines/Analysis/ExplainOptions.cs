using System.Text.Json;
using Scout.Machines.Definitions;

namespace Scout.Machines.Analysis;

/// <summary>What explain may know beside the file.</summary>
public sealed record ExplainOptions
{
    public required IDefinitionSyntax Syntax { get; init; }

    /// <summary>JSON object of facts; undefined when not given.</summary>
    public JsonElement Facts { get; init; }

    /// <summary>JSON object of overrides, keys are machine names; undefined when not given.</summary>
    public JsonElement Overrides { get; init; }

    /// <summary>Name of the node whose due times are wanted; null for none.</summary>
    public string? Node { get; init; }

    /// <summary>Wall clock: due times and windows are counted from here.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>For schedules that give none.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;
}
