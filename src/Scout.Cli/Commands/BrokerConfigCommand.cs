using System.CommandLine;
using Scout.Broker.Attached;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Targets;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker config</c>: rights of roles, and with <c>--out</c> the files of a nats-server in a container of its own.</summary>
internal sealed class BrokerConfigCommand : ScoutCommand
{
    private readonly Option<string> data = new("--data") { HelpName = "DIR", Description = "The broker's directory (/var/lib/scout-broker)" };
    private readonly Option<bool> apply = new("--apply") { Description = "Bring the rights up to date" };
    private readonly Option<bool> yes = new("--yes") { Description = "Do not ask" };
    private readonly Option<string> folder = new("--out") { HelpName = "DIR", Description = "Write nats-server.conf, certificates and all else that a nats-server beside reads; it sees them at the same path" };
    private readonly Option<string> store = new("--store") { HelpName = "DIR", Description = "With --out: where that nats-server keeps its streams" };
    private readonly Option<string> secret = new("--secret") { HelpName = "DIR", Description = "With --out: the mounted Secret of 'broker secret'; keys stay in it" };
    private readonly Option<string> listen = new("--listen") { HelpName = "HOST:PORT", Description = "With --out: where nodes and commands connect (what 'broker init' was told)" };
    private readonly Option<string[]> host = new("--host") { HelpName = "NAME", Description = "With --out: name by which nodes reach it; again for more (those of 'broker init')", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int> monitorPort = new("--monitor-port") { HelpName = "PORT", Description = "With --out: its monitoring, on loopback (8222)" };
    private readonly Option<string> serverName = new("--server-name") { HelpName = "NAME", Description = "With --out: name of the server; in a cluster the pod's (scout-1)" };
    private readonly Option<string> serverVersion = new("--server-version") { HelpName = "X.Y", Description = "With --out: which words it knows (2.9)" };
    private readonly Option<int> maxFile = new("--max-file-gib") { HelpName = "N", Description = "With --out: GiB of streams on disk (32)" };
    private readonly Option<int> maxMemory = new("--max-mem-mib") { HelpName = "N", Description = "With --out: MiB of streams in memory (64)" };
    private readonly Option<string[]> route = new("--route") { HelpName = "URL", Description = "With --out: tls://HOST:PORT of a server of the cluster, its own too; again for each", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> clusterListen = new("--cluster-listen") { HelpName = "HOST:PORT", Description = "With --route: where the other servers connect (0.0.0.0:6222)" };
    private readonly Option<int> replicas = new("--replicas") { HelpName = "N", Description = "With --route: copies of each stream, 1, 3 or 5 (1)" };
    private readonly Option<string> merge = new("--merge") { HelpName = "FILE", Description = "With --out: a JSON object that is put over the configuration; what decides who gets in cannot be" };
    private readonly Option<string> tlsCert = new("--tls-cert") { HelpName = "FILE", Description = "With --out: PEM of a server certificate that somebody else renews (our own)" };
    private readonly Option<string> tlsKey = new("--tls-key") { HelpName = "FILE", Description = "PEM of its key" };
    private readonly Option<string> tlsCa = new("--tls-ca") { HelpName = "FILE", Description = "PEM of the authority that nodes are to trust for it" };
    private readonly Option<string> natsServer = new("--nats-server") { HelpName = "PATH", Description = "With --out: a nats-server that judges the configuration (none)" };

    public BrokerConfigCommand()
        : base("config", "Bring rights of roles up to date; with --out, write what a nats-server beside reads")
    {
        foreach (Option option in (Option[])[data, apply, yes, folder, store, secret, listen, host, monitorPort, serverName, serverVersion, maxFile, maxMemory, route, clusterListen, replicas, merge, tlsCert, tlsKey, tlsCa, natsServer]) Add(option);
        Notes = "Exit 0: up to date, or written. 1: rights differ, or the broker did not confirm. With --out it may be called as often as one likes; 'broker run --attached' goes by what it was told.";
        Examples =
        [
            new("scout broker config", "after an update of Scout"),
            new("scout broker config --apply", "holders of the roles that change reconnect once"),
            new("scout broker config --secret /etc/scout/broker --out /etc/nats --store /data/jetstream", "in a pod, before nats-server starts"),
        ];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        if (context.Get(folder) is { } to) return await AttachedHost.ConfigAsync(context, Wanted(context, to));
        Option[] without = [data, apply, yes];
        foreach (Option option in Options)
        {
            if (!without.Contains(option) && context.Given(option)) throw CliException.Usage($"{option.Name} is for --out", "give the folder that nats-server's container sees with --out DIR");
        }

        IReadOnlyList<string> differ = CustodyHost.Differ(context, context.Get(data));
        if (differ.Count > 0 && context.Get(apply)) Confirmation.Ask(context, context.Get(yes), $"every holder of role {string.Join(", ", differ)} is cut and reconnects{(differ.Contains("node") ? ": that is the whole fleet" : "")}");
        return await CustodyHost.ConfigAsync(context, context.Get(data), differ, context.Get(apply));
    }

    private AttachedOptions Wanted(CommandContext context, string to)
    {
        if (context.Get(apply)) throw CliException.Usage("--apply and --out are two things", "call it twice");
        string? File(Option<string> option) => context.Get(option) is { } path ? context.Path(path) : null;
        var options = new AttachedOptions
        {
            Data = context.Path(context.Get(data) ?? Broker.BrokerOptions.DefaultData),
            Out = context.Path(to),
            Store = File(store) ?? throw CliException.Usage("--store is missing", "the folder in which nats-server keeps its streams, on a volume"),
        };
        return options with
        {
            Secret = File(secret),
            Listen = context.Get(listen),
            Hosts = context.Get(host) ?? [],
            MonitorPort = context.Given(monitorPort) ? context.Get(monitorPort) : options.MonitorPort,
            ServerName = context.Get(serverName) ?? options.ServerName,
            ServerVersion = context.Get(serverVersion) ?? options.ServerVersion,
            MaxFileGiB = context.Given(maxFile) ? context.Get(maxFile) : options.MaxFileGiB,
            MaxMemoryMiB = context.Given(maxMemory) ? context.Get(maxMemory) : options.MaxMemoryMiB,
            Routes = context.Get(route) ?? [],
            ClusterListen = context.Get(clusterListen) ?? options.ClusterListen,
            Replicas = context.Given(replicas) ? context.Get(replicas) : options.Replicas,
            Merge = File(merge),
            TlsCertificate = File(tlsCert),
            TlsKey = File(tlsKey),
            TlsAuthority = File(tlsCa),
            NatsServer = File(natsServer),
        };
    }
}
