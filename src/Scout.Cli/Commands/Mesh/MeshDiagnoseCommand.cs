using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Views.Mesh;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands.Mesh;

/// <summary><c>scout mesh diagnose FAULT | NODE | NODE NODE</c>.</summary>
internal sealed class MeshDiagnoseCommand : ScoutCommand
{
    private readonly MeshOptions options = new("table", "json", "jsonl", "yaml");
    private readonly Argument<string> first = new("WHAT") { Description = "A fault (f-...), or a node" };
    private readonly Argument<string?> second = new("PEER") { Arity = ArgumentArity.ZeroOrOne, Description = "A second node: what is between the two" };

    public MeshDiagnoseCommand()
        : base("diagnose", "Show why something is blamed: what speaks for it, what against, and what others see")
    {
        Add(first);
        Add(second);
        options.AddTo(this);
        Notes = "Of a node: what it sees of its peers and what all others see of it. Of two nodes: both ways as they count them, and five packets now, each way. "
            + "Exit: 0 nothing is wrong, 1 something is, 3 no data, or older than 30 s.";
        Examples = [new("scout mesh diagnose f-7c21a0", "a fault"), new("scout mesh diagnose n7", "a node"), new("scout mesh diagnose n3 n9", "between two nodes")];
    }

    public override Task<int> RunAsync(CommandContext context) => options.Nagios.GuardAsync(context, () =>
    {
        if (options.Nagios.Given(context)) throw CliException.Usage("a diagnosis is no plugin", "scout mesh --nagios judges the mesh");
        string what = context.Get(first)!;
        string? other = context.Get(second);
        OutputFormat format = options.Output.Read(context);
        if (other is not null && (!Names.IsNode(what) || !Names.IsNode(other))) throw CliException.Usage($"'{(Names.IsNode(what) ? other : what)}' is not the name of a node", "scout mesh diagnose NODE NODE");
        if (!MeshFault.IsId(what) && !Names.IsNode(what)) throw CliException.Usage($"'{what}' is neither a fault nor a node", "'scout mesh faults --all' lists faults, 'scout nodes' nodes");
        return options.Session.RunAsync(context, async fleet =>
        {
            IMeshStore store = MeshOptions.Store(fleet);
            void Remark(string remark) => context.Say("scout: " + remark);
            MeshDocuments documents = await store.MeshAsync(Remark, context.Stop);
            if (other is null && MeshFault.IsId(what)) return await FaultAsync(context, store, documents, what, format);
            MeshSummary summary = MeshFreshness.Require(documents);
            MeshFault[] faults = [.. documents.Open.Where(fault => About(fault, what, other))];
            int code = other is null ? await NodeAsync(context, fleet, what, faults, format) : await PairAsync(context, fleet, what, other, faults, format);
            if (MeshFreshness.Complaint(summary, context.Io.Time.GetUtcNow()) is not { } complaint) return code;
            context.Say("scout: " + complaint);
            return code == ExitCode.Done ? ExitCode.NoConnection : code;
        });
    });

    private static bool About(MeshFault fault, string node, string? other)
    {
        string[] parts = fault.Component.Split('/');
        if (fault.Kind is MeshFaultKind.Zone or MeshFaultKind.ZonePair) return false;
        // Between two nodes, a fault of either explains it as well as one of the pair.
        return other is null ? parts.Contains(node) : parts.All(part => part == node || part == other);
    }

    private static async Task<int> FaultAsync(CommandContext context, IMeshStore store, MeshDocuments documents, string id, OutputFormat format)
    {
        MeshFault? fault = documents.Faults.FirstOrDefault(one => one.Id == id);
        if (fault is null)
        {
            IReadOnlyList<MeshFault> stored = await store.FaultsAsync(remark => context.Say("scout: " + remark), context.Stop);
            fault = stored.FirstOrDefault(one => one.Id == id)
                ?? throw new CliException(ExitCode.NoConnection, $"{id}: the broker knows no such fault", Nearest.Find(id, stored.Select(one => one.Id)) is { } near ? $"did you mean '{near}'?" : "'scout mesh faults --all' lists them");
        }

        if (format == OutputFormat.Table) MeshDiagnosisPage.Fault(context.Io, fault);
        else Printed.Object(context, format, writer => MeshJsonText.Fault(writer, fault));
        return fault.State == MeshFaultState.Cleared ? ExitCode.Done : ExitCode.TargetFailed;
    }

    private static async Task<int> NodeAsync(CommandContext context, FleetView fleet, string node, MeshFault[] faults, OutputFormat format)
    {
        await RequireKnownAsync(fleet, node);
        IReadOnlyList<NodeMesh> meshes = await NodeMesh.AskAsync(fleet, (await fleet.KnownAsync()).Select(known => known.Node));
        NodeMesh? own = meshes.FirstOrDefault(mesh => mesh.Node == node);
        MeshPeerRow[] arriving = [.. meshes.SelectMany(mesh => mesh.Peers.Where(peer => peer.Node == node).Select(peer => new MeshPeerRow(mesh.Node, peer)))];
        if (format == OutputFormat.Table)
        {
            foreach (MeshFault fault in faults) MeshDiagnosisPage.Fault(context.Io, fault);
            MeshDiagnosisPage.Node(context.Io, node, own, arriving, faults.Length > 0);
        }
        else
        {
            Printed.Object(context, format, writer => MeshDiagnosisPage.NodeJson(writer, node, own, arriving, faults));
        }

        bool bad = faults.Length > 0 || own is null || own.Peers.Any(peer => peer.Failing) || arriving.Any(row => row.Peer.Failing);
        return bad ? ExitCode.TargetFailed : ExitCode.Done;
    }

    private static async Task<int> PairAsync(CommandContext context, FleetView fleet, string node, string other, MeshFault[] faults, OutputFormat format)
    {
        await RequireKnownAsync(fleet, node);
        await RequireKnownAsync(fleet, other);
        IReadOnlyList<NodeMesh> meshes = await NodeMesh.AskAsync(fleet, [node, other]);
        MeshWay[] ways = [await WayAsync(fleet, meshes, node, other), await WayAsync(fleet, meshes, other, node)];
        if (format == OutputFormat.Table)
        {
            foreach (MeshFault fault in faults) MeshDiagnosisPage.Fault(context.Io, fault);
            MeshDiagnosisPage.Pair(context.Io, ways);
        }
        else
        {
            Printed.Object(context, format, writer => MeshDiagnosisPage.PairJson(writer, ways, faults));
        }

        return faults.Length > 0 || ways.Any(way => way.Failed) ? ExitCode.TargetFailed : ExitCode.Done;
    }

    private static async Task<MeshWay> WayAsync(FleetView fleet, IReadOnlyList<NodeMesh> meshes, string from, string to)
    {
        MeshPeer? row = meshes.FirstOrDefault(mesh => mesh.Node == from)?.Peers.FirstOrDefault(peer => peer.Node == to);
        try
        {
            MeshProbeResult udp = await MeshProbeCommand.AskAsync(fleet, from, new ProbeArgs(to, ProbeArgs.MaxPackets));
            MeshProbeResult tcp = await MeshProbeCommand.AskAsync(fleet, from, new ProbeArgs(to, 1, Tcp: true));
            return new MeshWay(from, to, row, udp, tcp, null);
        }
        catch (CliException failure)
        {
            return new MeshWay(from, to, row, null, null, failure.Message);
        }
    }

    private static async Task RequireKnownAsync(FleetView fleet, string node)
    {
        string[] known = [.. (await fleet.KnownAsync()).Select(one => one.Node)];
        if (known.Contains(node)) return;
        throw CliException.NoConnection($"{node}: there is no such node", Nearest.Find(node, known) is { } near ? $"did you mean '{near}'?" : "'scout nodes' lists those that exist");
    }
}
