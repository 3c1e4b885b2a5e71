using System.Text.Json;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Views.Mesh;

/// <summary>A fault in the table of <c>scout mesh</c>.</summary>
internal sealed record MeshFaultRow(MeshFault Fault)
{
    /// <summary>Below this many columns the evidence stands on a line of its own.</summary>
    private const int Narrow = 110;

    public static View<MeshFaultRow> View { get; } = new()
    {
        Columns =
        [
            new("FAULT", (row, _) => row.Fault.Id),
            new("WHAT", (row, _) => row.Fault.Text) { Tone = row => MeshText.Tone(row.Fault) },
            new("STATE", (row, _) => MeshFaultWords.Name(row.Fault.State)),
            new("FOR", (row, context) => row.For(context.Now)) { AlignRight = true },
            new("SINCE", (row, context) => Ages.Local(row.Fault.Since, context.Zone)) { WideOnly = true },
            new("LOSS", (row, _) => row.Loss) { AlignRight = true },
            new("CONFIDENCE", (row, _) => MeshText.Confidence(row.Fault.Confidence)) { AlignRight = true },
            new("EVIDENCE", (row, _) => MeshText.Evidence(row.Fault)),
        ],
        Json = (writer, row) => MeshJsonText.Fault(writer, row.Fault),
        Name = row => row.Fault.Id,
        WhenEmpty = "no fault",
    };

    private string Loss => Fault.What is MeshFaultTrouble.Slow or MeshFaultTrouble.BrokerLink ? "-" : MeshText.Percent(Fault.Loss);

    /// <summary>Prints rows: a table as wide as it must be, or on narrow terminals the evidence below each fault.</summary>
    public static void Print(IConsoleIo io, IReadOnlyList<MeshFault> faults, OutputFormat format)
    {
        if (format == OutputFormat.Table && io.Width is < Narrow and { } width && faults.Count > 0)
        {
            PrintNarrow(io, faults, width);
            return;
        }

        var writer = new RowWriter<MeshFaultRow>(io, View, format);
        writer.AddRange(faults.Select(fault => new MeshFaultRow(fault)));
        writer.End();
    }

    private static void PrintNarrow(IConsoleIo io, IReadOnlyList<MeshFault> faults, int width)
    {
        bool colour = Style.ColourOnOut(io);
        DateTimeOffset now = io.Time.GetUtcNow();
        string[][] cells = [.. faults.Select(fault => new MeshFaultRow(fault)).Select(row => (string[])
            [row.Fault.Id, MeshFaultWords.Name(row.Fault.State), row.For(now), row.Loss, MeshText.Confidence(row.Fault.Confidence), Escape.Line(row.Fault.Text)])];
        string[] heads = ["FAULT", "STATE", "FOR", "LOSS", "CONFIDENCE", "WHAT"];
        int[] widths = [.. heads.Select((head, i) => Math.Max(head.Length, cells.Max(row => CellWidth.Of(row[i]))))];
        string Line(string[] row) => $"{row[0].PadRight(widths[0])}  {row[1].PadRight(widths[1])}  {row[2].PadLeft(widths[2])}  {row[3].PadLeft(widths[3])}  {row[4].PadLeft(widths[4])}  ";
        string head = Line(heads) + heads[5];
        io.Out.WriteLine(colour ? $"\x1b[1m{head}{Tones.End}" : head);
        for (int i = 0; i < cells.Length; i++)
        {
            string line = Line(cells[i]);
            string what = CellWidth.Cut(cells[i][5], Math.Max(width - line.Length, 12));
            io.Out.WriteLine(colour ? $"{line}{Tones.Start(MeshText.Tone(faults[i]))}{what}{Tones.End}" : line + what);
            foreach (string evidence in Wrapped.Words(Escape.Line(MeshText.Evidence(faults[i])), ", ", width - widths[0] - 2))
            {
                io.Out.WriteLine(new string(' ', widths[0] + 2) + evidence);
            }
        }
    }

    private string For(DateTimeOffset now) => Ages.Span((Fault.Cleared ?? now) - Fault.Since);
}
