using System.Collections.Immutable;
using System.Text.Json;
using Scout.Cli.Rendering;
using Scout.Protocol.Events;

namespace Scout.Cli.Views;

/// <summary>A machine as <c>scout status</c> shows it.</summary>
/// <param name="Node">Where it lives.</param>
/// <param name="Machine">Its name.</param>
/// <param name="Record">What is known of it.</param>
/// <param name="Stale">The node did not answer: these are its last words.</param>
internal sealed record StatusRow(string Node, string Machine, MachineSummary Record, bool Stale)
{
    public static View<StatusRow> View { get; } = new()
    {
        Columns =
        [
            new("NODE", (row, _) => row.Node),
            new("MACHINE", (row, _) => row.Machine),
            new("STATE", (row, _) => row.Record.State) { Tone = row => Tones.OfState(row.Record.State) },
            new("SINCE", (row, context) => context.Moment(row.Record.Since)),
            new("SOFT", (row, _) => row.Record.Soft) { Tone = _ => Tone.Warn },
            new("FLAGS", (row, _) => row.Flags) { Tone = _ => Tone.Calm },
            new("OUTPUT", (row, _) => row.Record.Output),
            new("NEXT", (row, context) => context.Coming(row.Record.NextDue)) { WideOnly = true },
            new("LABELS", (row, _) => Labels(row.Record.Labels)) { WideOnly = true },
        ],
        Json = (writer, row) => row.Write(writer),
        Name = row => $"{row.Node}/{row.Machine}",
        WhenEmpty = "no machine matches",
    };

    /// <summary>Short words, as in server.md section 11.</summary>
    public string Flags
    {
        get
        {
            var flags = new List<string>();
            if (Record.Maintenance is not null) flags.Add("maint");
            if (Record.Acknowledged is not null) flags.Add("ack");
            if (Record.Flapping) flags.Add("flap");
            if (Record.SuppressedBy is not null) flags.Add("dep");
            if (Record.Runaway) flags.Add("runaway");
            if (Record.DefinitionError is not null) flags.Add("def");
            if (Stale) flags.Add("stale");
            return string.Join(',', flags);
        }
    }

    public static string Labels(ImmutableSortedDictionary<string, string>? labels) =>
        labels is null ? "" : string.Join(',', labels.Select(label => $"{label.Key}={label.Value}"));

    /// <summary>Order of severity, worst first: what a person wants to see on top.</summary>
    public static int Rank(StatusRow row) => row.Record.State switch
    {
        "CRITICAL" => 0,
        "UNKNOWN" => 1,
        "WARNING" => 2,
        "FORCE_CHECK" => 3,
        "MAINTENANCE" => 5,
        "OK" => 6,
        _ => 4,
    };

    public static void WriteMaintenance(Utf8JsonWriter writer, string name, MaintenanceData? data)
    {
        if (data is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        writer.Text("reason", data.Reason);
        writer.Time("until", data.Until);
        writer.WriteString("caller", data.Caller);
        writer.Time("since", data.Since);
        writer.WriteEndObject();
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("node", Node);
        writer.WriteString("machine", Machine);
        writer.WriteString("state", Record.State);
        writer.Time("since", Record.Since);
        writer.Text("status", Record.Status);
        writer.WriteBoolean("hard", Record.Hard);
        writer.WriteNumber("attempt", Record.Attempt);
        writer.WriteNumber("attempts", Record.Attempts);
        writer.WriteBoolean("flapping", Record.Flapping);
        WriteMaintenance(writer, "maintenance", Record.Maintenance);
        WriteMaintenance(writer, "acknowledged", Record.Acknowledged);
        writer.Text("suppressed_by", Record.SuppressedBy);
        writer.WriteBoolean("runaway", Record.Runaway);
        writer.Text("definition_error", Record.DefinitionError);
        writer.Text("output", Record.Output);
        writer.Time("last_result", Record.LastResult);
        writer.Time("next_due", Record.NextDue);
        writer.Map("labels", Record.Labels);
        writer.WriteBoolean("stale", Stale);
        writer.Text("soft", Record.Soft);
        writer.Text("not_running", Record.NotRunning);
        writer.WriteEndObject();
    }
}
