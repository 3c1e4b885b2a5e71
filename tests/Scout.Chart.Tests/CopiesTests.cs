using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scout.Testing;

namespace Scout.Chart.Tests;

public sealed partial class CopiesTests
{
    [Theory]
    [InlineData("alerts", "rules", "*.yaml")]
    [InlineData("dashboards", "dashboards", "*.json")]
    public void Rules_and_dashboards_of_the_chart_are_those_of_the_repository(string source, string copy, string pattern)
    {
        string[] wanted = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, source), pattern).Order(StringComparer.Ordinal)];
        string[] there = [.. Directory.EnumerateFiles(Path.Combine(HelmTool.Chart, copy)).Order(StringComparer.Ordinal)];

        Assert.NotEmpty(wanted);
        Assert.Equal(wanted.Select(Path.GetFileName), there.Select(Path.GetFileName));
        Assert.All(wanted.Zip(there), static pair => Assert.True(File.ReadAllBytes(pair.First).AsSpan().SequenceEqual(File.ReadAllBytes(pair.Second)), $"copy {pair.First} over {pair.Second}"));
    }

    [Fact]
    public void The_table_of_the_readme_has_each_value_with_its_default()
    {
        SortedDictionary<string, string> values = new(StringComparer.Ordinal);
        Leaves("", YamlText.Read(File.ReadAllText(Path.Combine(HelmTool.Chart, "values.yaml"))), Schema(), values);

        SortedDictionary<string, string> table = new(StringComparer.Ordinal);
        foreach (Match row in Row().Matches(File.ReadAllText(Path.Combine(HelmTool.Chart, "README.md")))) table.Add(row.Groups["key"].Value, Same(JsonNode.Parse(row.Groups["value"].Value)));

        Assert.Equal(values, table);
    }

    [Fact]
    public void Every_level_of_the_schema_that_is_ours_is_closed_and_every_key_has_a_value_and_a_description()
    {
        JsonNode values = YamlText.Read(File.ReadAllText(Path.Combine(HelmTool.Chart, "values.yaml")));
        void Walk(JsonNode schema, JsonNode? value, string path)
        {
            if (schema["properties"] is not JsonObject properties || value is not JsonObject map)
            {
                Assert.False(string.IsNullOrEmpty((string?)schema["description"]), path);
                return;
            }

            Assert.False((bool)schema["additionalProperties"]!, path);
            Assert.Equal(map.Select(static entry => entry.Key), properties.Select(static entry => entry.Key));
            foreach ((string key, JsonNode? below) in properties) Walk(below!, map[key], $"{path}.{key}");
        }

        Walk(Schema(), values, "");
    }

    [Fact]
    public void The_images_in_the_metadata_are_those_that_run()
    {
        string chart = File.ReadAllText(Path.Combine(HelmTool.Chart, "Chart.yaml"));
        string listed = (string)YamlText.Read(chart)["annotations"]!["artifacthub.io/images"]!;
        IEnumerable<string> images = YamlText.Read(listed).AsArray().Select(static one => (string)one!["image"]!);

        IEnumerable<string> run = Rendering.Of("broker").Pods().SelectMany(static pod => pod.Containers).Select(static one => (string)one["image"]!).Distinct(StringComparer.Ordinal);
        Assert.Equal(images.Order(StringComparer.Ordinal), run.Order(StringComparer.Ordinal));
    }

    private static JsonNode Schema() => JsonNode.Parse(File.ReadAllText(Path.Combine(HelmTool.Chart, "values.schema.json")))!;

    /// <summary>A leaf is where the schema lists no keys of ours.</summary>
    private static void Leaves(string path, JsonNode? value, JsonNode schema, SortedDictionary<string, string> into)
    {
        if (schema["properties"] is not JsonObject properties)
        {
            into.Add(path, Same(value));
            return;
        }

        foreach ((string key, JsonNode? below) in value!.AsObject()) Leaves(path.Length == 0 ? key : $"{path}.{key}", below, properties[key]!, into);
    }

    private static string Same(JsonNode? value) => JsonSerializer.Serialize(JsonNode.Parse(value?.ToJsonString() ?? "null"));

    [GeneratedRegex(@"^\| `(?<key>[^`]+)` \| `(?<value>.*?)` \| ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();
}
