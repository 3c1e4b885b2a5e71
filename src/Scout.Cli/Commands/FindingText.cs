using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Machines.Definitions;

namespace Scout.Cli.Commands;

/// <summary>Findings in every mode (machines.md 1.2).</summary>
internal static class FindingText
{
    public static View<Finding> View { get; } = new()
    {
        Columns = [new("FINDING", (finding, _) => finding.Headline)],
        Json = (writer, finding) =>
        {
            writer.WriteStartObject();
            writer.WriteString("file", finding.File);
            writer.WriteNumber("line", finding.Line);
            writer.WriteNumber("column", finding.Column);
            writer.WriteString("severity", Finding.SeverityName(finding.Severity));
            writer.WriteString("kind", finding.Kind);
            writer.WriteString("message", finding.Message);
            writer.Text("hint", finding.Hint.Length == 0 ? null : finding.Hint);
            writer.WriteEndObject();
        },
        Name = finding => finding.File,
    };

    public static void Write(IConsoleIo io, Finding finding) => Write(io.Out, io.OutIsTerminal && Style.ColourOnOut(io), finding);

    public static void WriteError(IConsoleIo io, Finding finding) => Write(io.Error, Style.ColourOnError(io), finding);

    private static void Write(TextWriter output, bool colour, Finding finding)
    {
        Tone tone = finding.Severity switch { Severity.Error => Tone.Bad, Severity.Warning => Tone.Warn, _ => Tone.Quiet };
        bool first = true;
        foreach (string line in Escape.Lines(finding.ToString()))
        {
            output.WriteLine(colour && first ? Tones.Start(tone) + line + Tones.End : line);
            first = false;
        }
    }
}
