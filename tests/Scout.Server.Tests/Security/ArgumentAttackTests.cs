using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scout.Server.Tests.Security;

/// <summary>Nothing that comes in as a value becomes a word, an option or a program (reliability.md A1).</summary>
[Collection("node")]
[Trait("attack", "23")]
[Trait("attack", "A1")]
public sealed class ArgumentAttackTests
{
    [Fact]
    public async Task A_value_of_facts_overrides_or_data_stays_inside_its_word()
    {
        await using var node = new TestNode();
        string canary = node.Folder.File("canary");
        string[] values = HostileText.Of(canary);
        string show = node.Plugin("show", "printf '%s\\0' \"$@\" >\"$MACHINE_NAME.args\"; exit 0");
        var facts = new JsonObject();
        var overrides = new JsonObject();
        var yaml = new System.Text.StringBuilder("checks:\n");
        for (int i = 0; i < values.Length; i++)
        {
            facts[$"f{i}"] = values[i];
            overrides[$"m{i}"] = new JsonObject { ["v"] = values[i] };
            yaml.Append($"  - name: m{i}\n    plugin: {show} first --fact={{{{lookup \"facts.f{i}\"}}}} '{{{{ o \"v\" }}}}' last\n    interval: 1h\n    splay: 0\n");
        }

        Configure(node, facts, overrides);
        node.Machines("checks.yaml", yaml.ToString());
        await node.StartAsync();
        for (int i = 0; i < values.Length; i++)
        {
            int number = i;
            string file = Path.Combine(node.MachinesFolder, $"m{number}.args");
            await Wait.UntilAsync(() => File.Exists(file) && File.ReadAllText(file).EndsWith("last\0", StringComparison.Ordinal), () => $"m{number}: {values[number]}\n{node.Log}");
            Assert.Equal(["first", "--fact=" + values[i], values[i], "last"], (await File.ReadAllTextAsync(file)).Split('\0')[..^1]);
        }

        Assert.False(File.Exists(canary));
    }

    [Theory]
    [InlineData("nul", "NUL")]
    [InlineData("long", "65536 bytes at word 2")]
    public async Task A_value_that_no_word_can_hold_is_a_bad_command(string kind, string said)
    {
        await using var node = new TestNode();
        string show = node.Plugin("show", "exit 0");
        Configure(node, new JsonObject { ["x"] = kind == "nul" ? "a\0b" : new string('x', 200_000) }, []);
        node.Machines("checks.yaml", $"checks:\n  - name: it\n    plugin: {show} --x={{{{lookup \"facts.x\"}}}}\n    splay: 0\n");
        await node.StartAsync();
        JsonElement result = default;
        await Wait.UntilAsync(
            async () => (await node.AskAsync("machine", """{"machine":"it"}""")).GetProperty("results")[0].TryGetProperty("result", out result) && result.ValueKind == JsonValueKind.Object, () => node.Log);
        Assert.Equal(("UNKNOWN", "bad_command"), (result.GetProperty("status").GetString(), result.GetProperty("reason").GetString()));
        Assert.Contains(said, result.GetProperty("output").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_text_in_any_field_of_a_request_runs_anything_or_moves_a_machine()
    {
        await using var node = new TestNode();
        string canary = node.Folder.File("canary");
        string log = node.Folder.File("runs");
        string plugin = node.Plugin("count", $"echo run >>{log}; exit 0");
        node.Machines("checks.yaml", $"checks:\n  - {{ name: it, plugin: {plugin}, interval: 1h, splay: 0 }}\n");
        await node.StartAsync();
        await node.ReachesAsync("it", "OK");
        string before = await FingerprintAsync(node);
        (string Action, string Args)[] forms =
        [
            ("machines", """{"machines":["X"]}"""), ("machines", """{"states":["X"]}"""), ("machines", """{"after":"X"}"""), ("machine", """{"machine":"X"}"""), ("facts", """{"keys":["X"]}"""),
            ("check", """{"machines":["X"]}"""), ("transition", """{"machine":"X","transition":"OK"}"""), ("transition", """{"machine":"it","transition":"X"}"""),
            ("maintenance", """{"machines":["it"],"until":"X","reason":"r"}"""), ("maintenance", """{"machines":["X"],"for_s":60,"reason":"r"}"""), ("resume", """{"machines":["X"]}"""),
            ("acknowledge", """{"machines":["X"],"reason":"r"}"""), ("probe", """{"target":"X"}"""), ("mesh", """{"after":"X"}"""), ("history", """{"machines":["X"]}"""), ("X", "{}"),
        ];
        foreach ((string action, string args) in forms)
        {
            foreach (string value in HostileText.Of(canary).Where(value => value is not ("*" or "")).Take(12))
            {
                string inside = JsonSerializer.Serialize(value)[1..^1];
                JsonElement reply = await node.AskAsync(action == "X" ? inside : action, args.Replace("X", inside, StringComparison.Ordinal));
                string? code = reply.GetProperty("code").GetString();
                Assert.NotEqual("busy", code);
                Assert.True(code != "ok" || !reply.TryGetProperty("results", out JsonElement results) || results.GetArrayLength() == 0 || action is "facts" or "machines" or "history", $"{action} {args} {value}: {reply}");
            }
        }

        Assert.False(File.Exists(canary));
        Assert.Equal(before, await FingerprintAsync(node));
        Assert.Single(await File.ReadAllLinesAsync(log));
    }

    private static void Configure(TestNode node, JsonObject facts, JsonObject overrides)
    {
        string config = node.Folder.Write("server.yaml", $"facts: {node.Folder.Write("facts.json", facts.ToJsonString())}\noverrides: {node.Folder.Write("overrides.json", overrides.ToJsonString())}\n");
        node.Arguments = node.Arguments with { Config = config };
    }

    private static async Task<string> FingerprintAsync(TestNode node)
    {
        JsonElement record = (await node.AskAsync("machine", """{"machine":"it"}""")).GetProperty("results")[0].GetProperty("record");
        return $"{record.GetProperty("state")} {record.GetProperty("since")}";
    }
}
