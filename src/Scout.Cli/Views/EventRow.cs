using System.Text;
using System.Text.Json;
using Scout.Cli.Rendering;
using Scout.Protocol;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Events;

namespace Scout.Cli.Views;

/// <summary>A stored event.</summary>
/// <param name="Node">Of the subject, which readers have compared with its source.</param>
/// <param name="Machine">A machine, or <c>_node</c>.</param>
/// <param name="Kind">Last token of the subject.</param>
/// <param name="Event">The parsed CloudEvent.</param>
/// <param name="Stored">The bytes as stored: what <c>-o jsonl</c> prints.</param>
internal sealed record EventRow(string Node, string Machine, EventKind Kind, CloudEvent Event, ReadOnlyMemory<byte> Stored)
{
    public static View<EventRow> View { get; } = new()
    {
        Columns =
        [
            new("TIME", (row, context) => Ages.Local(row.Event.Time, context.Zone)) { StreamWidth = 19 },
            new("NODE", (row, _) => row.Node) { StreamWidth = 10 },
            new("MACHINE", (row, _) => row.Machine) { StreamWidth = 16 },
            new("KIND", (row, _) => row.Event.Type == EventTypes.Audit ? "audit" : Subjects.Word(row.Kind)) { StreamWidth = 10 },
            new("WHAT", (row, _) => row.What) { Tone = row => row.ToneOfWhat },
        ],
        Json = (writer, row) =>
        {
            using var document = JsonDocument.Parse(row.Stored);
            document.RootElement.WriteTo(writer);
        },
        Name = row => row.Event.Id,
        WhenEmpty = "no event matches",
    };

    /// <summary>One line for people.</summary>
    public string What => EventReader.TryReadData(Event, out EventData? data, out string? error) ? Tell(data) : $"unreadable: {error}";

    private Tone ToneOfWhat => EventReader.TryReadData(Event, out EventData? data, out _)
        ? data switch
        {
            TransitionData moved => Tones.OfState(moved.To),
            CheckData check => Tones.OfState(check.Status),
            StateData state => Tones.OfState(state.State),
            AuditData { Decision: not "allowed" } => Tone.Bad,
            _ => Tone.Plain,
        }
        : Tone.Bad;

    private static string Tell(EventData data) => data switch
    {
        TransitionData moved => Transition(moved),
        CheckData check => $"{check.Status}{Doubt(check.Hard, check.Attempt, check.Attempts)}{(check.Maintenance ? " (in maintenance)" : "")}{Why(check.Reason)}: {check.Output}",
        StateData { Deleted: true } => "deleted",
        StateData state => State(state),
        WatcherData watcher => Watcher(watcher),
        OutboxData outbox => $"events lost ({outbox.Reason}): {string.Join(", ", outbox.Dropped.Select(pair => $"{pair.Value} {pair.Key}"))}",
        AuditData audit => Audit(audit),
        _ => data.GetType().Name,
    };

    private static string Audit(AuditData audit)
    {
        var told = new StringBuilder($"{audit.Caller} {audit.Action}");
        if (audit.Transition is { } transition) told.Append($" {transition}");
        if (audit.Machines is { } machines) told.Append($" {string.Join(' ', machines)}");
        if (audit.More > 0) told.Append($" and {audit.More} more");
        told.Append($": {(audit.Decision == "allowed" ? audit.Code : $"{audit.Decision} ({audit.Code})")}");
        if (audit.Denied is { } denied) told.Append($", denied for {string.Join(' ', denied)}");
        if (audit.Message is { } message) told.Append($", {message}");
        if (audit.Reason is { } reason) told.Append($" (reason: {reason})");
        return told.ToString();
    }

    private static string Transition(TransitionData moved)
    {
        var told = new StringBuilder($"{moved.From} -> {moved.To}");
        if (moved.Transition != moved.To) told.Append($" by {moved.Transition}");
        if (moved.Caller is { } caller) told.Append($" ({caller})");
        else if (moved.Watcher is { } watcher && moved.Reason != "check") told.Append($" ({watcher})");
        if (moved.Maintenance is { } maintenance)
        {
            if (!string.IsNullOrEmpty(maintenance.Reason)) told.Append($": {maintenance.Reason}");
            told.Append(maintenance.Until is { } until ? $", until {Ages.Rfc3339(until)}" : ", open-ended");
        }
        else if (moved.Output is { } output)
        {
            told.Append($": {output}");
        }

        return told.ToString();
    }

    private static string State(StateData state)
    {
        MachineSummary record = state;
        var told = new StringBuilder(record.State);
        if (record.Soft is { } soft) told.Append($", soft {soft}");
        if (!string.IsNullOrEmpty(state.Reason)) told.Append($", {state.Reason}");
        if (state.Caller is { } caller) told.Append($" by {caller}");
        if (record.Flapping) told.Append(", flapping");
        if (record.SuppressedBy is { } parent) told.Append($", suppressed by {parent}");
        if (record.DefinitionError is { } error) told.Append($", definition: {error}");
        return told.ToString();
    }

    private static string Watcher(WatcherData watcher)
    {
        var told = new StringBuilder($"{watcher.Watcher}: {watcher.Outcome}");
        if (watcher.ExitCode is { } exit and not 0) told.Append($", exit {exit}");
        if (watcher.Signal is { } signal) told.Append($", {signal}");
        if (!string.IsNullOrWhiteSpace(watcher.Output)) told.Append($": {watcher.Output.Split('\n')[0]}");
        return told.ToString();
    }

    private static string Doubt(bool hard, int attempt, int attempts) => hard || attempt == 0 ? "" : $" {attempt}/{attempts}";

    private static string Why(string reason) => reason is "exit" or "builtin" ? "" : $" ({reason})";
}
