using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Views;

/// <summary>What <c>scout inspect NODE/MACHINE</c> prints.</summary>
internal static class MachinePage
{
    public static void Print(IConsoleIo io, string node, string machine, MachineDetail detail)
    {
        MachineSummary record = detail.Record!;
        DateTimeOffset now = io.Time.GetUtcNow();
        TimeZoneInfo zone = io.Time.LocalTimeZone;
        var page = new PageWriter(io);
        page.Title($"{node}/{machine}  {record.State}", Tones.OfState(record.State));
        page.Line("since", $"{Ages.Local(record.Since, zone)} ({Ages.Since(record.Since, now)})");
        page.Line("doubt", record.Soft is { } soft ? $"{soft}: not believed yet" : null, Tone.Warn);
        page.Line("flapping", record.Flapping ? "yes: results keep changing" : null, Tone.Warn);
        page.Line("suppressed", record.SuppressedBy is { } parent ? $"{parent} is down" : null);
        page.Line("runaway", record.Runaway ? "yes: its transitions chase each other, and are slowed down" : null, Tone.Bad);
        page.Line("not running", record.NotRunning, Tone.Bad);
        page.Line("definition", record.DefinitionError is { } error ? $"{error} (the last good version runs)" : null, Tone.Bad);
        page.Line("file", detail.File);
        page.Line("version", $"{record.Version} ({record.Digest})");
        page.Line("labels", StatusRow.Labels(record.Labels));
        page.Line("depends on", detail.DependsOn is { IsDefaultOrEmpty: false } parents ? string.Join(' ', parents) : null);
        People(page, record, now, zone);
        Result(page, detail.Result, now, zone);
        page.Line("next due", record.NextDue is { } due ? $"{Ages.Local(due, zone)} (in {Ages.Until(due, now)})" : null);
        Transitions(page, detail);
        Watchers(page, detail, now);
        if (detail.Data is { } data)
        {
            page.Title("Data");
            page.Line("", JsonText.Render(data.WriteTo, indented: true));
        }

        io.Out.Flush();
    }

    private static void People(PageWriter page, MachineSummary record, DateTimeOffset now, TimeZoneInfo zone)
    {
        foreach ((string title, MaintenanceData? data) in new[] { ("Maintenance", record.Maintenance), ("Acknowledged", record.Acknowledged) })
        {
            if (data is null) continue;
            page.Title(title, Tone.Calm);
            page.Line("reason", string.IsNullOrEmpty(data.Reason) ? "(none)" : data.Reason);
            page.Line("until", data.Until is { } until ? $"{Ages.Local(until, zone)} (in {Ages.Until(until, now)})" : "open-ended");
            page.Line("by", data.Caller);
            page.Line("since", $"{Ages.Local(data.Since, zone)} ({Ages.Since(data.Since, now)})");
        }
    }

    private static void Result(PageWriter page, ResultInfo? result, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (result is null) return;
        page.Title($"Last result  {result.Status}", Tones.OfState(result.Status));
        page.Line("output", result.Output);
        page.Line("", result.LongOutput);
        page.Line("reason", result.Reason == "exit" ? null : result.Reason, Tone.Warn);
        page.Line("exit code", result.ExitCode?.ToString(null, null));
        page.Line("ended", $"{Ages.Local(result.Ended, zone)} ({Ages.Since(result.Ended, now)}), took {Ages.Took(TimeSpan.FromMilliseconds(result.DurationMs))}");
        if (result.Perfdata is { IsDefaultOrEmpty: false } numbers) page.Line("numbers", string.Join('\n', numbers.Select(number => $"{number.Label} = {number.Raw}")));
    }

    private static void Transitions(PageWriter page, MachineDetail detail)
    {
        if (detail.Transitions is not { IsDefaultOrEmpty: false } transitions) return;
        page.Title("Transitions allowed now");
        foreach (TransitionInfo transition in transitions)
        {
            page.Line(transition.Name, $"-> {transition.To}{(string.IsNullOrEmpty(transition.Description) ? "" : $"  {transition.Description}")}");
        }
    }

    private static void Watchers(PageWriter page, MachineDetail detail, DateTimeOffset now)
    {
        if (detail.Watchers is not { IsDefaultOrEmpty: false } watchers) return;
        page.Title("Watchers");
        foreach (WatcherInfo watcher in watchers)
        {
            var facts = new List<string> { watcher.Type };
            if (watcher.IntervalMs is { } interval) facts.Add($"every {Ages.Took(TimeSpan.FromMilliseconds(interval))}");
            facts.Add(watcher.Active ? "active" : watcher.Idle ?? "inactive");
            if (watcher.LastOutcome is { } outcome) facts.Add($"last {outcome}{(watcher.LastStart is { } start ? $" {Ages.Since(start, now)} ago" : "")}");
            if (watcher.NextDue is { } due) facts.Add($"next in {Ages.Until(due, now)}");
            page.Line(watcher.Name, string.Join(", ", facts) + (string.IsNullOrEmpty(watcher.What) ? "" : "\n" + watcher.What));
        }
    }
}
