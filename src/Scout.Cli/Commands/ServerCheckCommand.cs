using Scout.Cli.Grammar;
using Scout.Cli.Hosts;

namespace Scout.Cli.Commands;

/// <summary><c>scout server check</c>.</summary>
internal sealed class ServerCheckCommand : ScoutCommand
{
    private readonly ServerFlags flags = new();
    private readonly OutputOption output = new();

    public ServerCheckCommand()
        : base("check", "Read the configuration as 'server run' would, and show each value with its origin")
    {
        flags.AddTo(this);
        output.AddTo(this);
        Notes = "Nothing is started. Where the configuration wants something of the Kubernetes API, and this is a pod, the API is asked for it. "
            + "Exit 0: all is well. 2: findings. 3: the API cannot be reached, or refuses.";
        Examples = [new("scout server check --config /etc/scout/server.yaml", "before a restart")];
    }

    public override Task<int> RunAsync(CommandContext context) => ServerHost.CheckAsync(context, flags.Read(context), output.Read(context));
}
