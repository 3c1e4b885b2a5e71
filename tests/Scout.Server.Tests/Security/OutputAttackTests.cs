using System.Text;
using System.Text.Json;
using Scout.Server.Tests.Metrics;

namespace Scout.Server.Tests.Security;

/// <summary>What a plugin prints is data wherever it is shown: JSON, labels, logs (reliability.md A2, security.md row 24).</summary>
[Collection("node")]
[Trait("attack", "24")]
[Trait("attack", "A2")]
public sealed class OutputAttackTests
{
    private static readonly string[] Outputs =
    [
        "\u001b[2J\u001b[31mOK\u001b]0;owned\u0007 | a=1",
        "OK\r\nX-Injected: yes\r\n\r\n<script> | b=2",
        "\"},\"state\":\"OK\",\"x\":{\"y\":\" | c=3",
        "# HELP scout_check_state owned\n# TYPE scout_check_state gauge\nscout_check_state{node=\"x\"} 1\n| 'a\"b\\c{d}'=1 'a\"b\\c{e}'=2",
        "\u202e\u2066reversed\u2069 | '\u202elabel'=1",
        "choria | a=U;1;2",
        "collide | 'a b'=1 'a\tb'=2 a_b=3 'a-b'=4",
        "' OR 1=1; -- | 'x'=1;@~:;;;",
        "many | " + string.Join(' ', Enumerable.Range(0, 600).Select(i => $"'n{i}'={i}")),
    ];

    [Fact]
    public async Task Every_place_that_shows_an_output_stays_whole()
    {
        await using var node = new TestNode();
        var yaml = new StringBuilder("checks:\n");
        for (int i = 0; i < Outputs.Length; i++)
        {
            node.Folder.Write($"plugins/out{i}", Outputs[i]);
            yaml.Append($"  - {{ name: c{i}, plugin: [/bin/cat, {node.Folder.File($"plugins/out{i}")}], interval: 1h, splay: 0, events: all }}\n");
        }

        node.Machines("checks.yaml", yaml.ToString());
        Directory.CreateDirectory(node.TextfileFolder);
        await node.StartAsync();
        for (int i = 0; i < Outputs.Length; i++) await node.ReachesAsync($"c{i}", "OK");

        // The document comes back with the same text: nothing in it ended a string or a line.
        for (int i = 0; i < Outputs.Length; i++)
        {
            JsonElement result = (await node.AskAsync("machine", $$"""{"machine":"c{{i}}"}""")).GetProperty("results")[0].GetProperty("result");
            string first = Outputs[i].Split('\n')[0].Split('|')[0].Trim();
            Assert.Equal(first, result.GetProperty("output").GetString());
        }

        JsonElement history = await node.AskAsync("history", """{"kinds":["check"]}""");
        Assert.Equal("ok", history.GetProperty("code").GetString());

        // /metrics and the textfile pass a strict reader, and each machine has the series it is allowed.
        string page = (await node.GetAsync("/metrics"))[4..];
        Dictionary<string, double> series = ExpositionParser.Parse(page);
        Assert.DoesNotContain("X-Injected", page, StringComparison.Ordinal);
        for (int i = 0; i < Outputs.Length; i++) Assert.Contains(series.Keys, one => one.StartsWith("scout_check_state{", StringComparison.Ordinal) && one.Contains($"\"c{i}\"", StringComparison.Ordinal));
        Assert.Equal(32, series.Keys.Count(one => one.StartsWith("scout_perfdata_", StringComparison.Ordinal) && one.Contains($"\"c{Outputs.Length - 1}\"", StringComparison.Ordinal)));
        Assert.Equal(0, await node.StopAsync());
        ExpositionParser.Parse(node.Textfile);

        // One event, one line; no control character, no character that turns the reading round.
        Assert.All(node.Log, letter => Assert.True(letter is '\n' || (letter >= ' ' && letter is not ('\u007f' or '\u202e' or '\u2066' or '\u2069')), $"U+{(int)letter:X4} in the log"));
        Assert.DoesNotContain("\nX-Injected", node.Log, StringComparison.Ordinal);
    }
}
