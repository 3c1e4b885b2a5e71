using System.Globalization;
using System.Text.RegularExpressions;

namespace Scout.Server.Tests.Metrics;

/// <summary>A strict reader of the text exposition format 0.0.4: what it does not like makes the test fail.</summary>
internal static partial class ExpositionParser
{
    public static Dictionary<string, double> Parse(string text)
    {
        var series = new Dictionary<string, double>(StringComparer.Ordinal);
        var families = new HashSet<string>(StringComparer.Ordinal);
        string family = "", type = "";
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
        foreach (string line in text[..^1].Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                family = line.Split(' ')[2];
                Assert.True(families.Add(family), $"family {family} appears twice");
                Assert.True(line.Length > 8 + family.Length, $"{family} has no help");
                continue;
            }

            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.Equal(family, line.Split(' ')[2]);
                type = line.Split(' ')[3];
                Assert.Contains(type, (string[])["gauge", "counter", "histogram"]);
                if (type == "counter") Assert.EndsWith("_total", family, StringComparison.Ordinal);
                continue;
            }

            Match match = Sample().Match(line);
            Assert.True(match.Success, "not a sample: " + line);
            string name = match.Groups["name"].Value;
            string stem = type == "histogram" ? name.Replace("_bucket", "", StringComparison.Ordinal).Replace("_sum", "", StringComparison.Ordinal).Replace("_count", "", StringComparison.Ordinal) : name;
            Assert.Equal(family, stem);
            if (name.StartsWith("scout_", StringComparison.Ordinal)) Assert.StartsWith("{node=\"", match.Groups["labels"].Value, StringComparison.Ordinal);
            double value = double.Parse(match.Groups["value"].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            Assert.True(series.TryAdd(name + match.Groups["labels"].Value, value), "twice: " + line);
        }

        return series;
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n\x00-\x1f]|\\[\\"n])*"(,(?=[a-zA-Z_]))?)+\})? (?<value>[+-]?(Inf|NaN|[0-9.eE+-]+))$""")]
    private static partial Regex Sample();
}
