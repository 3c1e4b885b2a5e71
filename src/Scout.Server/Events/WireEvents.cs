using System.Collections.Immutable;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;
using Scout.Protocol;
using Scout.Protocol.Events;

namespace Scout.Server.Events;

/// <summary>What machines tell, in the words of the wire. Pure.</summary>
internal static class WireEvents
{
    public static ScoutEvent Of(MachineEvent one, string node, EventSequence sequence) => new()
    {
        Id = one.Id,
        Node = node,
        Machine = one.Machine,
        Type = one switch
        {
            TransitionEvent => EventTypes.Transition,
            CheckEvent => EventTypes.Check,
            StateEvent => EventTypes.State,
            WatcherEvent watcher => EventTypes.Watcher(watcher.WatcherType),
            _ => throw new ArgumentException($"{one.GetType().Name} has no type", nameof(one)),
        },
        Time = one.Time,
        Sequence = sequence,
        CausationId = one.Cause,
        Data = one switch
        {
            TransitionEvent transition => Data(transition),
            CheckEvent check => Data(check),
            StateEvent state => new StateData(MachineSummaries.Of(state.View))
            {
                Reason = MachineSummaries.Empty(state.Reason),
                Caller = state.Caller,
                Deleted = state.View.Deleted,
            },
            WatcherEvent watcher => Data(watcher),
            _ => throw new ArgumentException($"{one.GetType().Name} has no data", nameof(one)),
        },
    };

    /// <summary>The kind in the subject.</summary>
    public static EventKind KindOf(MachineEvent one) => one switch
    {
        TransitionEvent => EventKind.Transition,
        CheckEvent => EventKind.Check,
        StateEvent => EventKind.State,
        _ => EventKind.Watcher,
    };

    private static TransitionData Data(TransitionEvent one) => new()
    {
        Transition = one.Transition,
        From = one.From,
        To = one.To,
        Reason = one.Reason,
        Watcher = one.Watcher,
        Caller = one.Caller,
        Attempt = one.Attempt,
        Output = one.Output,
        Maintenance = MachineSummaries.Of(one.Maintenance),
        Labels = MachineSummaries.Labels(one.Definition.Labels),
    };

    private static CheckData Data(CheckEvent one)
    {
        RunOutcome outcome = one.Outcome;
        RunOutput output = outcome.Output;
        return new CheckData
        {
            State = one.State,
            Status = MachineView.StatusName(one.Status),
            RawStatus = one.RawStatus == one.Status ? null : MachineView.StatusName(one.RawStatus),
            Reason = outcome.Reason,
            // Of an ordinary end the status is the exit code; a steady event is mostly envelope, and every byte is kept for a week.
            ExitCode = outcome.Reason == "exit" ? null : outcome.ExitCode,
            Signal = outcome.Signal,
            Output = output.Text,
            LongOutput = MachineSummaries.Empty(output.LongText),
            Stderr = MachineSummaries.Empty(output.Stderr),
            Perfdata = MachineSummaries.PerfData(output.PerfData),
            PerfdataErrors = output.PerfDataErrors,
            DurationMs = MachineSummaries.Milliseconds(outcome.Duration),
            Hard = one.Hard,
            Attempt = one.Attempt,
            Attempts = one.Hard ? 0 : one.Attempts,
            Flapping = one.Flapping,
            SuppressedBy = one.SuppressedBy,
            Maintenance = one.InMaintenance,
            Announce = one.Announce,
            Truncated = outcome.Truncated,
            Facts = Facts(outcome.Facts),
            Labels = MachineSummaries.Labels(one.Definition.Labels),
            Annotations = one.Definition.Check is { } check ? MachineSummaries.Labels(check.Annotations) : null,
        };
    }

    private static ImmutableSortedDictionary<string, string>? Facts(IReadOnlyList<KeyValuePair<string, string>> facts) => facts.Count == 0 ? null : Distinct(facts);

    private static WatcherData Data(WatcherEvent one) => new()
    {
        State = one.State,
        Watcher = one.Watcher,
        Outcome = one.Outcome,
        ExitCode = one.ExitCode,
        Signal = one.Signal,
        DurationMs = one.Duration is { } duration ? MachineSummaries.Milliseconds(duration) : null,
        Output = one.Output,
        Metrics = Metrics(one.Metrics),
        Announce = one.Announce,
        Labels = MachineSummaries.Labels(one.Definition.Labels),
    };

    private static ImmutableArray<MetricData>? Metrics(IReadOnlyList<MetricValue> values)
    {
        if (values.Count == 0) return null;
        var data = ImmutableArray.CreateBuilder<MetricData>(values.Count);
        foreach (MetricValue value in values)
        {
            data.Add(new MetricData(value.Name, value.Value, value.Labels.Count == 0 ? null : Distinct(value.Labels)));
        }

        return data.MoveToImmutable();
    }

    private static ImmutableSortedDictionary<string, string> Distinct(IReadOnlyList<KeyValuePair<string, string>> labels)
    {
        var sorted = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in labels) sorted[key] = value;
        return sorted.ToImmutable();
    }
}
