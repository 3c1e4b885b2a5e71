using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Audit;

namespace Scout.Cli.Commands.Security;

/// <summary><c>scout audit [TARGET...]</c>.</summary>
internal sealed class AuditCommand : ScoutCommand
{
    private static readonly string[] Decisions = ["allowed", "denied", "refused"];

    private readonly FleetSession session = new();
    private readonly EventTargets targets = new(ArgumentArity.ZeroOrMore);
    private readonly Option<string> since = new("--since") { HelpName = "T", Description = "Not older than this: 10m, local 06:00 or '2026-11-21 06:00', or 2026-11-21T06:00:00Z (24h)" };
    private readonly Option<string> caller = new("--caller") { HelpName = "NAME", Description = "Only what this caller asked; a name, or a pattern with *" };
    private readonly ChoiceOption decision = new("--decision", [], Decisions) { HelpName = "D", Description = "Only what was decided so (again: or)" };
    private readonly Option<string[]> file = new("--file") { HelpName = "PATH", Description = "Read this audit.jsonl, and those it became, instead of asking (again: and)", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    private readonly OutputOption output = new("table", "wide", "json", "jsonl", "yaml");

    public AuditCommand()
        : base("audit", "Show who asked for what, and what was decided")
    {
        targets.AddTo(this);
        Add(since);
        Add(caller);
        Add(decision);
        Add(file);
        output.AddTo(this);
        session.AddTo(this);
        Notes = "Effects, and all that was denied or refused, come from the stream or from the node's own history. Reads that were allowed stand in audit.jsonl alone.";
        Examples =
        [
            new("scout audit --decision denied --decision refused", "what was tried in vain today"),
            new("scout audit web1/pay_api --since 7d", "who touched pay_api"),
            new("scout audit --file /var/lib/scout/audit.jsonl", "on the node, with the reads"),
        ];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        OutputFormat format = output.Read(context);
        DateTimeOffset from = Durations.Past("--since", context.Get(since) ?? "24h", context.Io.Time);
        Selection selection = targets.Read(context);
        if (context.Get(file) is { Length: > 0 } files)
        {
            var rows = new List<AuditRecord>();
            foreach (string path in files)
            {
                rows.AddRange(AuditFiles.Read(context.Path(path), out int unread));
                if (unread > 0) context.Say($"scout: {path}: {unread} lines are no rows of an audit");
            }

            return Print(context, format, rows.Where(row => row.Time >= from && IsAbout(selection, row)).OrderBy(row => row.Time));
        }

        return await session.RunAsync(context, async fleet =>
        {
            var query = new EventQuery { Selection = selection, Audit = true, Since = from, Remark = remark => context.Say("scout: " + remark) };
            var rows = new List<AuditRecord>();
            await foreach (EventRow row in fleet.Asker.EventsAsync(query, context.Stop))
            {
                if (EventReader.TryReadData(row.Event, out EventData? data, out _) && data is AuditData audit) rows.Add(new AuditRecord(row.Event.Time ?? DateTimeOffset.UnixEpoch, row.Node, audit));
            }

            return Print(context, format, rows);
        });
    }

    // The broker's own services stand in their files under names that no node bears in the stream.
    private static bool IsAbout(Selection selection, AuditRecord row) =>
        selection.Targets.Count == 0 || selection.Targets.Any(target =>
            target.Node.Matches(row.Source) && (target.Machine is null or { Text: "*" } || (row.Data.Machines is { } machines && machines.Any(target.Machine.Matches))));

    private int Print(CommandContext context, OutputFormat format, IEnumerable<AuditRecord> rows)
    {
        IReadOnlyList<string> decided = decision.All(context);
        string? who = context.Get(caller);
        var writer = new RowWriter<AuditRecord>(context.Io, AuditRow.View, format);
        writer.AddRange(rows.Where(row => (decided.Count == 0 || decided.Contains(row.Data.Decision)) && (who is null || Protocol.Rpc.Glob.Matches(who, row.Data.Caller))));
        writer.End();
        return writer.Count > 0 ? ExitCode.Done : ExitCode.NothingMatched;
    }
}
