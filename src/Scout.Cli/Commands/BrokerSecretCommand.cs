using System.CommandLine;
using Scout.Broker.Attached;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker secret</c>.</summary>
internal sealed class BrokerSecretCommand : ScoutCommand
{
    private readonly Argument<string> directory = new("DIR") { Description = "Directory of 'scout broker init' (/var/lib/scout-broker)", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> place = new("--namespace") { HelpName = "NAME", Description = "Namespace of the Secrets (that of kubectl)" };
    private readonly Option<string> name = new("--name") { HelpName = "NAME", Description = "Secret of the broker (scout-broker)" };
    private readonly Option<string> servers = new("--servers") { HelpName = "NAME", Description = "Secret of the servers (scout-servers)" };
    private readonly Option<string> token = new("--token-file") { HelpName = "FILE", Description = "A token of 'scout token new' for the servers' Secret (none)" };

    public BrokerSecretCommand()
        : base("secret", "Print the Kubernetes Secrets of a broker: its own, and the servers'")
    {
        Add(directory);
        foreach (Option option in (Option[])[place, name, servers, token]) Add(option);
        Notes = "The broker's has every key that it needs, and neither those of operator and accounts nor those of people's roles. The servers' has ca.crt, and enroll.token where one is given. Apply it again after 'node revoke', 'caller revoke' and 'rotate' on DIR: a running broker takes the changes over.";
        Examples =
        [
            new("scout broker secret ./broker --namespace scout | kubectl apply -f -", "before 'helm install', and again when keys have changed"),
            new("scout broker secret ./broker --token-file enroll.token | kubectl apply -f -", "with a token that lets servers in"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        var options = new SecretOptions();
        return AttachedHost.SecretAsync(context, options with
        {
            Root = context.Path(context.Get(directory) ?? options.Root),
            Namespace = context.Get(place),
            Name = context.Get(name) ?? options.Name,
            ServersName = context.Get(servers) ?? options.ServersName,
            TokenFile = context.Get(token) is { } file ? context.Path(file) : null,
        });
    }
}
