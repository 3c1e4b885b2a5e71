using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary><c>scout ack TARGET...</c>.</summary>
internal sealed class AckCommand : ChangeCommand
{
    private readonly Option<string> until = new("--until") { HelpName = "TIME", Description = "Until then: 2h, local 06:00 or '2026-11-21 06:00', or 2026-11-21T06:00:00Z (until it is OK)" };
    private readonly Option<string> reason = new("--reason") { HelpName = "TEXT", Description = "What you found, or do" };

    public AckCommand()
        : base("ack", "Acknowledge a problem: somebody knows, checks go on")
    {
        Add(until);
        Add(reason);
        AddCommon();
        Notes = "It ends when the check is OK, gets worse, goes into maintenance, or at --until.";
        Examples = [new("scout ack web1/disk_root --reason 'anna is on it'", "until it is OK"), new("scout ack 'db*' --state CRITICAL --until 4h --yes", "several, for four hours")];
    }

    protected override string Verb => "acknowledge";

    protected override Func<string[], RpcArgs> Prepare(CommandContext context)
    {
        string why = Reason(context.Get(reason));
        DateTimeOffset? end = context.Get(until) is { } text ? Durations.Ahead("--until", text, context.Io.Time) : null;
        return machines => new AcknowledgeArgs(MachineSelection.Of(machines), end, why);
    }
}
