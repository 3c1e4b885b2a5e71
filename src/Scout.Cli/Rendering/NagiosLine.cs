using Scout.Cli.Terminal;
using Scout.Cli.Views;

namespace Scout.Cli.Rendering;

/// <summary>What a plugin prints: worst state by OK, WARNING, UNKNOWN, CRITICAL.</summary>
internal static class NagiosLine
{
    private const int Named = 5;
    private static readonly string[] Words = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

    /// <summary>Machines as a plugin sees them: maintenance and acknowledged problems count as OK, and so do machines that are no checks.</summary>
    public static IReadOnlyList<(string Name, string State, string? Output)> Of(IEnumerable<StatusRow> rows) =>
        [.. rows.Where(row => !row.Stale).Select(row => ($"{row.Node}/{row.Machine}", Counts(row), row.Record.Output))];

    /// <summary>Prints the line, and names the exit code.</summary>
    public static int Print(IConsoleIo io, IReadOnlyList<(string Name, string State, string? Output)> machines, IReadOnlyCollection<string> silent)
    {
        int[] counts = [.. Words.Select(word => machines.Count(machine => machine.State == word))];
        counts[3] += silent.Count;
        if (machines.Count == 0 && silent.Count == 0)
        {
            io.Out.WriteLine("SCOUT UNKNOWN - nothing matched");
            return 3;
        }

        int worst = counts[2] > 0 ? 2 : counts[3] > 0 ? 3 : counts[1] > 0 ? 1 : 0;
        IEnumerable<string> bad = machines.Where(machine => machine.State == Words[worst]).Select(machine => $"{machine.Name}{(string.IsNullOrEmpty(machine.Output) ? "" : $" ({machine.Output})")}");
        if (worst == 3) bad = bad.Concat(silent.Select(node => $"{node} does not answer"));
        string[] named = [.. bad];
        string text = worst == 0
            ? $"{machines.Count} {(machines.Count == 1 ? "machine" : "machines")}"
            : string.Join(", ", named.Take(Named)) + (named.Length > Named ? $" and {named.Length - Named} more" : "");
        // A bar would begin performance data.
        io.Out.WriteLine($"SCOUT {Words[worst]} - {Escape.Line(text).Replace('|', '/')} | ok={counts[0]} warning={counts[1]} critical={counts[2]} unknown={counts[3]}");
        return worst;
    }

    private static string Counts(StatusRow row)
    {
        if (row.Record.Maintenance is not null || row.Record.Acknowledged is not null) return "OK";
        return row.Record.State switch
        {
            "WARNING" or "CRITICAL" or "UNKNOWN" => row.Record.State,
            "FORCE_CHECK" when row.Record.Status is "WARNING" or "CRITICAL" or "UNKNOWN" => row.Record.Status,
            _ => "OK",
        };
    }
}
