namespace Scout.Machines.Definitions;

/// <summary>What the reader needs from outside.</summary>
public sealed record DefinitionReaderOptions
{
    /// <summary>Splits commands; filled by the room that runs plugins.</summary>
    public required IDefinitionSyntax Syntax { get; init; }

    /// <summary>Finds an IANA time zone, or null. The system's database by default.</summary>
    public Func<string, TimeZoneInfo?> FindTimeZone { get; init; } = Reading.TimeZones.Find;

    /// <summary>Keeps the places and origins of values in the <see cref="DefinitionFile"/>, for lint, explain and graph; a server does not.</summary>
    public bool KeepSource { get; init; }

    /// <summary>
    /// The Choria reading (machines.md 4.1): findings marked ° are warnings, and of overlapping transitions the later one wins. Null: when the file is
    /// called <c>machine.yaml</c>.
    /// </summary>
    public bool? ChoriaReading { get; init; }
}
