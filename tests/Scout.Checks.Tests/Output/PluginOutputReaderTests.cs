using Scout.Checks.Output;

namespace Scout.Checks.Tests.Output;

public sealed class PluginOutputReaderTests
{
    [Theory]
    [InlineData("OK", "OK", "", "")]
    [InlineData("OK\n", "OK", "", "")]
    [InlineData("OK\r\n\r\n  \n\n", "OK", "", "")]
    [InlineData("  OK all well  | a=1", "OK all well", "", "a=1")]
    [InlineData("OK - a pipe | in prose", "OK - a pipe | in prose", "", "")]
    [InlineData("OK - 5 users |", "OK - 5 users", "", "")]
    [InlineData("OK - 5 users |  \n", "OK - 5 users", "", "")]
    [InlineData("OK | a=1\nlong one\nlong two", "OK", "long one\nlong two", "a=1")]
    [InlineData("OK | a=1\nlong one\nlong two | b=2\nc=3\nd=4", "OK", "long one\nlong two", "a=1 b=2 c=3 d=4")]
    [InlineData("OK\nlong | b=2", "OK", "long", "b=2")]
    [InlineData("OK\n| b=2", "OK", "", "b=2")]
    [InlineData("OK\nlong | prose\nmore | b=2", "OK", "long | prose\nmore", "b=2")]
    [InlineData("OK\r\nlong\r\n\r\nend\r\n", "OK", "long\n\nend", "")]
    [InlineData("OK\n  indented", "OK", "  indented", "")]
    [InlineData("", "(no output)", "", "")]
    [InlineData("\n \n\n", "(no output)", "", "")]
    [InlineData("|", "(no output)", "", "")]
    [InlineData("\nsecond", "second", "second", "")]
    [InlineData("|a=1\nsecond", "second", "second", "a=1")]
    public void Text_long_text_and_numbers_come_apart(string stdout, string text, string longText, string perf)
    {
        PluginOutput output = PluginOutputReader.Read(stdout);
        Assert.Equal(text, output.Text);
        Assert.Equal(longText, output.LongText);
        Assert.Equal(perf, string.Join(' ', output.PerfData.Select(item => $"{item.Label}={item.Raw}")));
        Assert.Equal(0, output.PerfDataErrors.Count);
    }

    [Fact]
    public void A_further_bar_in_performance_data_is_a_bad_item()
    {
        PluginOutput output = PluginOutputReader.Read("OK\nlong | a=1 | b=2");
        Assert.Equal(["a", "b"], output.PerfData.Select(item => item.Label));
        Assert.Equal("|", Assert.Single(output.PerfDataErrors.First).Item);
    }

    [Fact]
    public void Only_the_first_bar_of_a_line_is_asked()
    {
        PluginOutput output = PluginOutputReader.Read("OK - a pipe | in prose | a=1");
        Assert.Equal("OK - a pipe", output.Text);
        Assert.Equal("a", Assert.Single(output.PerfData).Label);
        Assert.Equal(3, output.PerfDataErrors.Count);
    }

    [Fact]
    public void Stderr_is_shown_only_when_stdout_says_nothing_and_is_never_parsed()
    {
        Assert.Equal("bad | a=1", PluginOutputReader.Read("", truncated: false, "\n \n bad | a=1 \nworse").Text);
        Assert.Empty(PluginOutputReader.Read("", truncated: false, "bad | a=1").PerfData);
        PluginOutput both = PluginOutputReader.Read("OK", truncated: false, "noise");
        Assert.Equal(("OK", "noise", ""), (both.Text, both.Stderr, both.LongText));
    }

    [Theory]
    [InlineData("OK | a=1 b=12", "a")]
    [InlineData("OK | a=1 b=12 ", "a b")]
    [InlineData("OK | a=1 b=12\n", "a b")]
    [InlineData("OK | a=1 b=12\nlong", "a b")]
    [InlineData("OK | a=1\nlong | b=2 c=12", "a b")]
    [InlineData("OK | a=1\nlong | b=2\nc=12", "a b")]
    [InlineData("OK | a=1\nlong | b=2\nc=12\n", "a b c")]
    public void The_last_item_of_a_cut_output_is_dropped_unless_a_blank_follows(string stdout, string labels) =>
        Assert.Equal(labels, string.Join(' ', PluginOutputReader.Read(stdout, truncated: true, "").PerfData.Select(item => item.Label)));

    [Fact]
    public void The_choria_killer_is_a_null_value()
    {
        PerfDataItem item = Assert.Single(PluginOutputReader.Read("OK | a=U").PerfData);
        Assert.Null(item.Value);
    }

    [Theory]
    [InlineData("'")]
    [InlineData("'a ")]
    [InlineData("a='")]
    [InlineData("''' ")]
    [InlineData("|\n")]
    [InlineData("| ")]
    [InlineData("\n")]
    [InlineData("a::")]
    [InlineData("a=1;")]
    [InlineData(" ")]
    [InlineData("1")]
    public void The_time_to_read_grows_with_the_length_and_not_faster(string unit)
    {
        // 64 times the input may take 64 times as long; a quadratic reader would take 4,096 times.
        string small = "OK |" + string.Concat(Enumerable.Repeat(unit, 2_000));
        string large = "OK |" + string.Concat(Enumerable.Repeat(unit, 128_000));
        Measure(small);
        double few = 0;
        double many = 0;
        for (int attempt = 0; attempt < 4; attempt++)
        {
            few = Enumerable.Range(0, 5).Min(_ => Measure(small));
            many = Enumerable.Range(0, 3).Min(_ => Measure(large));
            if (many < Math.Max(few, 0.1) * 64 * 8) return;
        }

        Assert.Fail($"{few:F3} ms became {many:F3} ms");
    }

    private static double Measure(string text)
    {
        long start = TimeProvider.System.GetTimestamp();
        _ = PluginOutputReader.Read(text);
        return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
    }
}
