using System.Text.RegularExpressions;
using Scout.Testing;

namespace Scout.Architecture.Tests;

/// <summary>docs/attacks.md and the tests are one: each row has tests, each test class of a row says so by a trait, and no trait is without its row.</summary>
public sealed partial class AttackTableTests
{
    private static readonly string Tests = Path.Combine(Repository.Root, "tests");

    [Fact]
    public void Every_attack_has_its_row()
    {
        string[] wanted = [.. Enumerable.Range(1, 39).Select(number => $"{number}"), .. Enumerable.Range(1, 11).Select(number => $"A{number}")];
        Assert.Equal(wanted, Rows().Select(row => row.Number));
    }

    [Fact]
    public void Each_row_is_named_by_the_classes_that_it_names_and_by_no_other()
    {
        var named = new SortedSet<string>(Rows().SelectMany(row => row.Classes.Select(one => $"{row.Number} {one}")), StringComparer.Ordinal);
        var marked = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Tests, "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)))
        {
            foreach (Match trait in Trait().Matches(File.ReadAllText(file))) marked.Add($"{trait.Groups["number"].Value} {Path.GetFileNameWithoutExtension(file)}");
        }

        Assert.Equal(string.Join('\n', named), string.Join('\n', marked));
    }

    private static IEnumerable<(string Number, string[] Classes)> Rows() => File.ReadLines(Path.Combine(Repository.Root, "docs", "attacks.md"))
        .Select(line => Row().Match(line)).Where(match => match.Success)
        .Select(match => (match.Groups["number"].Value, match.Groups["classes"].Value.Split(',', StringSplitOptions.TrimEntries)));

    [GeneratedRegex(@"^\| (?<number>A?\d+) \|.*\| (?<classes>[\w, ]+) \|$", RegexOptions.None, 1000)]
    private static partial Regex Row();

    [GeneratedRegex("""^ *\[Trait\("attack", "(?<number>A?\d+)"\)\]$""", RegexOptions.Multiline, 1000)]
    private static partial Regex Trait();
}
