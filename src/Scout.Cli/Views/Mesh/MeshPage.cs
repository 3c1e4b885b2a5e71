using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Views.Mesh;

/// <summary>What <c>scout mesh</c> prints of the fleet.</summary>
internal static class MeshPage
{
    public static void Print(IConsoleIo io, MeshSummary summary, IReadOnlyList<MeshFault> faults, TimeSpan age, OutputFormat format)
    {
        foreach (string line in Wrapped.Pieces(Size(summary, age), "   ", io.Width)) io.Out.WriteLine(Escape.Line(line));
        foreach (string line in Wrapped.Pieces(Quality(summary), "   ", io.Width)) io.Out.WriteLine(Escape.Line(line));
        if (summary.Missing is { IsDefaultOrEmpty: false } missing) Names(io, "missing", missing, Tone.Bad);
        if (faults.Count == 0)
        {
            bool colour = Style.ColourOnOut(io);
            io.Out.WriteLine(colour ? $"{Tones.Start(Tone.Good)}no open fault{Tones.End}" : "no open fault");
        }
        else
        {
            MeshFaultRow.Print(io, faults, format);
        }

        if (summary.More > 0) io.Out.WriteLine($"and {summary.More} more faults, beyond what the broker keeps open");
        io.Out.Flush();
    }

    /// <summary>A list of names on at most a line of eight, with the number of the rest.</summary>
    public static string Few(IReadOnlyList<string> names)
    {
        const int Most = 8;
        if (names.Count == 0) return "none";
        return string.Join(' ', names.Take(Most)) + (names.Count > Most ? $" and {names.Count - Most} more" : "");
    }

    private static IEnumerable<string> Size(MeshSummary summary, TimeSpan age)
    {
        string topology = summary.Rings == 0 ? "full mesh" : $"{summary.Rings} rings";
        yield return $"{summary.Nodes} {(summary.Nodes == 1 ? "node" : "nodes")}, {summary.Zones} {(summary.Zones == 1 ? "zone" : "zones")}, {topology}: "
            + $"{summary.Paths} paths, {summary.ProbesPerSecond:0.#} probes/s a node";
        yield return $"window {summary.WindowS:0} s, {summary.Reporting} reporting, data {Ages.Span(age)} old";
    }

    private static IEnumerable<string> Quality(MeshSummary summary)
    {
        yield return $"loss {MeshText.Percent(summary.Loss)}";
        yield return $"rtt p50 {MeshText.Milliseconds(summary.RttP50Ms)} p99 {MeshText.Milliseconds(summary.RttP99Ms)}";
        yield return $"late {summary.Late}";
        yield return $"stalled {MeshText.Percent(summary.Stalled)}";
        yield return $"maintenance {Few(summary.Maintenance.IsDefault ? [] : summary.Maintenance)}";
        yield return $"leaving {Few(summary.Leaving.IsDefault ? [] : summary.Leaving)}";
    }

    private static void Names(IConsoleIo io, string word, IReadOnlyList<string> names, Tone tone)
    {
        string line = Escape.Line($"{word} {Few(names)}");
        io.Out.WriteLine(Style.ColourOnOut(io) ? $"{Tones.Start(tone)}{line}{Tones.End}" : line);
    }
}
