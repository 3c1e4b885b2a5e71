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
    public static async Task<int> PrintAsync(CommandContext context, FleetView fleet, EventQuery query, OutputFormat format)
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
        await SuggestAsync(context, fleet, query);
        return ExitCode.NothingMatched;
    }

    // Nothing at all is often a name that nobody bears.
    private static async Task SuggestAsync(CommandContext context, FleetView fleet, EventQuery query)
    {
        IReadOnlyList<KnownNode> known = await fleet.KnownAsync();
        foreach (string name in query.Selection.LiteralNodes.Where(name => known.All(node => node.Node != name)))
        {
            fleet.Report.UnknownNode(name, known, fleet.Asker);
        }

        fleet.Report.Finish(context, fleet.Timeout, 0);
    }
}
