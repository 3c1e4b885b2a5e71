using System.Text.RegularExpressions;
using Scout.Checks.Execution;
using Scout.Checks.Output;
using Scout.Checks.Thresholds;
using Scout.Testing;

namespace Scout.Checks.Tests.Shipped;

/// <summary>docs/plugins.md says what the code does.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "plugins.md"));

    [Fact]
    public void Every_reason_and_every_cause_is_on_the_page()
    {
        string[] reasons = ["exit", "bad_exit", "signal", "timeout", "stuck", "output_limit", "spawn", "refused", "bad_command", "lost", "cancelled"];
        IEnumerable<string> causes = Enumerable.Range(1, 130).Select(errno => StartProblem.FromErrno(errno, "x").Cause!).Distinct();
        Assert.All(reasons.Concat(causes), word => Assert.Contains($"`{word}`", Page, StringComparison.Ordinal));
        // Told apart by a second look at the file.
        Assert.All(["no_interpreter", "bad_cwd", "not_a_file", "noexec"], word => Assert.Contains($"`{word}`", Page, StringComparison.Ordinal));
    }

    [Fact]
    public void Places_and_limits_are_those_of_the_code()
    {
        Assert.All(PluginExecutorOptions.DefaultPluginPath, place => Assert.Contains($"`{place}`", Page, StringComparison.Ordinal));
        Assert.Contains($"At most {PerfDataParser.MaxItems} items, labels of at most {PerfDataParser.MaxLabel} characters", Page, StringComparison.Ordinal);
        Assert.Equal((64 * 1024, 1024 * 1024), (new PluginExecutorOptions().MaxOutput, Reactor.OutputLimit));
    }

    [Theory]
    [InlineData("10", -1, true, 10, false, 11, true)]
    [InlineData("10:", 9, true, 10, false, 99, false)]
    [InlineData("~:10", -9, false, 10, false, 11, true)]
    [InlineData("10:20", 9, true, 20, false, 21, true)]
    [InlineData("@10:20", 9, false, 10, true, 21, false)]
    public void Each_range_on_the_page_alerts_as_it_says(string range, double low, bool atLow, double middle, bool atMiddle, double high, bool atHigh)
    {
        Assert.Contains($"| `{range}` |", Page, StringComparison.Ordinal);
        Assert.True(NagiosRange.TryParse(range, out NagiosRange read, out _));
        Assert.Equal((atLow, atMiddle, atHigh), (read.Alerts(low), read.Alerts(middle), read.Alerts(high)));
    }

    [Fact]
    public void Each_unit_on_the_page_is_known()
    {
        string table = Page[Page.IndexOf("| units |", StringComparison.Ordinal)..Page.IndexOf("| any other |", StringComparison.Ordinal)];
        string[] units = [.. Words().Matches(table).SelectMany(match => match.Groups["words"].Value.Split(' ')).Except("k m g t p e z y n u M i".Split(' '))];
        Assert.True(units.Length > 25, string.Join(' ', units));
        // A unit that nobody knows is its own base.
        string[] own = ["packets"];
        Assert.All(units.Except(own), unit => Assert.NotEqual(unit, PerfUnit.Find(unit).Base));
        Assert.Equal(2.643e9, Assert.Single(PerfDataParser.Parse(Item().Match(Page).Groups["item"].Value, truncated: false, out _)).Value);
    }

    [GeneratedRegex("`(?<words>[^`|]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();

    [GeneratedRegex("`(?<item>'free space'=[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Item();
}
