using System.CommandLine;
using Scout.Cli.Grammar;

namespace Scout.Cli.Commands;

/// <summary>The flags of <c>scout broker</c>.</summary>
internal sealed class BrokerFlags
{
    private readonly Option<string> data = new("--data") { HelpName = "DIR", Description = "Where streams and configuration are kept (/var/lib/scout-broker)" };
    private readonly Option<string> listen = new("--listen") { HelpName = "HOST:PORT", Description = "Where nodes and commands connect (what 'broker init' was told; with --dev 127.0.0.1:4222)" };
    private readonly Option<string> http = new("--http") { HelpName = "HOST:PORT", Description = "Metrics and health of the broker (off)" };
    private readonly Option<string> natsServer = new("--nats-server") { HelpName = "PATH", Description = "The nats-server to run (the one on the path)" };
    private readonly Option<bool> dev = new("--dev") { Description = "No TLS, no credentials; loopback addresses only" };
    private readonly Option<bool> attached = new("--attached") { Description = "nats-server runs in a container beside, as 'broker config --out' set it up" };
    private readonly Option<string> tokenFile = new("--token-file") { HelpName = "FILE", Description = "With --dev: demand the token in this file; made when missing" };
    private readonly Option<string> tlsCert = new("--tls-cert") { HelpName = "FILE", Description = "PEM of a server certificate that somebody else renews (our own)" };
    private readonly Option<string> tlsKey = new("--tls-key") { HelpName = "FILE", Description = "PEM of its key" };
    private readonly Option<string> tlsCa = new("--tls-ca") { HelpName = "FILE", Description = "PEM of the authority that nodes are to trust for it" };
    private readonly Option<string> kubernetesPods = new("--kubernetes-pods") { HelpName = "SELECTOR", Description = "In a cluster: labels of the servers' pods; who of them is silent is missing" };
    private readonly Option<bool> kubernetesNodes = new("--kubernetes-nodes") { Description = "In a cluster: zones, cordons and readiness of its nodes, for all servers" };
    private readonly Option<string> logLevel = new("--log-level") { HelpName = "LEVEL", Description = "debug, info, warning or error (info)" };
    private readonly Option<string> logFormat = new("--log-format") { HelpName = "FORMAT", Description = "auto, text or json" };

    public void AddTo(Command command, bool logs)
    {
        foreach (Option option in (Option[])[data, listen, http, natsServer, dev, tokenFile, tlsCert, tlsKey, tlsCa]) command.Add(option);
        if (!logs) return;
        command.Add(attached);
        command.Add(kubernetesPods);
        command.Add(kubernetesNodes);
        command.Add(logLevel);
        command.Add(logFormat);
    }

    public string? LogLevel(CommandContext context) => context.Get(logLevel);

    public string? LogFormat(CommandContext context) => context.Get(logFormat);

    /// <summary>As typed; the broker's room judges it.</summary>
    public Broker.BrokerOptions Read(CommandContext context)
    {
        var options = new Broker.BrokerOptions { Dev = context.Get(dev), Attached = context.Parse.GetResult(attached) is not null && context.Get(attached), NatsServer = context.Get(natsServer) };
        return options with
        {
            Data = context.Path(context.Get(data) ?? options.Data),
            Listen = context.Get(listen),
            TlsCertificate = context.Get(tlsCert) is { } certificate ? context.Path(certificate) : null,
            TlsKey = context.Get(tlsKey) is { } key ? context.Path(key) : null,
            TlsAuthority = context.Get(tlsCa) is { } authority ? context.Path(authority) : null,
            Http = context.Get(http) ?? options.Http,
            TokenFile = context.Get(tokenFile) is { } file ? context.Path(file) : null,
            Kubernetes = Kubernetes(context),
        };
    }

    // Flags of 'run' alone: 'check' has no use for them.
    private Broker.KubernetesOptions? Kubernetes(CommandContext context)
    {
        string pods = context.Get(kubernetesPods) ?? "";
        bool nodes = context.Get(kubernetesNodes);
        return pods.Length == 0 && !nodes ? null : new Broker.KubernetesOptions(pods, nodes);
    }
}
