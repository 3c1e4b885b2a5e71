using System.Globalization;
using System.Security;
using System.Text;
using Scout.Machines.Definitions;

namespace Scout.Machines.Simulated;

/// <summary>Reports as JUnit XML: a suite a file, a case a scenario. Pure, byte-stable: virtual time has no durations to tell.</summary>
public static class JunitText
{
    public static string Render(IReadOnlyList<ScenarioReport> reports)
    {
        var text = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        text.Append(CultureInfo.InvariantCulture, $"<testsuites tests=\"{reports.Sum(Tests)}\" failures=\"{reports.Sum(Failures)}\" errors=\"{reports.Count(report => report.HasErrors)}\">\n");
        foreach (ScenarioReport report in reports) Suite(text, report);
        return text.Append("</testsuites>\n").ToString();
    }

    private static void Suite(StringBuilder text, ScenarioReport report)
    {
        string path = Attribute(report.File.Path);
        text.Append(CultureInfo.InvariantCulture, $"  <testsuite name=\"{path}\" tests=\"{Tests(report)}\" failures=\"{Failures(report)}\" errors=\"{(report.HasErrors ? 1 : 0)}\">\n");
        if (report.HasErrors)
        {
            string findings = string.Join('\n', report.Findings.Select(finding => finding.ToString()));
            text.Append(CultureInfo.InvariantCulture, $"    <testcase classname=\"{path}\" name=\"read\">\n      <error message=\"the test cannot run\">{Content(findings)}</error>\n    </testcase>\n");
        }

        foreach (ScenarioResult result in report.Results) Case(text, report, path, result);
        text.Append("  </testsuite>\n");
    }

    private static void Case(StringBuilder text, ScenarioReport report, string path, ScenarioResult result)
    {
        string name = Attribute(result.Scenario.Name);
        if (result.Passed)
        {
            text.Append(CultureInfo.InvariantCulture, $"    <testcase classname=\"{path}\" name=\"{name}\"/>\n");
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"    <testcase classname=\"{path}\" name=\"{name}\">\n");
        foreach (ScenarioFailure failure in result.Failures)
        {
            string message = Attribute($"{report.File.Path}:{failure.Line}:{failure.Column}: step {failure.Step}: wanted {failure.Wanted}, got {failure.Got}");
            text.Append(CultureInfo.InvariantCulture, $"      <failure message=\"{message}\">{Content(string.Join('\n', result.Tape))}</failure>\n");
        }

        text.Append("    </testcase>\n");
    }

    private static int Tests(ScenarioReport report) => report.HasErrors ? 1 : report.Results.Length;

    private static int Failures(ScenarioReport report) => report.Results.Count(result => !result.Passed);

    private static string Attribute(string text) => Content(Show.Escape(text));

    // Show.Escape leaves nothing that XML cannot hold; lines of a tape are escaped one by one already.
    private static string Content(string text) => SecurityElement.Escape(text);
}
