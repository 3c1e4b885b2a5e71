using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Scout.Cli.Commands;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;
using Scout.Machines.Definitions;
using Scout.Protocol;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Events;
using Scout.Server.Foreground;

namespace Scout.Cli.Hosts;

/// <summary>Machines in the foreground: the loop and the runs of a node, and nothing else of it (machines.md 11.4).</summary>
internal static class MachineRunHost
{
    private const string Node = "local";

    // A terminal that takes nothing holds up no machine.
    private const int MostWaiting = 10_000;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> RunAsync(CommandContext context, string[] paths, TimeSpan? limit, OutputFormat format)
    {
        Refuse(context, paths);
        long lost = 0;
        var waiting = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.Stop);
        using CancellationTokenSource? timer = limit is { } length ? new CancellationTokenSource(length, context.Io.Time) : null;
        await using CancellationTokenRegistration link = (timer?.Token ?? CancellationToken.None).Register(over.Cancel);
        Task printed = PrintAsync(context, waiting.Reader, format, over);
        bool good;
        try
        {
            good = await ForegroundMachines.RunFilesAsync(
                [.. paths.Select(context.Path)], new ForegroundOptions { Node = Node, Time = context.Io.Time, Log = context.Io.Error },
                machines => context.Io.Error.WriteLine($"{machines} {(machines == 1 ? "machine runs" : "machines run")}; Ctrl-C ends them"),
                one =>
                {
                    // The bytes are the journal's no longer than this call.
                    if (!waiting.Writer.TryWrite(one.Json.ToArray())) lost++;
                },
                over.Token);
        }
        finally
        {
            waiting.Writer.Complete();
            await printed;
        }

        if (lost > 0) context.Io.Error.WriteLine($"{lost} events were not shown: nobody took them");
        return good ? ExitCode.Done : ExitCode.TargetFailed;
    }

    private static void Refuse(CommandContext context, string[] paths)
    {
        IReadOnlyList<DefinitionFile> files = DefinitionFiles.Read(context, paths, out _);
        if (files.Count == 0) throw CliException.Usage($"{string.Join(' ', paths)}: there is no definition in it", "definitions are called NAME.yaml, or NAME/machine.yaml");
        if (!files.Any(file => file.HasErrors)) return;
        foreach (Finding finding in files.SelectMany(file => file.Findings)) FindingText.WriteError(context.Io, finding);
        throw CliException.Usage("nothing was run: there are errors");
    }

    private static async Task PrintAsync(CommandContext context, ChannelReader<ReadOnlyMemory<byte>> events, OutputFormat format, CancellationTokenSource over)
    {
        var writer = new RowWriter<EventRow>(context.Io, EventRow.View, format, streaming: true);
        try
        {
            await foreach (ReadOnlyMemory<byte> stored in events.ReadAllAsync())
            {
                if (!CloudEventJson.TryRead(stored, out CloudEvent? one, out _) || EventTypes.KindOf(one.Type) is not { } kind) continue;
                writer.Add(new EventRow(Node, one.Subject ?? Names.NodeItself, kind, one, stored));
            }
        }
        finally
        {
            // Whoever reads our output may have gone: then there is nothing left to do here.
            await over.CancelAsync();
        }

        writer.End();
    }
}
