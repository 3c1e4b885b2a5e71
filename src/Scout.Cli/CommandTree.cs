using System.CommandLine;
using Scout.Broker.Custody;
using Scout.Checks.Probes;
using Scout.Cli.Commands;
using Scout.Cli.Commands.Credentials;
using Scout.Cli.Commands.Enrolment;
using Scout.Cli.Commands.Mesh;
using Scout.Cli.Commands.Security;
using Scout.Cli.Commands.Traffic;
using Scout.Cli.Grammar;

namespace Scout.Cli;

/// <summary>The whole grammar.</summary>
internal static class CommandTree
{
    public static Command Make(out Option<bool> help, out Option<bool> version)
    {
        help = new Option<bool>("--help", "-h") { Description = "Show help", Recursive = true, Hidden = true };
        version = new Option<bool>("--version") { Description = "Show the version", Hidden = true };
        var root = new Command("scout", "Scout watches a fleet: every node decides for itself, this command asks and commands.")
        {
            new StatusCommand(),
            new WatchCommand(),
            NodesCommand.Nodes(),
            NodesCommand.Ping(),
            new InspectCommand(),
            new EventsCommand(),
            new HistoryCommand(),
            new AuditCommand(),
            new CheckCommand(),
            new AckCommand(),
            new CommandFamily("maintenance", "Silence machines for a while", new MaintenanceStartCommand(), new ResumeCommand("stop"), new MaintenanceListCommand()),
            new ResumeCommand("resume"),
            new TransitionCommand(),
            new MeshCommand(),
            new CommandFamily("machine", "Check, try and draw definitions", new MachineLintCommand(), new MachineTestCommand(), new MachineExplainCommand(), new MachineGraphCommand(), new MachineRunCommand()),
            new CommandFamily("plugin", "Try plugins out", new PluginRunCommand()),
            new CommandFamily("probe", "Try a probe once, from here", [.. ProbeCatalog.Kinds.Select(kind => new ProbeCommand(ProbeCatalog.Find(kind)!))]),
            new CommandFamily("traffic", "What the pods of this machine send and receive", new TrafficProbeCommand(), new TrafficTopCommand()),
            new CommandFamily("server", "A node: it decides for itself, and keeps deciding when the line is cut", new ServerRunCommand(), new ServerCheckCommand()),
            new CommandFamily("broker", "The centre that hears all nodes", new BrokerInitCommand(), new BrokerRunCommand(), new BrokerCheckCommand(), new BrokerRolesCommand(), new BrokerStreamsCommand(), new BrokerTrustCommand(), new BrokerConfigCommand(), new BrokerSecretCommand(), new BrokerExternalCommand(),
                new CommandFamily("rotate", "Change keys of the broker", new RotateRoleCommand(), new RotateAuthorityCommand())),
            new CommandFamily("node", "Nodes that are gone, or must go", new ForgetCommand(), new RevokeCommand(HolderKind.Node)),
            new CommandFamily("caller", "What may become of the credentials of people and services", new RevokeCommand(HolderKind.Caller)),
            new CommandFamily("creds", "Credentials of people: make, take over, look at", new CredsNewCommand(), new CredsKeyCommand(), new CredsJoinCommand(), new CredsShowCommand()),
            new CommandFamily("token", "One-time tokens with which nodes get their credentials", new TokenNewCommand(), new TokenListCommand(), new TokenRevokeCommand(), new TokenViewCommand()),
            new CommandFamily("enroll", "Who waits to be let in", new EnrollListCommand(), new EnrollAnswerCommand(approve: true), new EnrollAnswerCommand(approve: false)),
            new DoctorCommand(),
            new CommandFamily("policy", "Who may do what on a node: check and try a policy", new PolicyCheckCommand(), new PolicyTestCommand()),
            new CompletionCommand(),
            new VersionCommand(),
        };
        root.Add(help);
        root.Add(version);
        return root;
    }

    public static ScoutCommand Version(Command root) => root.Subcommands.OfType<VersionCommand>().Single();
}
