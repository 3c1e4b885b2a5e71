using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Scout.Machines.Definitions;
using Scout.Server.Logging;
using Scout.Server.MachineDirectory;
using Scout.Server.Metrics;

namespace Scout.Server.Life;

/// <summary>What the last batch of definitions was like, and how many there were. Written on the loop, read anywhere.</summary>
internal sealed class DefinitionReloads
{
    private long limit;

    public ImmutableArray<RefusedFile> Refused { get; private set; } = [];

    public int Machines { get; private set; }

    public long Applied { get; private set; }

    /// <summary>Batches in which some file was bad.</summary>
    public long WithErrors { get; private set; }

    /// <summary>A look at the folder died: whatever there was to read counts as a bad batch.</summary>
    public void Failed() => WithErrors++;

    public void Take(DefinitionChange change, ILogger log, NodeCounters counters, DefinitionCatalog catalog)
    {
        Refused = change.Refused;
        Machines = change.Batch.Definitions.Count;
        if (change.HasErrors) WithErrors++;
        else Applied++;
        foreach (Finding finding in change.News)
        {
            if (finding.Severity != Severity.Error) continue;
            string line = finding.Hint.Length == 0 ? finding.Headline : $"{finding.Headline}; hint: {finding.Hint}";
            LogMessages.DefinitionRefused(log, line);
        }

        LogMessages.DefinitionsApplied(log, Machines, Refused.Length, change.LastGood);
        if (catalog.LimitReached == limit) return;
        counters.Limits.Add("definitions", catalog.LimitReached - limit);
        limit = catalog.LimitReached;
    }
}
