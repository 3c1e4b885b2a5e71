using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Reading;
using Scout.Machines.Definitions.Yaml;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Timing;
using Scout.Machines.Watchers;

namespace Scout.Machines.Simulated;

/// <summary>Reads <c>then</c>: each key becomes one expectation that knows where it stands.</summary>
internal static class ExpectationReader
{
    private static readonly string[] Keys =
    [
        "state", "hard", "soft", "flapping", "runaway", "suppressed_by", "acknowledged", "maintenance", "refused", "data", "runs", "events", "no_events",
    ];

    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public static ImmutableArray<Expectation> Read(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "then");
        fields.Only(Keys);
        var all = new List<Expectation>();
        if (fields.Name("state") is { } state) Add(all, map, "state", view => Same(state, view.Machine.State));
        Flag(fields, all, "hard", "hard", "soft", view => view.Machine.Hard);
        Soft(fields, all);
        Flag(fields, all, "flapping", "flapping", "not flapping", view => view.Machine.Record.Check?.Flapping ?? false);
        Flag(fields, all, "runaway", "runaway", "not runaway", view => view.Machine.Record.Runaway);
        Flag(fields, all, "acknowledged", "acknowledged", "not acknowledged", view => view.Machine.Record.Acknowledgement is not null);
        if (fields.Name("suppressed_by") is { } parent)
            Add(all, map, "suppressed_by", view => Same(parent, view.Machine.Record.Check?.SuppressedBy ?? "none"));
        Maintenance(context, fields, all);
        Flag(fields, all, "refused", "refused", "accepted", view => view.Fired is { Code: not CommandCode.Ok });
        if (fields.Mapping("data", "{ key: value }") is { } data) Data(all, data);
        if (fields.Mapping("runs", "{ check: 1 }") is { } runs) Runs(context, all, runs);
        foreach (EventPattern[] patterns in Patterns(context, fields, "events")) Add(all, map, "events", view => InOrder(patterns, view.Events));
        foreach (EventPattern[] patterns in Patterns(context, fields, "no_events")) Add(all, map, "no_events", view => None(patterns, view.Events));
        return [.. all];
    }

    private static void Add(List<Expectation> all, YamlMap map, string key, Func<StepView, Mismatch?> judge)
    {
        YamlNode at = map.Find(key) ?? map;
        all.Add(new Expectation(at.Line, at.Column, judge));
    }

    private static void Flag(FieldReader fields, List<Expectation> all, string key, string yes, string no, Func<StepView, bool> look)
    {
        if (!fields.Has(key)) return;
        bool wanted = fields.Boolean(key);
        Add(all, fields.Map, key, view => Same(wanted ? yes : no, look(view) ? yes : no));
    }

    private static void Soft(FieldReader fields, List<Expectation> all)
    {
        if (fields.Text("soft") is not { } text) return;
        string[] parts = text.Split(' ', '/');
        bool good = parts.Length == 3 && States.IsResult(parts[0])
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _) && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        if (!good) fields.Context.Error(fields.Map.Find("soft")!, FindingKind.BadValue, $"'soft' is {Show.Quote(text)}", "status, count and limit: CRITICAL 2/3");
        Add(all, fields.Map, "soft", view => Same("soft " + text, view.Machine.Soft is { } soft ? "soft " + soft : "hard"));
    }

    private static void Maintenance(ReadContext context, FieldReader fields, List<Expectation> all)
    {
        if (fields.Map.Find("maintenance") is YamlScalar { Text: "none" })
        {
            Add(all, fields.Map, "maintenance", view => Same("none", view.Machine.Record.Maintenance is { } record ? Described(record, view.Now) : "none"));
            return;
        }

        if (fields.Mapping("maintenance", "{ left: 2h }") is not { } map) return;
        var inner = new FieldReader(context, map, "maintenance");
        inner.Only(["reason", "left", "caller"]);
        string? reason = inner.Text("reason");
        string? caller = inner.Text("caller");
        TimeSpan? left = inner.Duration("left", TimeSpan.Zero, Longest);
        Add(all, fields.Map, "maintenance", view =>
        {
            string wanted = Words(reason, left is { } span ? DurationText.Format(span) : null, caller);
            if (view.Machine.Record.Maintenance is not { } record) return new Mismatch(wanted, "none");
            string got = Words(reason is null ? null : record.Reason, left is null ? null : Left(record, view.Now), caller is null ? null : record.Caller);
            return Same(wanted, got);
        });
    }

    private static string Described(MaintenanceRecord record, DateTimeOffset now) => Words(record.Reason, Left(record, now), record.Caller);

    private static string Left(MaintenanceRecord record, DateTimeOffset now) => record.Until is { } until ? DurationText.Format(until - now) : "no end";

    private static string Words(string? reason, string? left, string? caller)
    {
        var parts = new List<string>();
        if (reason is not null) parts.Add($"reason: {reason}");
        if (left is not null) parts.Add($"left: {left}");
        if (caller is not null) parts.Add($"caller: {caller}");
        return $"{{ {string.Join(", ", parts)} }}";
    }

    private static void Data(List<Expectation> all, YamlMap map)
    {
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in map.Entries)
        {
            string key = entry.Key.Text;
            JsonElement wanted = YamlJson.Element(entry.Value);
            all.Add(new Expectation(entry.Key.Line, entry.Key.Column, view =>
            {
                JsonElement data = MachineData.Read(view.Machine.Record.Data);
                if (data.ValueKind != JsonValueKind.Object || !data.TryGetProperty(key, out JsonElement got)) return new Mismatch($"data {key}: {wanted.GetRawText()}", "nothing");
                return JsonElement.DeepEquals(wanted, got) ? null : new Mismatch($"data {key}: {wanted.GetRawText()}", got.GetRawText());
            }));
        }
    }

    private static void Runs(ReadContext context, List<Expectation> all, YamlMap map)
    {
        var fields = new FieldReader(context, map, "runs");
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in map.Entries)
        {
            string watcher = entry.Key.Text;
            if (fields.Integer(watcher, 0, 1_000_000) is not { } wanted) continue;
            Add(all, map, watcher, view => Same($"{wanted} runs of {watcher}", $"{view.Runs.Count(run => run.Watcher == watcher)} runs of {watcher}"));
        }
    }

    private static IEnumerable<EventPattern[]> Patterns(ReadContext context, FieldReader fields, string key)
    {
        if (!fields.Has(key)) yield break;
        var patterns = new List<EventPattern>();
        foreach (YamlMap map in fields.Mappings(key, 1, 1000, "{ transition: OK }"))
        {
            if (Pattern(context, map) is { } pattern) patterns.Add(pattern);
        }

        yield return [.. patterns];
    }

    private static EventPattern? Pattern(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "an event");
        string[] kinds = ["transition", "check", "watcher", "state"];
        string[] given = [.. kinds.Where(kind => map.FindKey(kind) is not null)];
        if (given.Length != 1)
        {
            context.Error(map, given.Length == 0 ? FindingKind.MissingKey : FindingKind.Conflict, "an event is one of transition, check, watcher, state", "write '{ transition: OK }'");
            return null;
        }

        fields.Only(given[0] switch
        {
            "transition" => ["transition", "from", "to"],
            "watcher" => ["watcher", "outcome"],
            _ => given,
        });
        if (fields.Name(given[0]) is not { } name) return null;
        if (given[0] == "check" && !States.IsResult(name)) context.Error(map.Find("check")!, FindingKind.BadValue, $"{Show.Quote(name)} is no status", "OK, WARNING, CRITICAL or UNKNOWN");
        return new EventPattern(given[0], name, fields.Name("from"), fields.Name("to"), fields.Text("outcome"));
    }

    private static Mismatch? InOrder(EventPattern[] patterns, IReadOnlyList<MachineEvent> events)
    {
        int next = 0;
        foreach (MachineEvent one in events)
        {
            if (next < patterns.Length && patterns[next].Matches(one)) next++;
        }

        return next == patterns.Length ? null : new Mismatch($"event {patterns[next]}{(next > 0 ? $" after {patterns[next - 1]}" : "")}", List(events));
    }

    private static Mismatch? None(EventPattern[] patterns, IReadOnlyList<MachineEvent> events)
    {
        foreach (EventPattern pattern in patterns)
        {
            if (events.FirstOrDefault(pattern.Matches) is { } found) return new Mismatch($"no event {pattern}", EventPattern.Describe(found));
        }

        return null;
    }

    private static string List(IReadOnlyList<MachineEvent> events) =>
        events.Count == 0 ? "no events" : string.Join(", ", events.Take(20).Select(EventPattern.Describe)) + (events.Count > 20 ? $" and {events.Count - 20} more" : "");

    private static Mismatch? Same(string wanted, string got) => wanted == got ? null : new Mismatch(wanted, got);
}
