using System.Text;
using Scout.Machines.Definitions;
using Scout.Server.Definitions;

namespace Scout.Server.Tests.Security;

/// <summary>YAML as a weapon (reliability.md A4): a model or findings with their place; nothing thrown, made or expanded.</summary>
[Collection("node")]
[Trait("attack", "A4")]
[Trait("fault", "R11")]
public sealed class DefinitionAttackTests
{
    private const string Sound = "checks:\n  - { name: ok, plugin: /bin/true, splay: 0 }\n";

    public static TheoryData<string, string, string> Weapons() => new()
    {
        { "alias bomb", Bomb(9, 9), "too_large" },
        { "alias cycle", "checks: &a\n  - *a\n", "yaml_syntax" },
        { "depth 10,000", "checks: " + new string('[', 10_000) + new string(']', 10_000), "too_large" },
        { "depth by indentation", string.Concat(Enumerable.Range(0, 600).Select(i => new string(' ', i) + "a:\n")), "too_large" },
        { "10 MB scalar", "checks: " + new string('x', 10_000_000), "too_large" },
        { "100,000 keys", string.Concat(Enumerable.Range(0, 100_000).Select(i => $"k{i}: 1\n")), "too_large" },
        { "duplicate keys", "checks:\n  - { name: a, name: b, plugin: x }\n", "duplicate_key" },
        { "merge of a list that holds itself", "a: &a { b: 1 }\nchecks:\n  - { <<: [*a, *b], name: x, plugin: y }\n", "yaml_syntax" },
        { "two documents", Sound + "---\n" + Sound, "yaml_syntax" },
        { "binary tag", "checks:\n  - { name: a, plugin: !!binary aGk= }\n", "yaml_syntax" },
        { "type tag", "checks: !System.Diagnostics.Process\n  - { name: a, plugin: x }\n", "yaml_syntax" },
        { "python tag", "checks: !!python/object/apply:os.system ['id']\n", "yaml_syntax" },
        { "NO is a text", "checks:\n  - { name: a, plugin: x, labels: { x: [NO] } }\n", "wrong_type" },
        { "1:30 is no duration", "checks:\n  - { name: a, plugin: x, interval: 1:30 }\n", "bad_duration" },
        { "0o17 is no number", "checks:\n  - { name: a, plugin: x, attempts: 0o17 }\n", "bad_value" },
        { "1e400 is no number", "checks:\n  - { name: a, plugin: x, attempts: 1e400 }\n", "bad_value" },
        { "tab", "checks:\n\t- { name: a, plugin: x }\n", "yaml_syntax" },
        { "NUL", "checks:\n  - { name: \"a\\0\", plugin: x }\n", "bad_name" },
        { "NUL in a command", "checks:\n  - { name: a, plugin: \"x \\0\" }\n", "bad_command" },
        { "path as a name", "checks:\n  - { name: ../../etc/cron.d/x, plugin: x }\n", "bad_name" },
        { "option as a name", "checks:\n  - { name: -rf, plugin: x }\n", "bad_name" },
        { "300 characters", $"checks:\n  - {{ name: {new string('n', 300)}, plugin: x }}\n", "bad_name" },
        { "look-alike", "checks:\n  - { name: d\u0456sk, plugin: x }\n", "bad_name" },
        { "names that differ in case", "checks:\n  - { name: disk, plugin: x }\n  - { name: DISK, plugin: x }\n", "duplicate_name" },
        { "user that is an option", "checks:\n  - { name: a, plugin: x, user: --root }\n", "bad_name" },
        { "user of a probe", "checks:\n  - { name: a, tcp: { address: \"127.0.0.1:1\" }, user: root }\n", "conflict" },
    };

    [Theory]
    [MemberData(nameof(Weapons))]
    public void Each_is_refused_with_its_place(string what, string yaml, string kind)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        DefinitionFile file = DefinitionReader.Read("x.yaml", Encoding.UTF8.GetBytes(yaml), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Empty(file.Machines);
        Assert.True(file.Findings.Any(finding => finding.Kind == kind), $"{what}: no {kind} in {string.Join('\n', file.Findings)}");
        Assert.All(file.Findings, finding => Assert.True(finding.Line >= 1 && finding.Column >= 1));
        Assert.True(allocated < 64 << 20, $"{what}: {allocated >> 20} MiB");
    }

    [Theory]
    [InlineData("\ufeff")]
    [InlineData("# \r\n")]
    public void What_only_looks_odd_is_read(string before) =>
        Assert.Single(DefinitionReader.Read("x.yaml", Encoding.UTF8.GetBytes(before + Sound), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance }).Machines);

    [Fact]
    public void A_lone_surrogate_is_no_text() =>
        Assert.True(DefinitionReader.Read("x.yaml", new byte[] { (byte)'a', (byte)':', (byte)' ', 0xED, 0xA0, 0x80 }, new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance }).HasErrors);

    [Fact]
    public async Task A_running_node_keeps_what_it_has_while_its_file_turns_into_each_of_them()
    {
        await using var node = new TestNode();
        node.Machines("a.yaml", Sound);
        await node.StartAsync();
        await node.ReachesAsync("ok", "OK");
        foreach (string yaml in (string[])[Bomb(9, 9), "checks: !System.Diagnostics.Process []\n", "checks: " + new string('[', 10_000), "checks:\n  - { name: ../x, plugin: x }\n"])
        {
            node.Machines("a.yaml", yaml);
            node.Hangup();
            await Wait.UntilAsync(
                async () => (await node.AskAsync("machine", """{"machine":"ok"}""")).GetProperty("results")[0].GetProperty("record").TryGetProperty("definition_error", out var error) && error.GetString()!.Length > 0, () => node.Log);
            Assert.Equal("OK", await node.StateAsync("ok"));
            node.Machines("a.yaml", Sound);
            node.Hangup();
            await Wait.UntilAsync(
                async () => !(await node.AskAsync("machine", """{"machine":"ok"}""")).GetProperty("results")[0].GetProperty("record").TryGetProperty("definition_error", out var error) || error.ValueKind == System.Text.Json.JsonValueKind.Null, () => node.Log);
        }
    }

    private static string Bomb(int levels, int width)
    {
        var yaml = new StringBuilder("a0: &a0 [" + string.Join(", ", Enumerable.Repeat("x", width)) + "]\n");
        for (int i = 1; i <= levels; i++) yaml.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", width))}]\n");
        return yaml.ToString();
    }
}
