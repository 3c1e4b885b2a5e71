using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.Chart.Tests;

/// <summary>docs/kubernetes.md and the notes of the chart: every command of Scout in them exists, with every flag, and every value has its place in the chart.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "kubernetes.md"));

    [Fact]
    public async Task Every_command_exists_with_its_flags()
    {
        string text = Page + File.ReadAllText(Path.Combine(HelmTool.Chart, "templates", "NOTES.txt"));
        var helps = new Dictionary<string, string>(StringComparer.Ordinal);
        int seen = 0;
        foreach (Match use in Command().Matches(text))
        {
            string[] words = [.. use.Groups["rest"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
            string[] command = [.. words.TakeWhile(static word => PlainWord().IsMatch(word)).Take(2)];
            if (command.Length == 0) continue;
            // One word or two: 'mesh' has both.
            foreach (int length in (int[])[Math.Min(2, command.Length), 1])
            {
                string key = string.Join(' ', command.Take(length));
                if (!helps.TryGetValue(key, out string? help))
                {
                    CommandResult result = await ScoutExecutable.RunAsync([.. command.Take(length), "--help"]);
                    helps[key] = help = result.ExitCode == 0 && result.Stdout.Contains($"scout {key}", StringComparison.Ordinal) ? result.Stdout : "";
                }

                if (help.Length == 0)
                {
                    Assert.True(length > 1, $"there is no command: scout {string.Join(' ', words)}");
                    continue;
                }

                Assert.All(words.Where(static word => word.StartsWith("--", StringComparison.Ordinal)), flag => Assert.Contains(flag, help, StringComparison.Ordinal));
                seen++;
                break;
            }
        }

        Assert.InRange(seen, 15, 200);
    }

    [Fact]
    public async Task Every_block_of_values_renders_and_the_server_reads_what_comes_of_it()
    {
        MatchCollection blocks = YamlBlock().Matches(Page);
        Assert.InRange(blocks.Count, 5, 50);
        using var folder = new TempFolder();
        foreach (Match block in blocks)
        {
            Rendering rendering = Rendering.With("scout", "1.32", "--values", folder.Write("values.yaml", block.Groups["text"].Value));
            foreach (JsonObject map in rendering.OfKind("ConfigMap").Where(static one => one["data"]!["server.yaml"] is not null))
            {
                CommandResult result = await ScoutExecutable.RunAsync(["server", "check", "--node", "n1", "--config", folder.Write("server.yaml", (string)map["data"]!["server.yaml"]!)], ProductTests.NoCluster);
                Assert.True(result.ExitCode == 0, block.Value + result.Stdout + result.Stderr);
            }
        }
    }

    [Fact]
    public void Every_value_that_is_named_is_one_of_the_chart()
    {
        string[] keys = [.. Regex.Matches(File.ReadAllText(Path.Combine(HelmTool.Chart, "README.md")), "^\\| `(?<key>[^`]+)` \\|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Select(static one => one.Groups["key"].Value)];
        foreach (Match named in Value().Matches(Page))
        {
            string key = named.Groups["key"].Value;
            Assert.True(keys.Any(one => one == key || one.StartsWith(key + ".", StringComparison.Ordinal) || key.StartsWith(one + ".", StringComparison.Ordinal)), $"the chart has no value {key}");
        }
    }

    [GeneratedRegex(@"(?:/app/scout|(?<=^|`|; |\| )scout|(?<=^|`)admin) (?<rest>[^`\n|#;]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Command();

    [GeneratedRegex("^```yaml\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex YamlBlock();

    [GeneratedRegex("^[a-z]+$", RegexOptions.None, 5000)]
    private static partial Regex PlainWord();

    [GeneratedRegex(@"(?:`|--set )(?<key>(?:server|broker|traffic|sidecar|networkPolicy|monitoring|tests|rbac|image|global)\.[A-Za-z.]+[A-Za-z])", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Value();
}
