using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd.Security;

/// <summary>What a plugin, a file or a person writes cannot drive the terminal of who reads it (security.md row 24, reliability.md A2).</summary>
[Trait("attack", "24")]
[Trait("attack", "A2")]
public sealed class TerminalTests
{
    private const string Hostile = "\u001b]0;owned\u0007\u001b[2J\u001b[31mred\r\n\"quoted\" {label=\"x\"} \u202ereversed\u2066 \u009b31m \\ end";

    [Fact]
    public async Task No_command_prints_a_control_character_in_any_form()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        string output = folder.Write("output", Hostile + " | 'a\u001b[1m\"b'=1\n\u001b[5mlong\r\n");
        node.Define("it.yaml", $"checks:\n  - {{ name: it, plugin: [/bin/cat, {output}], interval: 1h, splay: 0, events: all, annotations: {{ note: \"\\e[31mred\" }} }}\n");
        node.Define("bad.yaml", "checks:\n  - { name: \"\\e[31mname\", plugin: \"x\\r\\ny\", \"k\\e]0;x\\a\": 1 }\n");
        await node.StartAsync();
        await node.ReachesAsync("it", "OK");
        Assert.Equal(0, (await node.ScoutAsync("ack", "web1/it", "--reason", Hostile)).ExitCode is var acknowledged && acknowledged is 0 or 1 ? 0 : acknowledged);
        Assert.Equal(0, (await node.ScoutAsync("maintenance", "start", "web1/it", "--for", "1h", "--reason", Hostile)).ExitCode);
        string[][] commands =
        [
            ["status"], ["status", "-o", "wide"], ["status", "-o", "yaml"], ["status", "-o", "json"], ["inspect", "web1/it"], ["inspect", "web1"], ["history", "web1/it", "--checks"], ["events"], ["events", "-o", "jsonl"],
            ["maintenance", "ls"], ["check", "web1/it"], ["nodes"], ["status", Hostile], ["status", "--" + Hostile], ["machine", "lint", node.Machines], ["machine", "explain", Path.Combine(node.Machines, "it.yaml")],
        ];
        int shown = 0;
        foreach (string[] command in commands)
        {
            CommandResult result = command[0] == "machine" ? await ScoutExecutable.RunAsync(command) : await node.ScoutAsync(command);
            string all = result.Stdout + result.Stderr;
            if (all.Contains("owned", StringComparison.Ordinal)) shown++;
            Assert.All(all, letter => Assert.True(IsHarmless(letter), $"U+{(int)letter:X4} from scout {string.Join(' ', command)}:\n{all}"));
        }

        Assert.True(shown >= 6, $"only {shown} commands showed the text at all");
        Assert.All(node.Process.Output, letter => Assert.True(IsHarmless(letter), $"U+{(int)letter:X4} in the log"));
    }

    private static bool IsHarmless(char letter) => letter == '\n' || (!char.IsControl(letter) && letter is not ('\u202e' or '\u2066' or '\u2028' or '\u2029'));
}
