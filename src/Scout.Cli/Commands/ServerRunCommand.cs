using Scout.Cli.Grammar;
using Scout.Cli.Hosts;

namespace Scout.Cli.Commands;

/// <summary><c>scout server run</c>.</summary>
internal sealed class ServerRunCommand : ScoutCommand
{
    private readonly ServerFlags flags = new();

    public ServerRunCommand()
        : base("run", "Run a node: machines, checks, store, socket, metrics")
    {
        flags.AddTo(this);
        Notes = "A flag goes before its variable, the variable before the file. SIGHUP reads definitions again; SIGTERM and SIGINT end it.\n"
            + "Exit 0: stopped as asked. 1: failed while running. 2: configuration. 3: this machine refuses (directory, lock, port, socket).";
        Examples =
        [
            new("scout server run --config /etc/scout/server.yaml", "as the systemd unit does"),
            new("scout server run --node web1 --machines ./machines --data ./data", "for trying things out, without a broker"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context) => ServerHost.RunAsync(context, flags.Read(context));
}
