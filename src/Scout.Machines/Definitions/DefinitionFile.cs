using System.Collections.Immutable;
using Scout.Machines.Definitions.Reading;

namespace Scout.Machines.Definitions;

/// <summary>What one file says.</summary>
public sealed record DefinitionFile
{
    /// <summary>As given to the reader.</summary>
    public required string Path { get; init; }

    /// <summary>Empty when there is an error: a file is taken whole or not at all.</summary>
    public required ImmutableArray<MachineDefinition> Machines { get; init; }

    /// <summary>At most 50, by position.</summary>
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>True when the file was read the Choria way.</summary>
    public bool ChoriaReading { get; init; }

    public bool HasErrors => FirstError is not null;

    /// <summary>The first error by position, or null.</summary>
    public Finding? FirstError
    {
        get
        {
            foreach (Finding finding in Findings)
            {
                if (finding.Severity == Severity.Error) return finding;
            }

            return null;
        }
    }

    /// <summary>Where the machines stand, one a machine in the same order.</summary>
    internal ImmutableArray<MachinePlace> Places { get; init; } = [];
}
