using Scout.Cli.Errors;
using Scout.Cli.Views;

namespace Scout.Cli.Asking;

/// <summary>What the broker's streams remember: roster, events, last states.</summary>
internal static class FleetStreams
{
    public static Task<IReadOnlyList<KnownNode>> RosterAsync(CancellationToken stop) =>
        stop.IsCancellationRequested ? Task.FromCanceled<IReadOnlyList<KnownNode>>(stop) : throw CliException.NoConnection("the roster cannot be read yet", "ask a node by its socket: --socket PATH");

    public static IAsyncEnumerable<EventRow> EventsAsync(EventQuery query, CancellationToken stop) =>
        stop.IsCancellationRequested && query.Follow ? AsyncEnumerable.Empty<EventRow>() : throw CliException.NoConnection("the streams cannot be read yet", "ask a node by its socket: --socket PATH");

    public static Task<IReadOnlyList<StatusRow>> LastWordsAsync(string node, CancellationToken stop) =>
        stop.IsCancellationRequested && node.Length == 0 ? Task.FromCanceled<IReadOnlyList<StatusRow>>(stop) : Task.FromResult<IReadOnlyList<StatusRow>>([]);
}
