using System.CommandLine;
using Scout.Broker;
using Scout.Broker.Custody;
using Scout.Cli.Asking;
using Scout.Cli.Commands.Enrolment;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Cli.Commands;

/// <summary><c>scout node revoke</c> and <c>scout caller revoke</c>: on the broker's machine, or from anywhere with an admin's credentials.</summary>
internal sealed class RevokeCommand : ScoutCommand
{
    private readonly HolderKind kind;
    private readonly AdminSession session = new();
    private readonly Argument<string[]> holders = new("HOLDER") { Description = "Names, or public keys (U…)", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> data = new("--data") { HelpName = "DIR", Description = "The broker's directory: done here, without asking a broker" };

    public RevokeCommand(HolderKind kind)
        : base("revoke", kind == HolderKind.Node ? "Shut nodes out: cut at once, refused for ever with the keys they have" : "Take credentials of people and services back")
    {
        this.kind = kind;
        Add(holders);
        Add(data);
        session.AddTo(this);
        Notes = "On the broker's machine, as the user that runs it, it works on the directory (--data, or /var/lib/scout-broker when that is one); elsewhere it asks the broker, with credentials of role admin. "
            + "Exit 0: in force, or written down while no broker runs. 1: the broker did not confirm.";
        Examples = kind == HolderKind.Node
            ? [new("scout node revoke web-17", "a node that was taken over or given away"), new("scout token new --for web-17 --replace", "lets it in again, with a new key")]
            : [new("scout caller revoke bob", "every login of bob"), new("scout caller revoke bob --creds admin.creds", "from your own machine"), new("scout caller revoke UB3K…", "one key")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        bool asked = session.IsAsked(context);
        if (asked && context.Given(data)) throw CliException.Usage("--data works on the broker's directory, --broker and --creds ask a broker", "give one of them");
        string[] named = context.Get(holders) ?? [];
        return context.Given(data) || (!asked && IsBrokerHere()) ? CustodyHost.RunAsync(context, context.Get(data), (root, time, stop) => KeyCustody.RevokeAsync(root, kind, named, time, stop)) : AskAsync(context, named);
    }

    private static bool IsBrokerHere() => File.Exists(Path.Combine(BrokerOptions.DefaultData, "broker.json"));

    private async Task<int> AskAsync(CommandContext context, string[] named)
    {
        if (named.Length > AdminRequest.MaxHolders) throw CliException.Usage($"{named.Length} holders at a time", $"at most {AdminRequest.MaxHolders}");
        AdminReply reply = await session.SettleAsync(
            context,
            kind == HolderKind.Node ? AdminAction.RevokeNode : AdminAction.RevokeCaller,
            () => new AdminRequest { Id = RequestIds.Next(), Holders = [.. named] },
            told =>
            {
                foreach (string line in told.Revoked ?? []) context.Io.Out.WriteLine("revoked: " + Rendering.Escape.Line(line));
                context.Io.Out.Flush();
            });
        context.Say(reply.Message ?? "in force");
        return ExitCode.Done;
    }
}
