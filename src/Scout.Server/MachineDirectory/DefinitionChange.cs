using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;

namespace Scout.Server.MachineDirectory;

/// <summary>What the machine directory says now, when that is something new.</summary>
/// <param name="Batch">For the loop.</param>
/// <param name="Refused">Files that were never good, by path.</param>
/// <param name="LastGood">How many files are bad and run on with their last good version.</param>
/// <param name="News">Findings that were not said before for this content.</param>
internal sealed record DefinitionChange(DefinitionBatch Batch, ImmutableArray<RefusedFile> Refused, int LastGood, IReadOnlyList<Finding> News)
{
    /// <summary>True when a file is refused or bad.</summary>
    public bool HasErrors => Refused.Length > 0 || LastGood > 0;
}

/// <summary>A file that never was good.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Error">Its first error line.</param>
internal sealed record RefusedFile(string Path, string Error);
