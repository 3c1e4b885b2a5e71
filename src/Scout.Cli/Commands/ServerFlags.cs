using System.CommandLine;
using Scout.Cli.Grammar;
using Scout.Server.Configuration;

namespace Scout.Cli.Commands;

/// <summary>The flags of <c>scout server</c>; each has a key in the file and, mostly, a variable (server.md section 1).</summary>
internal sealed class ServerFlags
{
    private readonly Option<string> config = Text("--config", "FILE", "Configuration file (SCOUT_CONFIG, /etc/scout/server.yaml)");
    private readonly Option<string> node = Text("--node", "NAME", "Name of this node (SCOUT_NODE, the host name)");
    private readonly Option<string> machines = Text("--machines", "DIR", "Definitions (SCOUT_MACHINES, /etc/scout/machines)");
    private readonly Option<string> data = Text("--data", "DIR", "Journal and socket (SCOUT_DATA, /var/lib/scout)");
    private readonly Option<string[]> broker = new("--broker")
    {
        HelpName = "URL",
        Description = "Broker; again, or with commas (SCOUT_BROKER, none)",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string> http = Text("--http", "HOST:PORT", "Metrics and health, or off (SCOUT_HTTP, 127.0.0.1:8619)");
    private readonly Option<string> textfile = Text("--textfile", "DIR", "Directory of node_exporter's textfile collector (SCOUT_TEXTFILE, none)");
    private readonly Option<string> socket = Text("--socket", "PATH", "Local socket: a path, auto or off (SCOUT_SOCKET, auto)");
    private readonly Option<string> logLevel = Text("--log-level", "LEVEL", "debug, info, warning or error (SCOUT_LOG_LEVEL, info)");
    private readonly Option<string> logFormat = Text("--log-format", "FORMAT", "auto, text or json (SCOUT_LOG_FORMAT, auto)");
    private readonly Option<bool> dev = new("--dev") { Description = "mode: dev, without credentials; loopback brokers only" };
    private readonly Option<string> tokenFile = Text("--token-file", "FILE", "With --dev: the token that the broker demands");

    private readonly Option<string> enrollToken = Text("--enroll-token", "FILE", "One-time token for a node that has no credentials yet (/etc/scout/enroll.token)");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[config, node, machines, data, broker, http, textfile, socket, logLevel, logFormat, dev, tokenFile, enrollToken]) command.Add(option);
    }

    /// <summary>As typed; the server's room judges it.</summary>
    public ServerArguments Read(CommandContext context) => new()
    {
        Config = context.Get(config),
        Node = context.Get(node),
        Machines = context.Get(machines),
        Data = context.Get(data),
        Broker = context.Get(broker) ?? [],
        Http = context.Get(http),
        Textfile = context.Get(textfile),
        Socket = context.Get(socket),
        LogLevel = context.Get(logLevel),
        LogFormat = context.Get(logFormat),
        Dev = context.Get(dev),
        TokenFile = context.Get(tokenFile),
        EnrollToken = context.Get(enrollToken),
    };

    private static Option<string> Text(string name, string help, string description) => new(name) { HelpName = help, Description = description };
}
