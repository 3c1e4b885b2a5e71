using System.Collections.Immutable;
using System.Text.Json;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Protocol.Rpc;
using Scout.Server.Events;

namespace Scout.Server.Rpc;

/// <summary>Everything about one machine, for <c>machine</c>. Pure.</summary>
internal static class MachineDetails
{
    public static MachineDetail Of(MachineView view, string? degraded)
    {
        MachineDefinition definition = view.Definition;
        return new MachineDetail
        {
            Machine = view.Name,
            Record = MachineSummaries.Of(view),
            Transitions = [.. view.Allowed.Distinct(StringComparer.Ordinal).Select(name => definition.Table.Find(view.State, name)!).Select(
                transition => new TransitionInfo(transition.Name, transition.Destination, MachineSummaries.Empty(transition.Description)))],
            Watchers = [.. definition.Watchers.Select(watcher => Of(view, watcher, degraded))],
            Result = view.Record.Check?.LastResult is { } last ? Of(last) : null,
            File = definition.File,
            DependsOn = definition.DependsOn.IsDefaultOrEmpty ? null : definition.DependsOn,
            Data = Data(view.Record.Data),
        };
    }

    private static WatcherInfo Of(MachineView view, WatcherDefinition watcher, string? degraded)
    {
        WatcherRecord? record = null;
        foreach (WatcherRecord one in view.Record.Watchers)
        {
            if (one.Name == watcher.Name) record = one;
        }

        bool inState = watcher.StateMatch.IsDefaultOrEmpty || watcher.StateMatch.Contains(view.State);
        return new WatcherInfo
        {
            Name = watcher.Name,
            Type = watcher.Type,
            Active = inState,
            IntervalMs = watcher.Interval is { } interval ? (long)interval.TotalMilliseconds : null,
            What = What(watcher),
            LastStart = record?.LastStart,
            LastOutcome = record?.LastOutcome,
            NextDue = watcher is NagiosWatcher ? view.NextDue : record?.TimerEnds,
            Idle = !inState ? $"inactive in state {view.State}"
                : record is { Exhausted: true } ? "budget spent; RESUME refills it"
                : watcher is ExecWatcher { MaxRuns: > 0 } && degraded is not null ? degraded
                : null,
        };
    }

    private static string? What(WatcherDefinition watcher) => watcher switch
    {
        NagiosWatcher { Subject: PluginSubject plugin } => plugin.Command.Shown,
        NagiosWatcher { Subject: BuiltinSubject builtin } => "builtin " + builtin.Kind,
        ExecWatcher exec => exec.Command.Shown,
        MetricWatcher metric => metric.Command.Shown,
        FileWatcher file => file.Path,
        ScheduleWatcher schedule => string.Join(", ", schedule.Schedules.Select(one => one.Source)),
        TimerWatcher timer => Machines.Timing.DurationText.Format(timer.Timer),
        _ => null,
    };

    private static ResultInfo Of(LastResult last) => new()
    {
        Status = MachineView.StatusName(last.Status),
        Reason = last.Reason,
        Output = last.Output,
        LongOutput = MachineSummaries.Empty(last.LongOutput),
        Perfdata = MachineSummaries.PerfData(last.PerfData),
        ExitCode = last.ExitCode,
        Started = last.StartedAt,
        Ended = last.EndedAt,
        DurationMs = MachineSummaries.Milliseconds(last.Duration),
    };

    private static JsonElement? Data(string? json)
    {
        if (string.IsNullOrEmpty(json)) return null;
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
