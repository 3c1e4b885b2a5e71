using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary><c>scout maintenance start TARGET...</c>.</summary>
internal sealed class MaintenanceStartCommand : ChangeCommand
{
    private readonly Option<string> duration = new("--for") { HelpName = "T", Description = "It ends by itself after this time, such as 2h" };
    private readonly Option<string> until = new("--until") { HelpName = "TIME", Description = "It ends by itself then: local 06:00 or '2026-11-21 06:00', or 2026-11-21T06:00:00Z" };
    private readonly Option<bool> openEnded = new("--open-ended") { Description = "It lasts until somebody resumes it" };
    private readonly Option<string> reason = new("--reason") { HelpName = "TEXT", Description = "Why; everybody sees it" };

    public MaintenanceStartCommand()
        : base("start", "Put machines into maintenance: no checks, no remediation")
    {
        Add(duration);
        Add(until);
        Add(openEnded);
        Add(reason);
        AddCommon();
        Notes = "One of --for, --until and --open-ended is wanted: an end is never forgotten by accident. Nodes end it themselves, with or without a broker.";
        Examples =
        [
            new("scout maintenance start web1 --for 2h --reason 'kernel update'", "all of one node"),
            new("scout maintenance start -l team=storage --until 06:00 --yes", "by label, until the morning"),
        ];
    }

    protected override string Verb => "put into maintenance";

    protected override Func<string[], RpcArgs> Prepare(CommandContext context)
    {
        string? length = context.Get(duration);
        string? end = context.Get(until);
        bool open = context.Get(openEnded);
        int given = (length is null ? 0 : 1) + (end is null ? 0 : 1) + (open ? 1 : 0);
        if (given != 1)
        {
            throw CliException.Usage(
                given == 0 ? "when does the maintenance end?" : "--for, --until and --open-ended exclude each other", "give --for 2h, --until 06:00 or --open-ended");
        }

        string why = Reason(context.Get(reason));
        long? seconds = length is null ? null : Math.Max(1, (long)Durations.Read("--for", length, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)).TotalSeconds);
        DateTimeOffset? moment = end is null ? null : Durations.Ahead("--until", end, context.Io.Time);
        return machines => new MaintenanceArgs(MachineSelection.Of(machines), seconds, moment, open, why);
    }
}
