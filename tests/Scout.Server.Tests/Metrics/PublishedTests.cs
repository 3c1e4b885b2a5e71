using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Scout.Server.Metrics;
using Scout.Server.Metrics.Mesh;
using Scout.Server.Tests.Metrics.Mesh;
using Scout.Server.Tests.Metrics.Traffic;
using Scout.Testing;

namespace Scout.Server.Tests.Metrics;

/// <summary>docs/metrics.md, dashboards and alerts speak of the same series, and the server exports them.</summary>
public sealed partial class PublishedTests
{
    private static readonly string[] Dashboards = [.. Directory.GetFiles(Path.Combine(Repository.Root, "dashboards"), "*.json").Order(StringComparer.Ordinal)];
    private static readonly string[] Alerts = [.. Directory.GetFiles(Path.Combine(Repository.Root, "alerts"), "*.yaml").Order(StringComparer.Ordinal)];

    // Labels that a scrape or a function of the query brings.
    private static readonly string[] Foreign = ["le", "job", "instance"];

    /// <summary>Label names by family, as documented.</summary>
    private static readonly Dictionary<string, string[]> Catalogue = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "metrics.md"))
        .Select(line => Documented().Match(line)).Where(match => match.Success)
        .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["labels"].Value.Replace("`", "", StringComparison.Ordinal).Split(' '));

    [Fact]
    public void Everything_rendered_is_documented_with_its_labels()
    {
        var node = new NodeSample { Node = "n7", Version = "0.1.0", Mode = "secure", Enrolment = "enrolled", TrustSerial = 3, CredentialsLeft = TimeSpan.FromDays(7), Counters = new NodeCounters(), Mesh = Meshes.Busy() with { Plane = "pod" }, Traffic = TrafficSnapshots.Busy(), Cluster = ClusterSamples.Busy() };
        var writer = new ExpositionWriter("n7");
        MetricsText.Render(writer, node, new SeriesBudget(32, 1000), ProcessSample.Now(DateTimeOffset.UnixEpoch), new MeshMetrics(new MeshMetricsOptions()));
        string text = Encoding.UTF8.GetString(writer.Written.Span);
        foreach (Match sample in Sample().Matches(text))
        {
            string name = sample.Groups["name"].Value;
            string family = Catalogue.ContainsKey(name) ? name : Suffix().Replace(name, "");
            Assert.True(Catalogue.TryGetValue(family, out string[]? labels), $"{name} is not in docs/metrics.md: add a line with its labels there");
            foreach (Match label in LabelName().Matches(sample.Groups["labels"].Value)) Assert.True(labels.Contains(label.Groups["one"].Value) || label.Groups["one"].Value == "le", $"{name} has a label {label.Groups["one"].Value} that docs/metrics.md does not have");
        }

        // And the other way round, for what exists from the start.
        string[] missing = [.. Catalogue.Where(pair => pair.Value.Contains("node") && !pair.Value.Contains("machine")).Select(pair => pair.Key).Where(family => !text.Contains("# TYPE " + family + " ", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    [Fact]
    public void Dashboards_and_alerts_ask_only_for_series_that_exist()
    {
        var wrong = new List<string>();
        foreach (string file in (string[])[.. Dashboards, .. Alerts])
        {
            foreach (string expression in Expressions(file)) Check(Path.GetFileName(file), expression, wrong);
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void A_panel_that_asks_for_what_is_not_there_is_found()
    {
        var wrong = new List<string>();
        Check("x", "rate(scout_mesh_probe_total[5m])", wrong);
        Check("x", "sum by (zoen) (scout_mesh_peers)", wrong);
        Check("x", "scout_mesh_peers{stat=\"up\"}", wrong);
        Assert.Equal(3, wrong.Count);
    }

    [Fact]
    public void Every_panel_has_a_unit_a_query_and_the_variables()
    {
        Assert.Equal(["scout-faults.json", "scout-fleet.json", "scout-mesh.json", "scout-node.json"], Dashboards.Select(Path.GetFileName));
        foreach (string file in Dashboards)
        {
            JsonElement board = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
            Assert.Equal(Path.GetFileNameWithoutExtension(file), board.GetProperty("uid").GetString());
            Assert.Equal(["datasource", "zone", "node"], board.GetProperty("templating").GetProperty("list").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
            var ids = new HashSet<int>();
            foreach (JsonElement panel in board.GetProperty("panels").EnumerateArray())
            {
                Assert.True(ids.Add(panel.GetProperty("id").GetInt32()));
                if (panel.GetProperty("type").GetString() == "row") continue;
                Assert.NotEmpty(panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString()!);
                Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray());
                Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString());
            }
        }
    }

    [Theory]
    [InlineData("check", "rules", "alerts/scout-mesh.yaml", "alerts/scout-node.yaml")]
    [InlineData("test", "rules", "tests/alerts/scout-mesh.test.yaml", "tests/alerts/scout-node.test.yaml")]
    public async Task Promtool_agrees(params string[] arguments)
    {
        string? tool = ((string[])["/usr/bin/promtool", "/usr/local/bin/promtool"]).FirstOrDefault(File.Exists);
        if (tool is null) throw SkipTestException.Because("promtool is missing (Debian package prometheus)", "SCOUT_REQUIRE_PROMTOOL");
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, output + await error);
    }

    [Fact]
    public void Every_alert_is_tested_firing_and_silent_and_tells_how_grave_it_is()
    {
        foreach (string file in Alerts)
        {
            string text = File.ReadAllText(file);
            string tests = File.ReadAllText(Path.Combine(Repository.Root, "tests", "alerts", Path.GetFileNameWithoutExtension(file) + ".test.yaml"));
            string[] names = [.. AlertName().Matches(text).Select(match => match.Groups["one"].Value)];
            Assert.NotEmpty(names);
            foreach (string name in names)
            {
                Assert.Matches($@"alertname: {name}\s+exp_alerts: \[\]", tests);
                Assert.Matches($@"alertname: {name}\s+exp_alerts:\s+- exp_labels:", tests);
            }

            // `for` stands beside `expr`, not among the labels.
            Assert.Equal(names.Length, Regex.Count(text, @"^        for: ", RegexOptions.Multiline, TimeSpan.FromSeconds(1)));
            Assert.Equal(names.Length, Regex.Count(text, @"^        labels: \{ severity: (critical|warning) \}$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)));
            Assert.Equal(names.Length, Regex.Count(text, "runbook_url: docs/", RegexOptions.None, TimeSpan.FromSeconds(1)));
        }
    }

    private static IEnumerable<string> Expressions(string file)
    {
        string text = File.ReadAllText(file);
        if (!file.EndsWith(".json", StringComparison.Ordinal)) return RuleExpression().Matches(text).Select(match => match.Groups["one"].Value);
        JsonElement board = JsonDocument.Parse(text).RootElement;
        IEnumerable<string> panels = board.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!);
        // label_values(METRIC, LABEL) of the variables.
        IEnumerable<string> variables = board.GetProperty("templating").GetProperty("list").EnumerateArray().Where(one => one.TryGetProperty("definition", out _))
            .Select(one => one.GetProperty("definition").GetString()!).Select(text => Regex.Replace(text, @"^label_values\((?<series>.*), (?<label>\w+)\)$", "sum by (${label}) (${series})", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)));
        return panels.Concat(variables);
    }

    // Knows as much of the language as our queries use: names, selectors, and the labels that are grouped or matched by.
    private static void Check(string file, string expression, List<string> wrong)
    {
        var used = new HashSet<string>(Foreign, StringComparer.Ordinal);
        foreach (Match selector in Selector().Matches(expression))
        {
            string name = selector.Groups["name"].Value;
            if (name == "up") continue;
            string family = Catalogue.ContainsKey(name) ? name : Suffix().Replace(name, "");
            if (!Catalogue.TryGetValue(family, out string[]? labels))
            {
                wrong.Add($"{file}: there is no series {name}");
                continue;
            }

            used.UnionWith(labels);
            foreach (Match label in SelectorLabel().Matches(selector.Groups["labels"].Value))
            {
                if (!labels.Contains(label.Groups["one"].Value) && !Foreign.Contains(label.Groups["one"].Value)) wrong.Add($"{file}: {name} has no label {label.Groups["one"].Value}");
            }
        }

        foreach (Match grouping in Grouping().Matches(expression))
        {
            foreach (string label in grouping.Groups["one"].Value.Split(',', StringSplitOptions.TrimEntries))
            {
                if (!used.Contains(label)) wrong.Add($"{file}: nothing in '{expression}' has a label {label}");
            }
        }
    }

    [GeneratedRegex(@"^\| `(?<name>[a-z_]+)` \| \w+ \| (?<labels>[^|]*?) \|", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Documented();

    [GeneratedRegex(@"^(?<name>[a-z_]+)(\{(?<labels>[^}]*)\})? ", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Sample();

    [GeneratedRegex("(?<one>[a-z_]+)=\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex LabelName();

    [GeneratedRegex("_(bucket|sum|count)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Suffix();

    [GeneratedRegex(@"\b(?<name>(?:scout_|process_)\w+|up(?=\{))(?:\{(?<labels>[^}]*)\})?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Selector();

    [GeneratedRegex("""(?<one>\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"[,\s]*""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SelectorLabel();

    [GeneratedRegex(@"\b(?:by|on|group_left)\s*\((?<one>[^)]+)\)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Grouping();

    [GeneratedRegex(@"^        expr: (?:\|\n)?(?<one>.*?)(?=\n        for:)", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex RuleExpression();

    [GeneratedRegex(@"^      - alert: (?<one>\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AlertName();
}
