using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;
using Scout.Protocol.Streams;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker streams</c>.</summary>
internal sealed class BrokerStreamsCommand : ScoutCommand
{
    private readonly ChoiceOption format = new("--format", [], ["table", "json"]) { HelpName = "FORMAT", Description = "table or json (table)" };
    private readonly ChoiceOption stream = new("--stream", [], [.. StreamCatalog.All.Select(static one => one.Name)]) { HelpName = "NAME", Description = "Only this one; again for more" };
    private readonly Option<string> version = new("--server-version") { HelpName = "X.Y", Description = "Which fields the nats-server knows (2.10)" };
    private readonly Option<int> replicas = new("--replicas") { HelpName = "N", Description = "Copies of each stream in a cluster, 1, 3 or 5 (1)" };

    public BrokerStreamsCommand()
        : base("streams", "Tell how the streams of Scout are configured, for the owner of a broker that is not ours")
    {
        foreach (Option option in (Option[])[format, stream, version, replicas]) Add(option);
        Notes = "The JSON of one stream is what 'nats stream add NAME --config FILE' takes. In this order: a stream is made before the one that copies it.";
        Examples = [new("scout broker streams", "the table"), new("scout broker streams --format json --stream SCOUT_EVENTS", "a configuration for the owner's own tools")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        (int major, int minor) = Version(context.Get(version) ?? "2.10");
        int copies = context.Given(replicas) ? context.Get(replicas) : 1;
        if (copies is not (1 or 3 or 5)) throw CliException.Usage($"--replicas: {copies} is not 1, 3 or 5");
        string[] wanted = [.. stream.All(context)];
        StreamDefinition[] streams = [.. StreamCatalog.All.Where(one => wanted.Length == 0 || wanted.Contains(one.Name)).Select(one => one with { Replicas = copies })];
        if (format.One(context) == "json")
        {
            JsonNode text = streams.Length == 1 ? StreamConfigJson.Write(streams[0], major, minor) : new JsonArray([.. streams.Select(one => (JsonNode)StreamConfigJson.Write(one, major, minor))]);
            context.Io.Out.WriteLine(JsonText.Render(writer => text.WriteTo(writer), indented: true));
            return Task.FromResult(ExitCode.Done);
        }

        var table = new RowWriter<StreamRow>(context.Io, StreamRow.View, OutputFormat.Table);
        table.AddRange([.. streams.Select(static one => new StreamRow(one))]);
        table.End();
        return Task.FromResult(ExitCode.Done);
    }

    private static (int Major, int Minor) Version(string text)
    {
        string[] parts = text.TrimStart('v').Split('.');
        if (parts.Length >= 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major) && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor)) return (major, minor);
        throw CliException.Usage($"--server-version: '{text}' is no version", "write 2.9, 2.10 or 2.11");
    }
}
