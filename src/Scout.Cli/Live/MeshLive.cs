using Scout.Broker.Mesh.Localisation;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Mesh.Watching;
using Scout.Cli.Grammar;
using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Cli.Views.Mesh;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Live;

/// <summary><c>scout mesh --live</c>: the page of the fleet, drawn anew each second on a terminal; else a line for each change of a fault.</summary>
internal static class MeshLive
{
    /// <exception cref="OperationCanceledException">Ctrl-C: the only end but an error.</exception>
    public static async Task<int> RunAsync(CommandContext context, IMeshStore store, OutputFormat format)
    {
        IConsoleIo io = context.Io;
        if (io.OutIsTerminal && format is (OutputFormat.Table or OutputFormat.Wide) && io.Variable("TERM") != "dumb")
        {
            int drawn = 0;
            await store.LiveAsync((_, page) => drawn = page is null ? drawn : Draw(io, page, format, drawn), context.Stop);
        }
        else
        {
            context.Say("scout: listening; losses show at once, slow paths and lost full-size packets after some reports of 10 s");
            await store.LiveAsync((changes, _) => Print(context, changes, format), context.Stop);
        }

        context.Stop.ThrowIfCancellationRequested();
        return 0;
    }

    /// <returns>Lines that stand there now.</returns>
    private static int Draw(IConsoleIo io, LivePage page, OutputFormat format, int before)
    {
        using var text = new StringWriter();
        MeshPage.Print(new CapturedOut(io, text), page.Summary, page.Faults, TimeSpan.FromSeconds(page.Summary.DataAgeS), format);
        string[] lines = text.ToString().TrimEnd('\n').Split('\n');
        int room = Math.Max((io.Height ?? 24) - 1, 3);
        if (lines.Length > room) lines = [.. lines.Take(room - 1), $"{lines.Length - room + 1} more lines"];
        // Up to where the last page began, and away with what stands there.
        if (before > 0) io.Out.Write($"\x1b[{before}A\x1b[0J");
        foreach (string line in lines) io.Out.WriteLine(line);
        io.Out.Flush();
        return lines.Length;
    }

    private static void Print(CommandContext context, IReadOnlyList<FaultChange> changes, OutputFormat format)
    {
        foreach ((FaultStep step, MeshFault fault) in changes)
        {
            if (format is OutputFormat.Table or OutputFormat.Wide)
            {
                string loss = fault.What is MeshFaultTrouble.Slow or MeshFaultTrouble.BrokerLink ? "" : $"  loss {MeshText.Percent(fault.Loss)}";
                context.Io.Out.WriteLine(Escape.Line(
                    $"{Ages.Local(fault.At, context.Io.Time.LocalTimeZone)}  {MeshFaultWords.Name(Told(step, fault))}  {fault.Id}  {fault.Text}{loss}  {MeshText.Evidence(fault)}"));
            }
            else
            {
                // A document a line also for json: a stream has no end that could close a list.
                Printed.Object(context, format == OutputFormat.Json ? OutputFormat.Jsonl : format, writer => MeshJsonText.Fault(writer, fault));
            }
        }

        if (changes.Count > 0) context.Io.Out.Flush();
    }

    private static MeshFaultState Told(FaultStep step, MeshFault fault) => step == FaultStep.Confirmed ? MeshFaultState.Confirmed : fault.State;

    /// <summary>The same console with another paper.</summary>
    private sealed class CapturedOut(IConsoleIo io, TextWriter text) : IConsoleIo
    {
        public TextWriter Out => text;

        public TextWriter Error => io.Error;

        public TextReader In => io.In;

        public bool OutIsTerminal => io.OutIsTerminal;

        public bool ErrorIsTerminal => io.ErrorIsTerminal;

        public bool InIsTerminal => io.InIsTerminal;

        public int? Width => io.Width;

        public int? Height => io.Height;

        public int Signal => io.Signal;

        public TimeProvider Time => io.Time;

        public string Directory => io.Directory;

        public string? Variable(string name) => io.Variable(name);

        public IReadOnlyDictionary<string, string> Variables() => io.Variables();

        public CancellationToken Interrupted() => io.Interrupted();
    }
}
