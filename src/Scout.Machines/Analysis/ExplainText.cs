using System.Globalization;
using System.Text;
using System.Text.Json;
using Scout.Machines.Definitions;
using Scout.Machines.Timing;

namespace Scout.Machines.Analysis;

/// <summary>An explanation as text and as JSON.</summary>
public static class ExplainText
{
    /// <summary>Sections for people; what has nothing to say is left out.</summary>
    public static string ToText(MachineExplanation explanation)
    {
        MachineDefinition machine = explanation.Machine;
        var text = new StringBuilder();
        string form = machine.IsShortForm ? "short form" : "long form";
        string kind = machine.Check is null ? "a machine" : "a check";
        text.Append(CultureInfo.InvariantCulture, $"# {machine.Name} {machine.Version}, digest {machine.Digest}: {kind}, {form}, from {Show.Escape(machine.File)}\n\n");
        text.Append(explanation.Yaml);
        text.Append("\n# where each transition leads\n\n");
        Table(text, explanation.Table);
        if (explanation.Commands.Length > 0) text.Append("\n# what runs\n\n");
        foreach (ExplainedCommand command in explanation.Commands)
        {
            text.Append(CultureInfo.InvariantCulture, $"{command.Watcher}: {Argv(command)}\n");
            if (command.Error is not null) text.Append(CultureInfo.InvariantCulture, $"    not expanded: {Show.Escape(command.Error)}\n");
        }

        if (explanation.Due.Length > 0) text.Append("\n# when\n\n");
        foreach (ExplainedDue due in explanation.Due)
            text.Append(CultureInfo.InvariantCulture, $"{due.Watcher}: {due.What}{(due.At is { } at ? " " + Moment(at) : due.After is { } after ? " +" + DurationText.Format(after) : "")}\n");
        if (explanation.Windows.Length > 0) text.Append("\n# maintenance windows\n\n");
        foreach (ExplainedWindow window in explanation.Windows)
            text.Append(CultureInfo.InvariantCulture, $"{(window.Open ? "open now, until" : Moment(window.Opens) + " to")} {Moment(window.Closes)} ({window.TimeZone}): {Show.Escape(window.Reason)}\n");
        if (explanation.Findings.Length > 0) text.Append("\n# findings\n\n");
        foreach (Finding finding in explanation.Findings) text.Append(finding).Append('\n');
        return text.ToString();
    }

    /// <summary>One JSON object with everything the text has.</summary>
    public static void WriteJson(Utf8JsonWriter json, MachineExplanation explanation)
    {
        MachineDefinition machine = explanation.Machine;
        json.WriteStartObject();
        json.WriteString("name", machine.Name);
        json.WriteString("version", machine.Version);
        json.WriteString("digest", machine.Digest);
        json.WriteString("file", machine.File);
        json.WriteString("form", machine.IsShortForm ? "short" : "long");
        json.WriteBoolean("check", machine.Check is not null);
        json.WritePropertyName("definition");
        using (JsonDocument definition = ExpandedYaml.Json(machine)) definition.WriteTo(json);
        json.WriteStartObject("origins");
        foreach (KeyValuePair<string, string> origin in explanation.Origins) json.WriteString(origin.Key, origin.Value);
        json.WriteEndObject();
        WriteTable(json, explanation.Table);
        json.WriteStartArray("commands");
        foreach (ExplainedCommand command in explanation.Commands)
        {
            json.WriteStartObject();
            json.WriteString("watcher", command.Watcher);
            DefinitionJson.WriteNames(json, "argv", command.Argv);
            if (command.Error is not null) json.WriteString("error", command.Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("due");
        foreach (ExplainedDue due in explanation.Due)
        {
            json.WriteStartObject();
            json.WriteString("watcher", due.Watcher);
            json.WriteString("what", due.What);
            if (due.At is { } at) json.WriteString("at", Moment(at));
            if (due.After is { } after) json.WriteNumber("after_ms", (long)after.TotalMilliseconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("windows");
        foreach (ExplainedWindow window in explanation.Windows)
        {
            json.WriteStartObject();
            json.WriteBoolean("open", window.Open);
            json.WriteString("opens", Moment(window.Opens));
            json.WriteString("closes", Moment(window.Closes));
            json.WriteString("timezone", window.TimeZone);
            json.WriteString("reason", window.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (Finding finding in explanation.Findings) WriteJson(json, finding);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A finding as one JSON object, for <c>-o json</c> of lint.</summary>
    public static void WriteJson(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("file", finding.File);
        json.WriteNumber("line", finding.Line);
        json.WriteNumber("column", finding.Column);
        json.WriteString("severity", Finding.SeverityName(finding.Severity));
        json.WriteString("kind", finding.Kind);
        json.WriteString("message", finding.Message);
        if (finding.Hint.Length > 0) json.WriteString("hint", finding.Hint);
        json.WriteEndObject();
    }

    private static void WriteTable(Utf8JsonWriter json, ExplainedTable table)
    {
        json.WriteStartObject("table");
        DefinitionJson.WriteNames(json, "states", table.States);
        json.WriteStartArray("transitions");
        foreach (ExplainedRow row in table.Rows)
        {
            json.WriteStartObject();
            json.WriteString("name", row.Transition);
            if (row.Description.Length > 0) json.WriteString("description", row.Description);
            json.WriteStartObject("to");
            for (int i = 0; i < table.States.Length; i++)
            {
                if (row.Destinations[i] is { } destination) json.WriteString(table.States[i], destination);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Table(StringBuilder text, ExplainedTable table)
    {
        var grid = new List<string[]> { (string[])["transition \\ state", .. table.States] };
        foreach (ExplainedRow row in table.Rows)
            grid.Add([row.Transition, .. row.Destinations.Select((to, i) => to is null ? "refused" : to == table.States[i] ? "self" : to)]);
        int[] widths = [.. Enumerable.Range(0, grid[0].Length).Select(column => grid.Max(row => row[column].Length))];
        foreach (string[] row in grid)
            text.Append(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()).Append('\n');
    }

    private static string Argv(ExplainedCommand command) => "[" + string.Join(", ", command.Argv.Select(ExpandedYaml.Scalar)) + "]";

    private static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFZ", CultureInfo.InvariantCulture);
}
