using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Scout.Cli.Asking;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol;
using Spectre.Console;

namespace Scout.Cli.Live;

/// <summary>The table of <c>status</c> on a terminal, worst first, redrawn when something happens.</summary>
internal static class LiveView
{
    private static readonly TimeSpan Redraw = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> RunAsync(CommandContext context, FleetView fleet, Selection selection)
    {
        TimeProvider time = context.Io.Time;
        IAnsiConsole console = LiveTable.Console(context.Io);
        var happened = Channel.CreateBounded<EventRow>(new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.Stop);
        Task following = FollowAsync(context, fleet, selection, happened.Writer, over.Token);
        var state = new LiveState { Rows = await AskAsync(context, fleet, selection) };
        long asked = time.GetTimestamp();
        try
        {
            await console.Live(LiveTable.Draw(context.Io, fleet, state)).Overflow(VerticalOverflow.Crop).AutoClear(false).StartAsync(async live =>
            {
                live.Refresh();
                while (!context.Stop.IsCancellationRequested)
                {
                    bool any = await NextAsync(happened.Reader, state, time, context.Stop);
                    if (any || time.GetElapsedTime(asked) > AskAgain)
                    {
                        state.Rows = await AskAsync(context, fleet, selection);
                        asked = time.GetTimestamp();
                    }

                    LiveTable.Fit(console, context.Io);
                    live.UpdateTarget(LiveTable.Draw(context.Io, fleet, state));
                }
            });
            throw new OperationCanceledException(context.Stop);
        }
        finally
        {
            await over.CancelAsync();
            await following;
        }
    }

    // Waits a moment for events; what comes close together is drawn together.
    private static async Task<bool> NextAsync(ChannelReader<EventRow> events, LiveState state, TimeProvider time, CancellationToken stop)
    {
        try
        {
            await events.WaitToReadAsync(stop).AsTask().WaitAsync(Redraw, time, stop);
            await Task.Delay(Gather, time, stop);
        }
        catch (TimeoutException)
        {
            // Ages grow also when nothing happens.
        }

        bool any = false;
        while (events.TryRead(out EventRow? row))
        {
            state.Last = row;
            any = true;
        }

        return any;
    }

    private static async Task<IReadOnlyList<StatusRow>> AskAsync(CommandContext context, FleetView fleet, Selection selection)
    {
        var look = new FleetView(fleet.Asker, context, fleet.Timeout);
        IReadOnlyList<StatusRow> rows = await look.MachinesAsync(selection, lastWords: true);
        return [.. rows.OrderBy(StatusRow.Rank).ThenByDescending(row => row.Record.Since).ThenBy(row => row.Node, StringComparer.Ordinal).ThenBy(row => row.Machine, StringComparer.Ordinal)];
    }

    private static async Task FollowAsync(CommandContext context, FleetView fleet, Selection selection, ChannelWriter<EventRow> happened, CancellationToken stop)
    {
        var query = new EventQuery
        {
            Selection = selection with { Labels = [], States = [] },
            Kinds = [EventKind.Transition, EventKind.State],
            Since = context.Io.Time.GetUtcNow(),
            Follow = true,
        };
        try
        {
            await foreach (EventRow row in fleet.Asker.EventsAsync(query, stop)) happened.TryWrite(row);
        }
        catch (Exception failure) when (failure is OperationCanceledException or Errors.CliException)
        {
            // Without events the table is asked for every now and then all the same.
        }
    }
}

/// <summary>What is shown now.</summary>
internal sealed class LiveState
{
    public IReadOnlyList<StatusRow> Rows { get; set; } = [];

    public EventRow? Last { get; set; }
}
