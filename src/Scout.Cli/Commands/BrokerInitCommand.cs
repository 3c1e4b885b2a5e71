using System.CommandLine;
using Scout.Broker.Initialising;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker init</c>.</summary>
internal sealed class BrokerInitCommand : ScoutCommand
{
    private readonly Argument<string> directory = new("DIR") { Description = "Where keys, certificates and streams are kept (/var/lib/scout-broker)", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> host = new("--host") { HelpName = "NAME", Description = "Name or address by which nodes reach this broker; again for more", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> listen = new("--listen") { HelpName = "HOST:PORT", Description = "Where nodes and commands connect (0.0.0.0:4222)" };
    private readonly Option<string> offline = new("--offline-keys") { HelpName = "DIR", Description = "Put the keys that nobody needs daily there, to be taken away" };
    private readonly Option<string> natsServer = new("--nats-server") { HelpName = "PATH", Description = "The nats-server that judges the result (the one on the path)" };

    public BrokerInitCommand()
        : base("init", "Set up a secure broker: keys, accounts, roles, certificates, configuration")
    {
        Add(directory);
        foreach (Option option in (Option[])[host, listen, offline, natsServer]) Add(option);
        Notes = "Goes on where it was interrupted, and never overwrites a key. Called again with other --host, it makes a certificate for those.";
        Examples =
        [
            new("scout broker init /var/lib/scout-broker --host broker.example.org", "once, before the first 'scout broker run'"),
            new("scout broker init ./broker --host broker.example.org --host 192.0.2.7 --offline-keys /media/stick/scout", "two ways to reach it; root keys on a medium that is taken away"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context) => BrokerHost.InitAsync(context, new InitOptions
    {
        Root = context.Path(context.Get(directory) ?? Broker.BrokerOptions.DefaultData),
        Hosts = context.Get(host) ?? [],
        Listen = context.Get(listen),
        OfflineKeys = context.Get(offline) is { } folder ? context.Path(folder) : null,
        NatsServer = context.Get(natsServer) is { } path ? context.Path(path) : null,
    });
}
