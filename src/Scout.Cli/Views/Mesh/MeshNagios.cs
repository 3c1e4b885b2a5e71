using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Views.Mesh;

/// <summary>The mesh as a plugin tells it: 0 nothing open, 1 suspects only, 2 confirmed, 3 no data or old.</summary>
internal static class MeshNagios
{
    private const int Named = 3;
    private static readonly string[] Words = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

    public static int Print(IConsoleIo io, MeshSummary summary, IReadOnlyList<MeshFault> open, string? complaint)
    {
        int code = complaint is not null ? 3 : Status(open);
        // What is in maintenance is told, and does not page.
        MeshFault[] named = [.. open.Where(fault => !fault.Maintenance).OrderByDescending(Grave)];
        string text = complaint ?? (named.Length == 0
            ? $"{summary.Nodes} nodes, no open fault{(open.Count > 0 ? $" but {open.Count} in maintenance" : "")}"
            : string.Join(", ", named.Take(Named).Select(fault => $"{fault.Text} ({MeshFaultWords.Name(fault.State)}{Loss(fault)})")) + (named.Length > Named ? $" and {named.Length - Named} more" : ""));
        string numbers = $"nodes={summary.Nodes} reporting={summary.Reporting} confirmed={open.Count(fault => fault.State == MeshFaultState.Confirmed)} "
            + $"suspects={open.Count(fault => fault.State == MeshFaultState.Suspect)} loss={summary.Loss * 100:0.####}%";
        if (summary.RttP50Ms is { } median) numbers += $" rtt={median / 1000:0.000000}s";
        // A bar would begin performance data.
        io.Out.WriteLine($"MESH {Words[code]} - {Escape.Line(text).Replace('|', '/')} | {numbers}");
        return code;
    }

    public static int PrintNode(IConsoleIo io, NodeMesh mesh)
    {
        int failing = mesh.Peers.Count(peer => peer.Failing);
        int code = mesh.Peers.Count == 0 && mesh.Self.Members > 1 ? 3 : failing == 0 ? 0 : failing == 1 && mesh.Peers.Count > 3 ? 1 : 2;
        string text = failing == 0 ? $"{mesh.Peers.Count} peers, none fails" : $"{failing} of {mesh.Peers.Count} peers fail{(mesh.Self.SuspectSelf ? ", own link suspected" : "")}";
        string numbers = $"peers={mesh.Peers.Count} failing={failing} loss={mesh.Self.Loss * 100:0.####}% stalled={mesh.Self.Stalled * 100:0.####}%";
        io.Out.WriteLine($"MESH {Words[code]} - {Escape.Line(mesh.Node)}: {text} | {numbers}");
        return code;
    }

    private static int Status(IReadOnlyList<MeshFault> open)
    {
        MeshFault[] paging = [.. open.Where(fault => !fault.Maintenance)];
        if (paging.Any(fault => fault is { State: MeshFaultState.Confirmed, Kind: not MeshFaultKind.BrokerLink })) return 2;
        return paging.Length > 0 ? 1 : 0;
    }

    private static int Grave(MeshFault fault) => (fault.State == MeshFaultState.Confirmed ? 2 : 0) + (fault.Kind == MeshFaultKind.BrokerLink ? 0 : 1);

    private static string Loss(MeshFault fault) => fault.What is MeshFaultTrouble.Loss or MeshFaultTrouble.Down ? $", loss {MeshText.Percent(fault.Loss)}" : "";
}
