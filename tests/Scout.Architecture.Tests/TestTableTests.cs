using System.Globalization;
using System.Text.RegularExpressions;
using Scout.Testing;

namespace Scout.Architecture.Tests;

/// <summary>
/// docs/attacks.md and docs/faults.md are one with the tests: each row has tests, each test class of a row says so by a trait, and no trait is without its row.
/// </summary>
public sealed partial class TestTableTests
{
    private static readonly string Tests = Path.Combine(Repository.Root, "tests");

    [Fact]
    public void Every_attack_and_every_fault_has_its_row()
    {
        Assert.Equal([.. Numbers("", 39), .. Numbers("A", 11)], Rows("attack").Select(row => row.Number));
        Assert.Equal(Numbers("R", 15), Rows("fault").Select(row => row.Number));
    }

    [Theory]
    [InlineData("attack")]
    [InlineData("fault")]
    public void Each_row_is_named_by_the_classes_that_it_names_and_by_no_other(string kind)
    {
        var named = new SortedSet<string>(Rows(kind).SelectMany(row => row.Classes.Select(one => $"{row.Number} {one}")), StringComparer.Ordinal);
        var marked = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Tests, "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)))
        {
            foreach (Match trait in Trait().Matches(File.ReadAllText(file)))
            {
                if (trait.Groups["kind"].Value == kind) marked.Add($"{trait.Groups["number"].Value} {Path.GetFileNameWithoutExtension(file)}");
            }
        }

        Assert.Equal(string.Join('\n', named), string.Join('\n', marked));
    }

    private static IEnumerable<string> Numbers(string letter, int last) => Enumerable.Range(1, last).Select(number => letter + number.ToString(CultureInfo.InvariantCulture));

    private static IEnumerable<(string Number, string[] Classes)> Rows(string kind) => File.ReadLines(Path.Combine(Repository.Root, "docs", kind + "s.md"))
        .Select(line => Row().Match(line)).Where(match => match.Success)
        .Select(match => (match.Groups["number"].Value, match.Groups["classes"].Value.Split(',', StringSplitOptions.TrimEntries)));

    // Number, what is done, what happens, the classes, and on one page something more.
    [GeneratedRegex(@"^\| (?<number>[AR]?\d+) \|[^|]*\|[^|]*\| (?<classes>[\w, ]+) \|([^|]*\|)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();

    [GeneratedRegex("""^ *\[Trait\("(?<kind>attack|fault)", "(?<number>[AR]?\d+)"\)\]$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Trait();
}
