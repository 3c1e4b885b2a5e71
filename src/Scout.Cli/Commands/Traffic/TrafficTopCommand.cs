using System.CommandLine;
using System.Globalization;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Server.Configuration;
using Scout.Server.Traffic;
using Scout.Traffic;
using Scout.Traffic.Collecting;
using Scout.Traffic.Kernel;

namespace Scout.Cli.Commands.Traffic;

/// <summary><c>scout traffic top --root DIR</c>: counts for its own lifetime, and prints the table per line of input.</summary>
internal sealed class TrafficTopCommand : ScoutCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Option<string> root = new("--root") { HelpName = "DIR", Description = "The cgroup to be counted, as a directory", Required = true };
    private readonly Option<bool> json = new("--json") { Description = "Print each table as one line of JSON" };

    public TrafficTopCommand()
        : base("top", "Count what the sockets below a cgroup send and receive")
    {
        Add(root);
        Add(json);
        Notes = "Prints the table for each line of input, and once more at its end or at Ctrl-C; then the programs are gone. In a pod that may read the Kubernetes API "
            + "(NODE_NAME is spec.nodeName) pods have their names, else cgroups and uids. Exit 1 when it cannot count here.";
        Examples = [new("scout traffic top --root /sys/fs/cgroup/kubepods.slice", "pods of this node; Enter prints")];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        CancellationToken stop = context.Stop;
        try
        {
            using var top = TrafficTop.Attach(context.Path(context.Get(root)!));
            context.Say($"counting below {top.Root}, attached {(top.ByLink ? "by link" : "without a link")}; Enter prints, the end of input ends");
            await using PodNames? names = await NamesAsync(context, stop);
            while (await ReadLineAsync(context, stop) is not null) Print(context, top, names);
            Print(context, top, names);
            return ExitCode.Done;
        }
        catch (Exception error) when (error is BpfException or IOException or PlatformNotSupportedException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.TargetFailed, error.Message, "'scout traffic probe' tells what is missing");
        }
    }

    // Outside a cluster nothing is said: most machines are.
    private static async Task<PodNames?> NamesAsync(CommandContext context, CancellationToken stop)
    {
        IReadOnlyDictionary<string, string> variables = ServerConfiguration.ProcessEnvironment();
        PodNames? names = PodNames.Open(variables, context.Io.Time, out string whyNot);
        string? missing = names is null ? (variables.ContainsKey("KUBERNETES_SERVICE_HOST") ? whyNot : null) : await names.WaitAsync(Patience, context.Io.Time, stop);
        if (missing is not null) context.Say("pods have no names: " + missing);
        return names;
    }

    /// <summary>Null at the end of input, and at Ctrl-C.</summary>
    private static async Task<string?> ReadLineAsync(CommandContext context, CancellationToken stop)
    {
        try
        {
            return await Task.Run(context.Io.In.ReadLine, CancellationToken.None).WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private void Print(CommandContext context, TrafficTop top, PodNames? names)
    {
        IReadOnlyList<TopRow> rows = top.Read();
        if (context.Get(json))
        {
            context.Io.Out.WriteLine(JsonText.Render(writer => Write(writer, rows, top.Overflow, names), indented: false));
            context.Io.Out.Flush();
            return;
        }

        string[] head = [names is null ? "CGROUP" : "POD OR CGROUP", "PEER", "RX BYTES", "RX PACKETS", "TX BYTES", "TX PACKETS"];
        string[][] cells =
        [
            head,
            .. rows.Select(row => new[] { Escape.Line(Shown(row, names)), Peer(row.Peer), Number(row.Total.Receive.Bytes), Number(row.Total.Receive.Packets), Number(row.Total.Transmit.Bytes), Number(row.Total.Transmit.Packets) }),
        ];
        int[] widths = [.. head.Select((_, column) => cells.Max(line => line[column].Length))];
        foreach (string[] line in cells)
        {
            context.Io.Out.WriteLine(string.Join("  ", line.Select((cell, column) => column < 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))));
        }

        if (!top.Overflow.IsZero) context.Say("the kernel's map was full: some traffic has no row");
        context.Io.Out.Flush();
    }

    private static string Shown(TopRow row, PodNames? names) => row.PodUid is { Length: > 0 } uid && names?.Find(uid) is { } pod ? $"{pod.Namespace}/{pod.Name}" : row.Cgroup;

    private static void Write(System.Text.Json.Utf8JsonWriter writer, IReadOnlyList<TopRow> rows, TwoWay overflow, PodNames? names)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("rows");
        foreach (TopRow row in rows)
        {
            writer.WriteStartObject();
            writer.WriteString("cgroup", row.Cgroup);
            writer.WriteString("pod_uid", row.PodUid);
            if (row.PodUid is { Length: > 0 } uid && names?.Find(uid) is { } pod)
            {
                writer.WriteString("namespace", pod.Namespace);
                writer.WriteString("pod", pod.Name);
            }

            writer.WriteString("peer", Peer(row.Peer));
            Sums(writer, row.Total);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("overflow");
        Sums(writer, overflow);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Sums(System.Text.Json.Utf8JsonWriter writer, TwoWay total)
    {
        writer.WriteNumber("receive_bytes", total.Receive.Bytes);
        writer.WriteNumber("receive_packets", total.Receive.Packets);
        writer.WriteNumber("transmit_bytes", total.Transmit.Bytes);
        writer.WriteNumber("transmit_packets", total.Transmit.Packets);
    }

    private static string Peer(uint peer) => peer == TrafficPeers.Loopback ? "loopback" : "other";

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
