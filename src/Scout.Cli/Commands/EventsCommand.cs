using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol;

namespace Scout.Cli.Commands;

/// <summary><c>scout events [TARGET...]</c>.</summary>
internal sealed class EventsCommand : ScoutCommand
{
    private static readonly string[] Kinds = ["transition", "check", "state", "watcher", Audit];
    private const string Audit = "audit";
    private readonly FleetSession session = new();
    private readonly EventTargets targets = new(ArgumentArity.ZeroOrMore);
    private readonly Option<string> since = new("--since") { HelpName = "T", Description = "Not older than this: 10m, local 06:00 or '2026-11-21 06:00', or 2026-11-21T06:00:00Z (1h; all with --last)" };
    private readonly Option<string> last = new("--last") { HelpName = "N", Description = "Only the last N that match" };
    private readonly ChoiceOption kind = new("--kind", [], Kinds) { HelpName = "KIND", Description = "Only this kind (again: or)" };
    private readonly Option<bool> follow = new("--follow", "-f") { Description = "Go on with what happens from now on, until Ctrl-C" };
    private readonly OutputOption output = new();

    public EventsCommand()
        : base("events", "Show what happened: from the stream, or from the node's own history")
    {
        targets.AddTo(this);
        Add(since);
        Add(last);
        Add(kind);
        Add(follow);
        output.AddTo(this);
        session.AddTo(this);
        Notes = "-o jsonl prints each CloudEvent as it is stored, one a line.";
        Examples =
        [
            new("scout events --follow", "what happens, as it happens"),
            new("scout events web1 --since 2h --kind transition", "what moved on web1"),
            new("scout events --last 100 -o jsonl", "for a script"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        bool following = context.Get(follow);
        int? most = Count(context.Get(last));
        DateTimeOffset? from = context.Get(since) is { } text ? Durations.Past("--since", text, context.Io.Time)
            : most is not null ? null
            : following ? context.Io.Time.GetUtcNow()
            : context.Io.Time.GetUtcNow() - TimeSpan.FromHours(1);
        string[] kinds = [.. kind.All(context)];
        var query = new EventQuery
        {
            Selection = targets.Read(context),
            Remark = remark => context.Say("scout: " + remark),
            Kinds = [.. kinds.Where(word => word != Audit).Select(Kind)],
            Audit = kinds.Contains(Audit),
            Since = from,
            Last = most,
            Follow = following,
        };
        OutputFormat format = output.Read(context);
        bool lastHour = context.Get(since) is null && most is null;
        return session.RunAsync(context, fleet => EventPrinter.PrintAsync(context, fleet, query, format, lastHour ? "this was the last hour; --since 1d looks further back" : ""));
    }

    private static EventKind Kind(string word) => Subjects.TryParseKind(word, out EventKind kind) ? kind : throw CliException.Usage($"--kind: '{word}' is no kind");

    private static int? Count(string? text)
    {
        if (text is null) return null;
        if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out int number) && number is >= 1 and <= 1_000_000) return number;
        throw CliException.Usage($"--last: '{text}' is not a whole number from 1 to 1000000", "write --last 20");
    }
}
