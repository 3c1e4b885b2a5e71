using System.Text.Json;
using Scout.Checks.Output;

namespace Scout.Checks.Tests.Output;

public sealed class OutputFitTests
{
    [Fact]
    public void What_fits_is_left_as_it_is()
    {
        PluginOutput output = Output("OK", new string('l', 30_000), new string('e', 8_000), 100);
        Assert.Same(output, OutputFit.Within(output, OutputFit.EventBudget, out bool cut));
        Assert.False(cut);
    }

    [Fact]
    public void Long_text_goes_first_then_stderr_then_the_last_items_then_the_text()
    {
        PluginOutput output = Output("OK", new string('l', 1000), new string('e', 1000), 10);
        PluginOutput longText = OutputFit.Within(output, 2500, out bool cut);
        Assert.True(cut);
        Assert.InRange(longText.LongText.Length, 1, 999);
        Assert.Equal((1000, 10), (longText.Stderr.Length, longText.PerfData.Count));

        PluginOutput stderr = OutputFit.Within(output, 1500, out _);
        Assert.Equal((0, 10), (stderr.LongText.Length, stderr.PerfData.Count));
        Assert.InRange(stderr.Stderr.Length, 1, 999);

        PluginOutput items = OutputFit.Within(output, 500, out _);
        Assert.Equal((0, 0, "OK"), (items.LongText.Length, items.Stderr.Length, items.Text));
        Assert.Equal(["l0", "l1", "l2"], items.PerfData.Take(3).Select(item => item.Label));
        Assert.InRange(items.PerfData.Count, 3, 9);

        Assert.Equal("O", OutputFit.Within(output, 1, out _).Text);
    }

    [Fact]
    public void Whatever_a_plugin_prints_its_json_is_below_the_budget_and_its_text_is_whole_characters()
    {
        var random = new Random(5);
        for (int round = 0; round < 300; round++)
        {
            string alphabet = new[] { "abc ", "\u0001\u001b\0", "äöü€", "<&>'+`\"\\", "😀" }[random.Next(5)];
            PluginOutput output = Output(Text(random, alphabet, 20_000), Text(random, alphabet, 20_000), Text(random, alphabet, 8_000), random.Next(0, 512));
            int budget = random.Next(200, 60_000);
            PluginOutput fitted = OutputFit.Within(output, budget, out _);
            int bytes = Size(fitted.Text) + Size(fitted.LongText) + Size(fitted.Stderr) + fitted.PerfData.Sum(item => Size(item.Label) + Size(item.Raw));
            Assert.True(bytes <= budget, $"{bytes} of {budget}");
            Assert.DoesNotContain('\uFFFD', JsonSerializer.Deserialize<string>(JsonSerializer.Serialize(fitted.LongText))!);
        }
    }

    private static int Size(string text) => JsonSerializer.SerializeToUtf8Bytes(text).Length - 2;

    private static string Text(Random random, string alphabet, int most) =>
        string.Concat(Enumerable.Repeat(alphabet, random.Next(0, most / alphabet.Length)));

    private static PluginOutput Output(string text, string longText, string stderr, int items) => new()
    {
        Text = text,
        LongText = longText,
        Stderr = stderr,
        PerfData = [.. Enumerable.Range(0, items).Select(index => new PerfDataItem { Label = $"l{index}", Raw = $"{index}", Value = index })],
    };
}
