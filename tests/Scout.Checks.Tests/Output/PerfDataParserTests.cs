using Scout.Checks.Output;
using Scout.Checks.Thresholds;

namespace Scout.Checks.Tests.Output;

public sealed class PerfDataParserTests
{
    [Theory]
    [InlineData("a=1", "a", 1d, "")]
    [InlineData("  a=1\t", "a", 1d, "")]
    [InlineData("a=-1.5", "a", -1.5, "")]
    [InlineData("a=+.5", "a", 0.5, "")]
    [InlineData("a=1.", "a", 1d, "")]
    [InlineData("a=1e3", "a", 1000d, "")]
    [InlineData("a=1E-3s", "a", 0.001, "s")]
    [InlineData("a=1EB", "a", 1d, "EB")]
    [InlineData("a=1E", "a", 1d, "E")]
    [InlineData("a=U", "a", null, "")]
    [InlineData("a=U;1;2", "a", null, "")]
    [InlineData("'a b'=1", "a b", 1d, "")]
    [InlineData("'it''s'=1", "it's", 1d, "")]
    [InlineData("'a=b'=1", "a=b", 1d, "")]
    [InlineData("''''=1", "'", 1d, "")]
    [InlineData("a'b=1", "a'b", 1d, "")]
    [InlineData("/=2643MB;5948;5958;0;5968", "/", 2643d, "MB")]
    [InlineData("C:\\ %=12%", null, null, null)]
    [InlineData("a=20°C", "a", 20d, "°C")]
    [InlineData("a=5m/s", "a", 5d, "m/s")]
    [InlineData("ä€=1", "ä€", 1d, "")]
    [InlineData("a=1;;;;;ignored;junk", "a", 1d, "")]
    public void One_item_reads_as_the_grammar_says(string text, string? label, double? value, string? unit)
    {
        IReadOnlyList<PerfDataItem> items = PerfDataParser.Parse(text, truncated: false, out PerfDataErrors errors);
        if (label is null)
        {
            Assert.Equal(1, errors.Count);
            return;
        }

        Assert.Equal(0, errors.Count);
        PerfDataItem item = Assert.Single(items);
        Assert.Equal((label, value, unit), (item.Label, item.RawValue, item.RawUnit));
    }

    [Theory]
    [InlineData("a", "no '='")]
    [InlineData("=1", "label is empty")]
    [InlineData("''=1", "label is empty")]
    [InlineData("'\u00A0'=1", "label is empty")]
    [InlineData("'a=1", "never closed")]
    [InlineData("'a'b=1", "followed by '='")]
    [InlineData("a=", "no value")]
    [InlineData("a=;1;2", "no value")]
    [InlineData("a=x", "not a number")]
    [InlineData("a=1,5", "point")]
    [InlineData("a=inf", "not a number")]
    [InlineData("a=nan", "not a number")]
    [InlineData("a=0x10", "digits in the unit")]
    [InlineData("a=1_000", "unit")]
    [InlineData("a=1e999", "too large")]
    [InlineData("a=1e308YB", "too large")]
    [InlineData("a=1K2", "digits in the unit")]
    [InlineData("a=.", "not a number")]
    [InlineData("a=-", "not a number")]
    [InlineData("a=u", "not a number")]
    [InlineData("a=U%", "not a number")]
    [InlineData("a=1abcdefghijklmnopq", "longer than 16")]
    [InlineData("a\u001b[31m=1", "control character")]
    [InlineData("a=1 a=2", "repeated")]
    public void A_bad_item_is_reported(string text, string message)
    {
        PerfDataParser.Parse(text, truncated: false, out PerfDataErrors errors);
        Assert.Equal(1, errors.Count);
        Assert.Contains(message, Assert.Single(errors.First).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_names_position_item_and_message()
    {
        PerfDataParser.Parse("good=1 other=2 a=1,5 b=3", truncated: false, out PerfDataErrors errors);
        PerfDataError error = Assert.Single(errors.First);
        Assert.Equal((16, "a=1,5", "write decimals with a point"), (error.Position, error.Item, error.Message));
    }

    [Fact]
    public void Parsing_goes_on_after_the_next_blank_behind_the_start_of_a_bad_item()
    {
        IReadOnlyList<PerfDataItem> items = PerfDataParser.Parse("'open=1 b=2", truncated: false, out PerfDataErrors errors);
        Assert.Equal("b", Assert.Single(items).Label);
        Assert.Equal(1, errors.Count);
    }

    [Fact]
    public void A_bad_threshold_is_dropped_alone()
    {
        IReadOnlyList<PerfDataItem> items = PerfDataParser.Parse("a=1;x;20;low;9", truncated: false, out PerfDataErrors errors);
        PerfDataItem item = Assert.Single(items);
        Assert.Null(item.Warning);
        Assert.Equal(new NagiosRange(0, 20, false), item.Critical);
        Assert.Null(item.Min);
        Assert.Equal(9, item.Max);
        Assert.Equal(2, errors.Count);
        Assert.Equal("1;x;20;low;9", item.Raw);
    }

    [Fact]
    public void Thresholds_are_ranges_and_bounds_may_repeat_the_unit()
    {
        PerfDataItem item = Assert.Single(PerfDataParser.Parse("t=250ms;@1:2;~:3;0ms;1000ms", truncated: false, out PerfDataErrors errors));
        Assert.Equal(0, errors.Count);
        Assert.Equal(0.25, item.Value);
        Assert.Equal("seconds", item.Unit);
        Assert.Equal(new NagiosRange(0.001, 0.002, true), item.Warning);
        Assert.Equal(new NagiosRange(double.NegativeInfinity, 0.003, false), item.Critical);
        Assert.Equal(0, item.Min);
        Assert.Equal(1, item.Max);
    }

    [Fact]
    public void Percent_without_bounds_has_0_and_100()
    {
        PerfDataItem item = Assert.Single(PerfDataParser.Parse("a=5%;80;90", truncated: false, out _));
        Assert.Equal((0d, 100d), (item.Min!.Value, item.Max!.Value));
    }

    [Fact]
    public void A_repeated_label_keeps_its_first_value()
    {
        Assert.Equal([1d, 2d], PerfDataParser.Parse("a=1 b=2 a=3", truncated: false, out _).Select(item => item.Value!.Value));
    }

    [Fact]
    public void Check_multi_prefixes_carry_on_to_the_next_prefix()
    {
        IReadOnlyList<PerfDataItem> items = PerfDataParser.Parse("x=0 web::check_http::time=1s size=2B db::check_db::q=3 r=4", truncated: false, out _);
        Assert.Equal(["x", "web::check_http::time", "web::check_http::size", "db::check_db::q", "db::check_db::r"], items.Select(item => item.Label));
    }

    [Fact]
    public void At_most_512_items_are_kept_and_the_rest_is_one_error()
    {
        string text = string.Join(' ', Enumerable.Range(0, 100_000).Select(index => $"l{index}={index}"));
        IReadOnlyList<PerfDataItem> items = PerfDataParser.Parse(text, truncated: false, out PerfDataErrors errors);
        Assert.Equal(512, items.Count);
        Assert.Equal(1, errors.Count);
    }

    [Fact]
    public void A_label_of_128_characters_is_kept_and_a_longer_one_refused()
    {
        Assert.Single(PerfDataParser.Parse(new string('l', 128) + "=1", truncated: false, out _));
        Assert.Empty(PerfDataParser.Parse(new string('l', 129) + "=1", truncated: false, out PerfDataErrors errors));
        Assert.Equal(1, errors.Count);
    }

    [Fact]
    public void Only_five_errors_are_kept_but_all_are_counted()
    {
        PerfDataParser.Parse("a b c d e f g", truncated: false, out PerfDataErrors errors);
        Assert.Equal(7, errors.Count);
        Assert.Equal(5, errors.First.Count);
    }

    [Theory]
    [InlineData("a=1 b=123", "a")]
    [InlineData("a=1 b=123 ", "a b")]
    [InlineData("a=1 b", "a")]
    [InlineData("a=1 'b c", "a")]
    [InlineData("a=1 'b c=1 d=2 e", "a")]
    [InlineData("a=1 'b c'", "a")]
    [InlineData("a=1 b=1;2;3", "a")]
    public void In_a_cut_text_the_last_item_is_dropped_without_an_error(string text, string kept)
    {
        IReadOnlyList<PerfDataItem> items = PerfDataParser.Parse(text, truncated: true, out PerfDataErrors errors);
        Assert.Equal(kept, string.Join(' ', items.Select(item => item.Label)));
        Assert.Equal(0, errors.Count);
    }

    [Fact]
    public void Random_texts_never_throw_and_keep_every_bound()
    {
        var random = new Random(20260);
        for (int round = 0; round < 20_000; round++)
        {
            string text = new string(random.GetItems<char>("ab='' ;:~@1.5eE-+%U,\0\t\uD800µ", random.Next(0, 60)));
            IReadOnlyList<PerfDataItem> items = PerfDataParser.Parse(text, random.Next(2) == 0, out PerfDataErrors errors);
            Assert.All(items, item =>
            {
                Assert.InRange(item.Label.Length, 1, 128);
                Assert.True(item.Value is null || double.IsFinite(item.Value.Value));
            });
            Assert.Equal(items.Count, items.Select(item => item.Label).Distinct(StringComparer.Ordinal).Count());
            Assert.True(errors.First.Count == Math.Min(5, errors.Count));
        }
    }

    [Fact]
    public void What_is_written_by_the_grammar_reads_back()
    {
        var random = new Random(31);
        for (int round = 0; round < 3_000; round++)
        {
            int count = random.Next(1, 8);
            string[] labels = [.. Enumerable.Range(0, count).Select(index => $"{index}{"a 'b="[random.Next(5)]}x")];
            double[] values = [.. Enumerable.Range(0, count).Select(_ => Math.Round((random.NextDouble() - 0.5) * 1e6, random.Next(0, 6)))];
            string text = string.Join(' ', labels.Select((label, index) =>
                FormattableString.Invariant($"'{label.Replace("'", "''", StringComparison.Ordinal)}'={values[index]:R}s;;{Math.Abs(values[index])}")));
            IReadOnlyList<PerfDataItem> items = PerfDataParser.Parse(text, truncated: false, out PerfDataErrors errors);
            Assert.Equal(0, errors.Count);
            Assert.Equal(labels, items.Select(item => item.Label));
            Assert.Equal(values, items.Select(item => item.Value!.Value));
        }
    }
}
