using System.CommandLine;
using System.Text.Json;
using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary><c>scout inspect NODE[/MACHINE]</c>.</summary>
internal sealed class InspectCommand : ScoutCommand
{
    private readonly FleetSession session = new();
    private readonly Argument<string> target = new("TARGET") { Description = "NODE or NODE/MACHINE, by name" };
    private readonly OutputOption output = new("table", "json", "jsonl", "yaml");

    public InspectCommand()
        : base("inspect", "Tell everything about one machine, or one node")
    {
        Add(target);
        output.AddTo(this);
        session.AddTo(this);
        Examples = [new("scout inspect web1/disk_root", "state, transitions, watchers, last result"), new("scout inspect web1 -o yaml", "the node and its facts")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        Target one = Target.Parse(context.Get(target)!);
        if (!one.Node.IsLiteral || one.Machine is { IsLiteral: false }) throw CliException.Usage($"target '{one}': inspect shows one, by name", "'scout status' takes globs");
        OutputFormat format = output.Read(context);
        return session.RunAsync(context, fleet => one.Machine is null ? NodeAsync(context, fleet, one, format) : MachineAsync(context, fleet, one, format));
    }

    private static async Task<int> MachineAsync(CommandContext context, FleetView fleet, Target one, OutputFormat format)
    {
        string machine = one.Machine!.Text;
        IReadOnlyList<NodeAnswer> answers = await AskAsync(fleet, one, _ => new MachineArgs(machine));
        if (answers is not [{ Came: true } answer] || !fleet.Report.Take(answer)) return fleet.Report.Finish(context, fleet.Timeout, 0);
        if (answer.Reply!.Results is not [MachineDetail { Code: RpcCode.Ok, Record: not null } detail, ..])
        {
            // The list of machines knows what it might have been.
            await fleet.MachinesAsync(new Selection { Targets = [one] });
            return fleet.Report.Finish(context, fleet.Timeout, 0);
        }

        if (format == OutputFormat.Table) MachinePage.Print(context.Io, one.Node.Text, machine, detail);
        else Printed.Object(context, format, writer => WriteResult(writer, answer));
        return fleet.Report.Finish(context, fleet.Timeout, 1);
    }

    private static async Task<int> NodeAsync(CommandContext context, FleetView fleet, Target one, OutputFormat format)
    {
        IReadOnlyList<NodeAnswer> pings = await AskAsync(fleet, one, _ => new PingArgs());
        if (pings is not [{ Came: true } ping] || !fleet.Report.Take(ping) || ping.Reply!.Results is not [PingResult told, ..]) return fleet.Report.Finish(context, fleet.Timeout, 0);
        IReadOnlyList<NodeAnswer> facts = await AskAsync(fleet, one, _ => new FactsArgs([]));
        FactsResult? known = facts is [{ Came: true } answer] && fleet.Report.Take(answer) && answer.Reply!.Results is [FactsResult result, ..] ? result : null;
        if (format == OutputFormat.Table)
        {
            NodePage.Print(context.Io, one.Node.Text, told, known?.Facts);
        }
        else
        {
            Printed.Object(context, format, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("node", one.Node.Text);
                writer.WritePropertyName("ping");
                WriteResult(writer, ping);
                writer.Raw("facts", known?.Facts);
                writer.WriteEndObject();
            });
        }

        return fleet.Report.Finish(context, fleet.Timeout, 1);
    }

    private static async Task<IReadOnlyList<NodeAnswer>> AskAsync(FleetView fleet, Target one, Func<string, RpcArgs> args)
    {
        IReadOnlyList<KnownNode> nodes = await fleet.NodesAsync(new Selection { Targets = [one] });
        return await fleet.AskAsync(nodes.Select(node => node.Node), args);
    }

    // The result as the node sent it: it may know more than we do.
    private static void WriteResult(Utf8JsonWriter writer, NodeAnswer answer)
    {
        using var document = JsonDocument.Parse(answer.Raw);
        document.RootElement.GetProperty("results")[0].WriteTo(writer);
    }
}
