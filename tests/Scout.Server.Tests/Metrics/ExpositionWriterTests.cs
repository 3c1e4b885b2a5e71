using System.Text;
using Scout.Server.Metrics;

namespace Scout.Server.Tests.Metrics;

public sealed class ExpositionWriterTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\"b", "a\\\"b")]
    [InlineData("a\\b", "a\\\\b")]
    [InlineData("a\nb\tc", "a_b_c")]
    [InlineData("\u0007\u007f\u0085x", "___x")]
    [InlineData("é€😀", "é€😀")]
    [InlineData("\u00a0", "\u00a0")]
    public void Label_values_are_escaped_and_control_characters_become_underscores(string text, string shown) =>
        Assert.Equal($"m{{node=\"n\",l=\"{shown}\"}} 1\n", Written(writer => writer.Sample("l", text, 1)).Split('\n')[2] + "\n");

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "1")]
    [InlineData(-3, "-3")]
    [InlineData(1795221600.123, "1795221600.123")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e20, "1E+20")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void Values_are_written_shortest(double value, string shown) => Assert.EndsWith($" {shown}\n", Written(writer => writer.Sample(value)), StringComparison.Ordinal);

    [Fact]
    public void A_family_without_samples_is_not_shown_unless_it_exists_from_the_start()
    {
        var writer = new ExpositionWriter("n");
        writer.Gauge("one", "First.");
        writer.Gauge("two", "Second.", always: true);
        Assert.Equal("# HELP two Second.\n# TYPE two gauge\n", Encoding.UTF8.GetString(writer.Written.Span));
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_sum_and_count()
    {
        var data = new Histogram();
        data.Observe(TimeSpan.FromMilliseconds(3));
        data.Observe(TimeSpan.FromSeconds(7));
        var writer = new ExpositionWriter("n");
        writer.Histogram("h_seconds", "Help.", [("action", "ping", data)]);
        Dictionary<string, double> series = ExpositionParser.Parse(Encoding.UTF8.GetString(writer.Written.Span));
        Assert.Equal((0, 1, 1, 2), (series["h_seconds_bucket{node=\"n\",action=\"ping\",le=\"0.001\"}"], series["h_seconds_bucket{node=\"n\",action=\"ping\",le=\"0.005\"}"], series["h_seconds_bucket{node=\"n\",action=\"ping\",le=\"5\"}"], series["h_seconds_bucket{node=\"n\",action=\"ping\",le=\"+Inf\"}"]));
        Assert.Equal((7.003, 2), (series["h_seconds_sum{node=\"n\",action=\"ping\"}"], series["h_seconds_count{node=\"n\",action=\"ping\"}"]));
    }

    [Theory]
    [InlineData("ok_1", "ok_1")]
    [InlineData("1a", "_1a")]
    [InlineData("a.b-c", "a_b_c")]
    [InlineData("", "_")]
    [InlineData("ä", "_")]
    public void Names_are_made_valid(string text, string name) => Assert.Equal(name, MetricNames.Valid(text));

    private static string Written(Action<ExpositionWriter> write)
    {
        var writer = new ExpositionWriter("n");
        writer.Gauge("m", "Help.");
        write(writer);
        return Encoding.UTF8.GetString(writer.Written.Span);
    }
}
