using System.Collections.Immutable;
using Scout.Machines;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Protocol.Events;

namespace Scout.Server.Events;

/// <summary>The public record of a machine, as it goes over the wire.</summary>
internal static class MachineSummaries
{
    public static MachineSummary Of(MachineView view)
    {
        MachineRecord record = view.Record;
        CheckRecord? check = record.Check;
        NagiosWatcher? watcher = view.Definition.Check;
        return new MachineSummary
        {
            Kind = watcher is null ? "machine" : "check",
            State = record.State,
            Since = record.Since,
            Status = check?.LastResult is { } last ? MachineView.StatusName(last.Status) : null,
            Hard = view.Hard,
            Soft = view.Soft,
            Attempt = check?.DoubtCount ?? 0,
            Attempts = watcher is null ? 0 : check?.DoubtDirection < 0 ? watcher.RecoverAttempts : watcher.Attempts,
            Flapping = check?.Flapping ?? false,
            Maintenance = Of(record.Maintenance),
            Acknowledged = record.Acknowledgement is { } known ? new MaintenanceData(Empty(known.Reason), known.Until, known.Caller, known.Since) : null,
            SuppressedBy = check?.SuppressedBy,
            Runaway = record.Runaway,
            DefinitionError = view.DefinitionError,
            NotRunning = view.NotRunning,
            Output = check?.LastResult?.Output,
            LastResult = check?.LastResult?.EndedAt,
            DurationMs = check?.LastResult is { } result ? Milliseconds(result.Duration) : null,
            NextDue = view.NextDue,
            Version = view.Definition.Version,
            Digest = view.Definition.Digest,
            Labels = Labels(view.Definition.Labels),
        };
    }

    public static MaintenanceData? Of(MaintenanceRecord? maintenance) =>
        maintenance is null ? null : new MaintenanceData(Empty(maintenance.Reason), maintenance.Until, maintenance.Caller, maintenance.Since);

    /// <summary>Null when there are none, which is what leaves them out.</summary>
    public static ImmutableSortedDictionary<string, string>? Labels(ImmutableArray<KeyValuePair<string, string>> labels) =>
        labels.IsDefaultOrEmpty ? null : ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, labels);

    public static ImmutableArray<PerfDatumData>? PerfData(IReadOnlyList<PerfDatum> numbers)
    {
        if (numbers.Count == 0) return null;
        var data = ImmutableArray.CreateBuilder<PerfDatumData>(numbers.Count);
        foreach (PerfDatum number in numbers) data.Add(new PerfDatumData(number.Label, number.Value, Empty(number.Unit), number.Raw));
        return data.MoveToImmutable();
    }

    /// <summary>Milliseconds with at most three decimals.</summary>
    public static double Milliseconds(TimeSpan duration) => Math.Round(duration.TotalMilliseconds, 3);

    public static string? Empty(string text) => text.Length == 0 ? null : text;
}
