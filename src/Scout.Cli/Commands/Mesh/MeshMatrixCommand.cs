using System.CommandLine;
using System.Text.Json;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Rendering.Svg;
using Scout.Cli.Views.Mesh;
using Scout.Protocol.Mesh;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands.Mesh;

/// <summary><c>scout mesh matrix</c>.</summary>
internal sealed class MeshMatrixCommand : ScoutCommand
{
    /// <summary>Columns of the form by nodes.</summary>
    private const int MostNodes = 60;

    private readonly MeshOptions options = new("table", "json", "jsonl", "yaml");
    private readonly ChoiceOption by = new("--by", [], ["zone", "node"]) { HelpName = "WHAT", Description = "Zones (from the broker), or nodes (asked one by one)" };
    private readonly ChoiceOption metric = new("--metric", [], ["loss", "p50", "p99", "tcp"]) { HelpName = "WHAT", Description = "Loss or failed TCP probes in percent, or round trips in milliseconds" };
    private readonly Option<string> zone = new("--zone") { HelpName = "NAME", Description = "By node: only the nodes of this zone" };
    private readonly Option<string> svg = new("--svg") { HelpName = "FILE", Description = "Write a picture instead; - is stdout" };

    public MeshMatrixCommand()
        : base("matrix", "Show loss or round trips between zones, or between nodes")
    {
        Add(by);
        Add(metric);
        Add(zone);
        Add(svg);
        options.AddTo(this);
        Notes = $"Rows probe, columns echo; a cell is the whole round trip, so a loss on one way shows in both. By node at most {MostNodes} columns: --zone narrows them. "
            + "Exit: 0 shown, 3 no data, or older than 30 s.";
        Examples =
        [
            new("scout mesh matrix", "loss between zones"),
            new("scout mesh matrix --by node --zone a --metric p50", "round trips inside zone a"),
            new("scout mesh matrix --metric p99 --svg p99.svg", "a picture"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context) => options.Nagios.GuardAsync(context, () =>
    {
        if (options.Nagios.Given(context)) throw CliException.Usage("a matrix is no plugin", "scout mesh --nagios judges the mesh");
        string what = metric.One(context) ?? "loss";
        bool nodes = by.One(context) == "node";
        if (context.Get(zone) is not null && !nodes) throw CliException.Usage("--zone goes with --by node", "the form by zone shows all of them");
        if (nodes && what == "p99") throw CliException.Usage("--metric p99 is not known between single nodes", "a node keeps medians of its peers: --metric p50; --by zone has p99");
        OutputFormat format = options.Output.Read(context);
        return options.Session.RunAsync(context, async fleet =>
        {
            IMeshStore store = MeshOptions.Store(fleet);
            return nodes ? await NodesAsync(context, fleet, what, format) : await ZonesAsync(context, store, what, format);
        });
    });

    private static string Title(string metric) => metric switch { "loss" => "loss %", "tcp" => "tcp fail %", _ => $"rtt {metric} ms" };

    private async Task<int> ZonesAsync(CommandContext context, IMeshStore store, string what, OutputFormat format)
    {
        MeshDocuments documents = await store.MeshAsync(remark => context.Say("scout: " + remark), context.Stop);
        MeshSummary summary = MeshFreshness.Require(documents);
        if (documents.Zones is not { } matrix || matrix.Zones.IsEmpty) throw CliException.NoConnection("the broker has no matrix of zones yet", "it needs a report of a node, which comes each 10 s");
        string[] zones = [.. matrix.Zones];
        double?[,] values = new double?[zones.Length, zones.Length];
        for (int row = 0; row < zones.Length; row++)
        {
            for (int column = 0; column < zones.Length; column++) values[row, column] = matrix.Find(zones[row], zones[column]) is { } cell ? Value(cell, what) : null;
        }

        Show(context, new Heat(Title(what), what is "loss" or "tcp" ? "%" : "ms", zones, zones, values), matrix.At, format);
        if (MeshFreshness.Complaint(summary, context.Io.Time.GetUtcNow()) is not { } complaint) return ExitCode.Done;
        context.Say("scout: " + complaint);
        return ExitCode.NoConnection;
    }

    private async Task<int> NodesAsync(CommandContext context, FleetView fleet, string what, OutputFormat format)
    {
        IReadOnlyList<NodeMesh> meshes = await NodeMesh.AskAsync(fleet, (await fleet.KnownAsync()).Select(node => node.Node));
        if (context.Get(zone) is { } only)
        {
            NodeMesh[] inside = [.. meshes.Where(mesh => mesh.Self.Zone == only)];
            if (inside.Length == 0)
            {
                string[] zones = [.. meshes.Select(mesh => mesh.Self.Zone).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
                throw new CliException(ExitCode.Usage, $"--zone: no node of zone '{only}' answered", Nearest.Find(only, zones) is { } near ? $"did you mean '{near}'?" : $"there are {MeshPage.Few(zones)}");
            }

            meshes = inside;
        }

        if (meshes.Count == 0) throw CliException.NoConnection("no node told of its mesh", "mesh.enabled: true in server.yaml switches it on; 'scout nodes' shows who is there");
        string[] names = [.. meshes.Select(mesh => mesh.Node)];
        if (names.Length > MostNodes) throw CliException.Usage($"{names.Length} nodes are more than the {MostNodes} columns of this form", "--zone NAME narrows it; --by zone shows all");
        double?[,] values = new double?[names.Length, names.Length];
        for (int row = 0; row < names.Length; row++)
        {
            foreach (MeshPeer peer in meshes[row].Peers)
            {
                int column = Array.IndexOf(names, peer.Node);
                if (column >= 0) values[row, column] = Value(peer, what);
            }
        }

        Show(context, new Heat(Title(what), what is "loss" or "tcp" ? "%" : "ms", names, names, values), context.Io.Time.GetUtcNow(), format);
        return fleet.Report.Finish(context, fleet.Timeout, names.Length);
    }

    private void Show(CommandContext context, Heat heat, DateTimeOffset at, OutputFormat format)
    {
        if (context.Get(svg) is { } file)
        {
            string picture = HeatMap.Draw(heat, at);
            if (file == "-") context.Io.Out.Write(picture);
            else Save(context.Path(file), picture);
        }
        else if (format == OutputFormat.Table)
        {
            HeatTable.Print(context.Io, heat);
        }
        else
        {
            Printed.Object(context, format, writer => Json(writer, heat, at));
        }
    }

    private static void Save(string path, string picture)
    {
        try
        {
            File.WriteAllText(path, picture);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"--svg: {path}: {failure.Message}", "name a file in a folder that is there and yours to write");
        }
    }

    private static double? Value(ZoneCell cell, string what) => what switch
    {
        "loss" => cell.Sent == 0 ? null : cell.Loss * 100,
        "p50" => cell.P50Ms,
        "p99" => cell.P99Ms,
        _ => cell.Tcp * 100,
    };

    private static double? Value(MeshPeer peer, string what) => what switch
    {
        "loss" => peer.Sent == 0 ? null : peer.Loss * 100,
        "p50" => peer.RttMs,
        _ => peer.TcpOk + peer.TcpFailed == 0 ? null : 100.0 * peer.TcpFailed / (peer.TcpOk + peer.TcpFailed),
    };

    private static void Json(Utf8JsonWriter writer, Heat heat, DateTimeOffset at)
    {
        writer.WriteStartObject();
        writer.WriteString("title", heat.Title);
        writer.WriteString("unit", heat.Unit);
        writer.Time("at", at);
        writer.Texts("rows", heat.Rows);
        writer.Texts("columns", heat.Columns);
        writer.WriteStartArray("values");
        for (int row = 0; row < heat.Rows.Count; row++)
        {
            writer.WriteStartArray();
            for (int column = 0; column < heat.Columns.Count; column++)
            {
                if (heat.Values[row, column] is { } value) writer.WriteNumberValue(Math.Round(value, 6));
                else writer.WriteNullValue();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
