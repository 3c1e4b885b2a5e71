using System.CommandLine;
using Scout.Broker.Custody;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Targets;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker rotate role</c>.</summary>
internal sealed class RotateRoleCommand : ScoutCommand
{
    private readonly Argument<string> role = new("ROLE") { Description = "node, viewer, operator, deployer, admin, gateway, broker, provisioner, provisioner-enrol, enroll or recover" };
    private readonly Option<string> data = new("--data") { HelpName = "DIR", Description = "The broker's directory (/var/lib/scout-broker)" };
    private readonly Option<bool> yes = new("--yes") { Description = "Do not ask" };

    public RotateRoleCommand()
        : base("role", "Give a role a new signing key: all of its logins end at once")
    {
        Add(role);
        Add(data);
        Add(yes);
        Examples = [new("scout broker rotate role viewer", "when keys/role-viewer.nk may have been read by somebody")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string word = context.Get(role)!;
        Confirmation.Ask(context, context.Get(yes), $"every login of role {word} ends at once{(word == "node" ? ", and every node must recover" : "")}");
        return CustodyHost.RunAsync(context, context.Get(data), (root, time, stop) => KeyCustody.RotateRoleAsync(root, word, time, stop));
    }
}

/// <summary><c>scout broker rotate ca</c>.</summary>
internal sealed class RotateAuthorityCommand : ScoutCommand
{
    private readonly Argument<string> step = new("STEP") { Description = "begin, switch or finish" };
    private readonly Option<string> data = new("--data") { HelpName = "DIR", Description = "The broker's directory (/var/lib/scout-broker)" };
    private readonly Option<bool> force = new("--force") { Description = "Do not wait until all nodes have learned of it" };

    public RotateAuthorityCommand()
        : base("ca", "Change the authority of the broker's certificate, in three steps")
    {
        Add(step);
        Add(data);
        Add(force);
        Notes = "begin makes a new authority, which nodes learn of as they renew. switch, a week later, has the server use it. finish, a week after that, forgets the old one.";
        Examples = [new("scout broker rotate ca begin", "the first step")];
    }

    public override Task<int> RunAsync(CommandContext context) =>
        CustodyHost.RunAsync(context, context.Get(data), (root, time, stop) => KeyCustody.RotateAuthorityAsync(root, context.Get(step)!, context.Get(force), time, stop));
}
