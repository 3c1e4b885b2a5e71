using Scout.Cli.Grammar;
using Scout.Cli.Hosts;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker run</c>.</summary>
internal sealed class BrokerRunCommand : ScoutCommand
{
    private readonly BrokerFlags flags = new();

    public BrokerRunCommand()
        : base("run", "Run the centre: a nats-server that Scout configures and supervises")
    {
        flags.AddTo(this, logs: true);
        Notes = "Exit 0: stopped by SIGTERM or SIGINT. 1: failed while running. 2: usage. 3: this machine refuses (port or directory taken, no nats-server).";
        Examples = [new("scout broker run", "as 'scout broker init' has set it up"), new("scout broker run --dev --data ./broker --listen 127.0.0.1:4222", "for trying things out on one machine")];
    }

    public override Task<int> RunAsync(CommandContext context) => BrokerHost.RunAsync(context, flags.Read(context), flags.LogLevel(context), flags.LogFormat(context));
}
