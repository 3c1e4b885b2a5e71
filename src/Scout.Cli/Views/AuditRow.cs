using System.Globalization;
using Scout.Cli.Rendering;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Audit;

namespace Scout.Cli.Views;

/// <summary>A row of the audit, from the stream or from a file.</summary>
internal static class AuditRow
{
    public static View<AuditRecord> View { get; } = new()
    {
        Columns =
        [
            new("TIME", (row, context) => Ages.Local(row.Time, context.Zone)) { StreamWidth = 19 },
            new("SOURCE", (row, _) => row.Source) { StreamWidth = 10 },
            new("CALLER", (row, _) => row.Data.Caller) { StreamWidth = 12 },
            new("ROLE", (row, _) => row.Data.Role) { StreamWidth = 8 },
            new("ACTION", (row, _) => Action(row.Data)) { StreamWidth = 12 },
            new("DECISION", (row, _) => row.Data.Decision) { StreamWidth = 8, Tone = row => row.Data.Decision == "allowed" ? Tone.Plain : Tone.Bad },
            new("CODE", (row, _) => row.Data.Code) { StreamWidth = 8 },
            new("KEY", (row, _) => row.Data.Key) { WideOnly = true },
            new("SCOPE", (row, _) => row.Data.Scope) { WideOnly = true },
            new("REQUEST", (row, _) => row.Data.Request) { WideOnly = true },
            new("ABOUT", (row, _) => About(row.Data)),
        ],
        Json = (writer, row) =>
        {
            AuditData data = row.Data;
            writer.WriteStartObject();
            writer.Time("time", row.Time);
            writer.WriteString("source", row.Source);
            writer.WriteString("caller", data.Caller);
            writer.Text("key", data.Key);
            writer.Text("role", data.Role);
            writer.WriteString("action", data.Action);
            writer.WriteString("request", data.Request);
            writer.WriteString("scope", data.Scope);
            writer.Text("subject", data.Subject);
            writer.WriteString("decision", data.Decision);
            writer.WriteString("code", data.Code);
            writer.Text("message", data.Message);
            writer.Texts("machines", data.Machines);
            writer.Texts("denied", data.Denied);
            writer.Number("more", data.More);
            writer.Text("transition", data.Transition);
            writer.Text("reason", data.Reason);
            writer.Number("duration_ms", data.DurationMs);
            writer.Number("repeated", data.Repeated);
            writer.WriteEndObject();
        },
        Name = row => row.Data.Request,
        WhenEmpty = "no row of the audit matches",
    };

    private static string Action(AuditData data) => data.Transition is { } transition ? $"{data.Action} {transition}" : data.Action;

    private static string About(AuditData data)
    {
        var parts = new List<string>();
        if (data.Machines is { } machines) parts.Add(string.Join(' ', machines));
        if (data.More > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"and {data.More} more"));
        if (data.Denied is { } denied) parts.Add("denied for " + string.Join(' ', denied));
        if (data.Message is { } message) parts.Add(message);
        if (data.Reason is { } reason) parts.Add($"reason: {reason}");
        if (data.Repeated > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{data.Repeated} times more"));
        return string.Join("; ", parts);
    }
}
