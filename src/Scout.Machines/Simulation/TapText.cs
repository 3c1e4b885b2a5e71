using System.Globalization;
using System.Text;
using Scout.Machines.Definitions;

namespace Scout.Machines.Simulated;

/// <summary>Reports as TAP 13 (testanything.org): one line a scenario, diagnostics below what failed. Pure, byte-stable.</summary>
public static class TapText
{
    /// <param name="reports">In the order of the files.</param>
    /// <param name="trace">All tapes, not only those of failures.</param>
    public static string Render(IReadOnlyList<ScenarioReport> reports, bool trace = false)
    {
        var text = new StringBuilder("TAP version 13\n");
        text.Append(CultureInfo.InvariantCulture, $"1..{reports.Sum(report => report.HasErrors ? 1 : report.Results.Length)}\n");
        int number = 0;
        foreach (ScenarioReport report in reports)
        {
            if (report.HasErrors) Unfit(text, ++number, report);
            foreach (ScenarioResult result in report.Results) One(text, ++number, report, result, trace);
        }

        foreach (ScenarioReport report in reports) Never(text, report);
        return text.ToString();
    }

    private static void Unfit(StringBuilder text, int number, ScenarioReport report)
    {
        text.Append(CultureInfo.InvariantCulture, $"not ok {number} - {Name(report.File.Path)}\n");
        foreach (Finding finding in report.Findings)
        {
            foreach (string line in finding.ToString().Split('\n')) text.Append(CultureInfo.InvariantCulture, $"# {line}\n");
        }
    }

    private static void One(StringBuilder text, int number, ScenarioReport report, ScenarioResult result, bool trace)
    {
        text.Append(CultureInfo.InvariantCulture, $"{(result.Passed ? "ok" : "not ok")} {number} - {Name(report.File.Path)}: {Name(result.Scenario.Name)}\n");
        foreach (ScenarioFailure failure in result.Failures)
        {
            text.Append(CultureInfo.InvariantCulture, $"# {Name(report.File.Path)}:{failure.Line}:{failure.Column}: step {failure.Step}\n");
            text.Append(CultureInfo.InvariantCulture, $"#   wanted: {Show.Escape(failure.Wanted)}\n");
            text.Append(CultureInfo.InvariantCulture, $"#   got:    {Show.Escape(failure.Got)}\n");
        }

        if (result.Passed && !trace) return;
        text.Append("#   tape:\n");
        foreach (string line in result.Tape) text.Append(CultureInfo.InvariantCulture, $"#     {line}\n");
    }

    private static void Never(StringBuilder text, ScenarioReport report)
    {
        if (report.Machine is not { } machine) return;
        if (report.StatesNeverExercised.Length > 0)
            text.Append(CultureInfo.InvariantCulture, $"# {Name(report.File.Path)}: {machine.Name}: states never exercised: {string.Join(", ", report.StatesNeverExercised)}\n");
        if (report.TransitionsNeverExercised.Length > 0)
            text.Append(CultureInfo.InvariantCulture, $"# {Name(report.File.Path)}: {machine.Name}: transitions never exercised: {string.Join(", ", report.TransitionsNeverExercised)}\n");
    }

    // '#' begins a directive in TAP.
    private static string Name(string name) => Show.Escape(name).Replace("#", "\\#", StringComparison.Ordinal);
}
