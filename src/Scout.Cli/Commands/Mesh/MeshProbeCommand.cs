using System.CommandLine;
using System.Globalization;
using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Views.Mesh;
using Scout.Protocol;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands.Mesh;

/// <summary><c>scout mesh probe A B</c>.</summary>
internal sealed class MeshProbeCommand : ScoutCommand
{
    private readonly MeshOptions options = new("table", "json", "jsonl", "yaml");
    private readonly Argument<string> from = new("NODE") { Description = "Who probes" };
    private readonly Argument<string> to = new("PEER") { Description = "Whom: a name of the roster, never an address" };
    private readonly ChoiceOption proto = new("--proto", [], ["udp", "tcp"]) { HelpName = "WHAT", Description = "Five packets, or one connection" };
    private readonly Option<string> packets = new("--packets") { HelpName = "N", Description = $"1 to {ProbeArgs.MaxPackets} (5)" };

    public MeshProbeCommand()
        : base("probe", "Let a node probe another now, and show what came back")
    {
        Add(from);
        Add(to);
        Add(proto);
        Add(packets);
        options.AddTo(this);
        Notes = "The packets come out of the node's budget for reactive probes and enter no ratio. Exit: 0 all were answered, 1 not all, 3 the node that was to probe did not.";
        Examples = [new("scout mesh probe n3 n9", "five UDP packets from n3 to n9"), new("scout mesh probe n3 n9 --proto tcp", "one connection")];
    }

    public override Task<int> RunAsync(CommandContext context) => options.Nagios.GuardAsync(context, () =>
    {
        string node = Checked(context.Get(from)!, "NODE"), peer = Checked(context.Get(to)!, "PEER");
        bool tcp = proto.One(context) == "tcp";
        int count = tcp ? 1 : Count(context.Get(packets));
        OutputFormat format = options.Output.Read(context);
        return options.Session.RunAsync(context, async fleet =>
        {
            MeshProbeResult result = await AskAsync(fleet, node, new ProbeArgs(peer, count, tcp));
            bool good = result.Ok == result.Sent && result.Sent > 0;
            if (options.Nagios.Given(context))
            {
                int code = good ? 0 : result.Ok > 0 ? 1 : 2;
                string word = code switch { 0 => "OK", 1 => "WARNING", _ => "CRITICAL" };
                string time = Median(result) is { } median ? $" rtt={(median / 1000).ToString("0.000000", CultureInfo.InvariantCulture)}s" : "";
                context.Io.Out.WriteLine($"MESH {word} - {node} to {peer}: {Text(result)} | sent={result.Sent} ok={result.Ok}{time}");
                return code;
            }

            if (format == OutputFormat.Table) context.Io.Out.WriteLine(Escape.Line($"{node} to {peer}{(string.IsNullOrEmpty(result.Zone) ? "" : $" (zone {result.Zone})")}, {result.Proto}: {Text(result)}"));
            else Printed.Object(context, format, writer => Json(writer, node, result));
            return good ? ExitCode.Done : ExitCode.TargetFailed;
        });
    });

    /// <summary>Lets a node probe.</summary>
    /// <exception cref="CliException">It did not.</exception>
    internal static async Task<MeshProbeResult> AskAsync(FleetView fleet, string node, ProbeArgs args)
    {
        if (!fleet.Asker.IsFleet && (await fleet.KnownAsync())[0].Node is var self && self != node)
        {
            throw CliException.Usage($"{fleet.Asker.Where} is the socket of {self}", $"only {self} can probe from here; --broker URL reaches the others");
        }

        NodeAnswer answer = (await fleet.AskAsync([new Question(node, fleet.Request(args))], fleet.Timeout))[0];
        if (!answer.Came)
        {
            string why = answer.Outcome == NodeOutcome.NotConnected ? "nobody listens under this name" : answer.Problem ?? "no answer in time";
            throw CliException.NoConnection($"{node}: {why}", "'scout nodes' lists those that exist, and whether they answer");
        }

        if (answer.Reply!.Results is [MeshProbeResult { Code: RpcCode.Ok } result, ..]) return result;
        RpcResult? refused = answer.Reply.Results.FirstOrDefault();
        string message = refused?.Message ?? answer.Reply.Message ?? "";
        RpcCode code = refused?.Code ?? answer.Reply.Code;
        throw CliException.NoConnection($"{node} did not probe: {RpcCodes.Name(code)}{(message.Length > 0 ? ": " + message : "")}", code switch
        {
            RpcCode.NotFound => $"{node} knows no peer of that name; 'scout nodes' lists those that exist",
            RpcCode.Busy => "its budget for such probes is spent; try again in a second",
            _ => "",
        });
    }

    internal static string Text(MeshProbeResult result)
    {
        string times = result.RttMs is { IsDefaultOrEmpty: false } all ? string.Join(' ', all.Select(time => time < 10 ? time.ToString("0.00", null) : time.ToString("0.0", null))) + " ms" : "";
        if (result.Ok == result.Sent && result.Sent > 0) return $"{result.Ok} of {result.Sent} answered: {times}";
        string bad = result.Outcomes is { IsDefaultOrEmpty: false } outcomes
            ? string.Join(", ", outcomes.Where(outcome => outcome != "ok").GroupBy(outcome => outcome).Select(group => $"{group.Count()} {group.Key}"))
            : "";
        return $"{result.Ok} of {result.Sent} answered{(times.Length > 0 ? ": " + times : "")}{(bad.Length > 0 ? "; " + bad : "")}";
    }

    internal static void Json(System.Text.Json.Utf8JsonWriter writer, string node, MeshProbeResult result)
    {
        writer.WriteStartObject();
        writer.WriteString("node", node);
        writer.WriteString("target", result.Target);
        writer.Text("zone", result.Zone);
        writer.WriteString("proto", result.Proto);
        writer.WriteNumber("sent", result.Sent);
        writer.WriteNumber("ok", result.Ok);
        writer.Texts("outcomes", result.Outcomes ?? []);
        writer.WriteStartArray("rtt_ms");
        foreach (double time in result.RttMs ?? []) writer.WriteNumberValue(time);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static double? Median(MeshProbeResult result) => result.RttMs is { IsDefaultOrEmpty: false } times ? times.Order().ElementAt(times.Length / 2) : null;

    private static string Checked(string text, string what) => Names.IsNode(text)
        ? text
        : throw CliException.Usage($"{what}: '{text}' is not the name of a node", "small letters, digits, - and _; an address is not a name");

    private static int Count(string? text) => text is null ? ProbeArgs.MaxPackets
        : int.TryParse(text, NumberStyles.None, null, out int number) && number is >= 1 and <= ProbeArgs.MaxPackets ? number
        : throw CliException.Usage($"--packets: '{text}' is not a number from 1 to {ProbeArgs.MaxPackets}", "more would be a load test");
}
