using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Live;
using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Views.Mesh;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Commands.Mesh;

/// <summary><c>scout mesh</c>: the fleet's connectivity on a page; its members look closer.</summary>
internal sealed class MeshCommand : ScoutCommand
{
    private readonly MeshOptions options = new("table", "wide", "json", "jsonl", "yaml");
    private readonly Option<string> node = new("--node") { HelpName = "NAME", Description = "What this node sees, instead of the fleet" };

    private readonly Option<bool> live = new("--live") { Description = "Hear the fleet's telemetry and localise here, until Ctrl-C; a line a change when it is not a terminal" };

    public MeshCommand()
        : base("mesh", "Show who reaches whom, how well, and whose fault it is when not")
    {
        Add(node);
        Add(live);
        options.AddTo(this);
        Add(new MeshFaultsCommand());
        Add(new MeshMatrixCommand());
        Add(new MeshDiagnoseCommand());
        Add(new MeshProbeCommand());
        // It does something by itself, so that no member is missing when none is given.
        SetAction(static _ => 0);
        Notes = "A fault is suspect at first, confirmed when it stays, cleared when probes pass again. LOSS is round trip; EVIDENCE is what speaks for it. "
            + "On a socket (--local, --socket) the node behind it tells what it sees itself; that needs no broker.\n"
            + "Exit: 0 no fault is open, 1 a fault is open, 3 no data, or older than 30 s. With --nagios: 0 none, 1 suspects only, 2 confirmed, 3 no data.";
        Examples =
        [
            new("scout mesh", "the fleet, and its open faults"),
            new("scout mesh --node n7", "what n7 sees of its peers"),
            new("scout mesh --local", "the same of this host, without a broker"),
            new("scout mesh --live", "the page as it changes, without the broker's service"),
            new("scout mesh diagnose n7", "why n7 is blamed"),
            new("scout mesh matrix --metric p99", "between zones"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context) => options.Nagios.GuardAsync(context, () =>
    {
        OutputFormat format = options.Output.Read(context);
        if (context.Get(live))
        {
            if (context.Get(node) is not null || options.Nagios.Given(context)) throw CliException.Usage("--live shows the fleet until Ctrl-C: it goes neither with --node nor with --nagios", "leave one of them out");
            return options.Session.RunAsync(context, fleet => MeshLive.RunAsync(context, MeshOptions.Store(fleet), format));
        }

        return options.Session.RunAsync(context, fleet => context.Get(node) is { } name ? NodeAsync(context, fleet, name, format)
            : fleet.Asker is IMeshStore store ? FleetAsync(context, store, format)
            : SelfAsync(context, fleet, format));
    });

    private async Task<int> FleetAsync(CommandContext context, IMeshStore store, OutputFormat format)
    {
        MeshDocuments documents = await store.MeshAsync(remark => context.Say("scout: " + remark), context.Stop);
        MeshSummary summary = MeshFreshness.Require(documents);
        DateTimeOffset now = context.Io.Time.GetUtcNow();
        string? complaint = MeshFreshness.Complaint(summary, now);
        IReadOnlyList<MeshFault> open = documents.Open;
        if (options.Nagios.Given(context)) return MeshNagios.Print(context.Io, summary, open, complaint);
        TimeSpan age = MeshFreshness.Age(summary, now);
        if (format is OutputFormat.Table or OutputFormat.Wide) MeshPage.Print(context.Io, summary, open, age, format);
        else Printed.Object(context, format, writer => MeshJsonText.Fleet(writer, summary, open, "broker", age));
        if (complaint is not null)
        {
            context.Io.Out.Flush();
            context.Say("scout: " + complaint);
            return ExitCode.NoConnection;
        }

        return open.Count > 0 ? ExitCode.TargetFailed : ExitCode.Done;
    }

    private async Task<int> SelfAsync(CommandContext context, FleetView fleet, OutputFormat format) =>
        await NodeAsync(context, fleet, (await fleet.KnownAsync())[0].Node, format);

    private async Task<int> NodeAsync(CommandContext context, FleetView fleet, string name, OutputFormat format)
    {
        NodeMesh mesh = await NodeMesh.OneAsync(fleet, name);
        if (options.Nagios.Given(context)) return MeshNagios.PrintNode(context.Io, mesh);
        if (format is OutputFormat.Table or OutputFormat.Wide) MeshNodePage.Print(context.Io, mesh, format);
        else Printed.Object(context, format, writer => MeshJsonText.Node(writer, mesh));
        return mesh.Peers.Any(peer => peer.Failing) ? ExitCode.TargetFailed : ExitCode.Done;
    }
}
