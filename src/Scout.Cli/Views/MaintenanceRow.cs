using Scout.Cli.Rendering;
using Scout.Protocol.Events;

namespace Scout.Cli.Views;

/// <summary>A machine in maintenance.</summary>
internal sealed record MaintenanceRow(string Node, string Machine, MaintenanceData Data)
{
    public static View<MaintenanceRow> View { get; } = new()
    {
        Columns =
        [
            new("NODE", (row, _) => row.Node),
            new("MACHINE", (row, _) => row.Machine),
            new("SINCE", (row, context) => context.Moment(row.Data.Since)),
            new("UNTIL", (row, context) => row.Data.Until is null ? "open-ended" : Ages.Local(row.Data.Until, context.Zone)),
            new("CALLER", (row, _) => row.Data.Caller),
            new("REASON", (row, _) => row.Data.Reason),
        ],
        Json = (writer, row) =>
        {
            writer.WriteStartObject();
            writer.WriteString("node", row.Node);
            writer.WriteString("machine", row.Machine);
            writer.Time("since", row.Data.Since);
            writer.Time("until", row.Data.Until);
            writer.WriteString("caller", row.Data.Caller);
            writer.Text("reason", row.Data.Reason);
            writer.WriteEndObject();
        },
        Name = row => $"{row.Node}/{row.Machine}",
        WhenEmpty = "nothing is in maintenance",
    };
}
