using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;

namespace Scout.Cli.Commands;

/// <summary>Prints events as they come.</summary>
internal static class EventPrinter
{
    public static async Task<int> PrintAsync(CommandContext context, FleetView fleet, EventQuery query, OutputFormat format, string lookFurther = "")
    {
        var writer = new RowWriter<EventRow>(context.Io, EventRow.View, format, streaming: query.Follow);
        try
        {
            await foreach (EventRow row in fleet.Asker.EventsAsync(query, context.Stop)) writer.Add(row);
        }
        finally
        {
            // An array that is interrupted is still an array.
            writer.End();
        }

        if (writer.Count > 0 || query.Follow) return ExitCode.Done;
        // Nothing at all is often a name that nobody bears, or a look that does not reach far enough back.
        await fleet.ReportUnknownAsync(query.Selection);
        if (!fleet.Report.Missed && lookFurther.Length > 0) context.Say("hint: " + lookFurther);
        fleet.Report.Finish(context, fleet.Timeout, 0);
        return ExitCode.NothingMatched;
    }
}
