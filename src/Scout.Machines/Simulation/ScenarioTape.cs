using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Timing;

namespace Scout.Machines.Simulated;

/// <summary>What happened in a scenario, one line each, the latest thousand.</summary>
internal sealed class ScenarioTape(VirtualTime time)
{
    private const int Most = 1000;

    private readonly Queue<string> lines = new();
    private long forgotten;

    public void Note(string what)
    {
        lines.Enqueue($"{"+" + DurationText.Format(TimeSpan.FromTicks(time.Now)),-10} {Show.Escape(what)}");
        if (lines.Count <= Most) return;
        lines.Dequeue();
        forgotten++;
    }

    public void Note(MachineEvent one)
    {
        switch (one)
        {
            case TransitionEvent said:
                Note($"{said.From} -> {said.To} by {said.Transition} ({said.Reason}{(said.Caller is { } caller ? $", {caller}" : "")})");
                break;
            case CheckEvent said:
                string doubt = said.Hard ? "" : $", soft {said.Attempt}/{said.Attempts}";
                string suppressed = said.SuppressedBy is { } parent ? $", suppressed by {parent}" : "";
                Note($"check {MachineView.StatusName(said.Status)}{doubt}{suppressed}: {said.Outcome.Output.Text}");
                break;
            case WatcherEvent said:
                Note($"{said.Watcher} ({said.WatcherType}): {said.Outcome}");
                break;
            case StateEvent said:
                Note($"state {said.View.State}{(said.View.Soft is { } soft ? $", soft {soft}" : "")}{(said.Reason.Length > 0 ? $" ({said.Reason})" : "")}");
                break;
            default:
                break;
        }
    }

    public ImmutableArray<string> Lines() => forgotten == 0 ? [.. lines] : [$"({forgotten} lines before)", .. lines];
}
