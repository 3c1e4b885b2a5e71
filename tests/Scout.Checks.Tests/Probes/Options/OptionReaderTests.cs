using FsCheck;
using FsCheck.Fluent;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Options;

namespace Scout.Checks.Tests.Probes.Options;

public sealed class OptionReaderTests
{
    [Fact]
    public void Everything_usual_is_filled_in()
    {
        ProbeReading reading = ProbeBench.Read("tcp", ("host", "db1"), ("port", "5432"));

        Assert.Empty(reading.Findings);
        Assert.Equal(
            """{"host":"db1","port":5432,"max_bytes":"4KiB","family":"any","all_addresses":false,"expect":"connected"}""", reading.Canonical);
    }

    [Fact]
    public void Texts_that_mean_the_same_have_the_same_canonical_form()
    {
        string first = ProbeBench.Read("tcp", ("host", "db1"), ("port", "5432"), ("critical", "1000ms")).Canonical;
        string second = ProbeBench.Read("tcp", ("critical", "1s"), ("family", "any"), ("port", "05432"), ("host", "db1"), ("max_bytes", "4096"), ("send", "")).Canonical;
        string other = ProbeBench.Read("tcp", ("host", "db1"), ("port", "5432"), ("critical", "2s")).Canonical;

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    [Theory]
    [InlineData("hots", "x", "unknown_key", "did you mean 'host'?")]
    [InlineData("timeout", "1s", "unknown_key", "'timeout' is a key of the check, beside the probe")]
    [InlineData("port", "0", "out_of_range", "1 to 65535")]
    [InlineData("port", "ssh", "bad_value", "1 to 65535")]
    [InlineData("host", "http://x/", "bad_value", "a host alone, without '://'; 'http' takes a URL")]
    [InlineData("host", "db1:5432", "bad_value", "write the port as 'port'")]
    [InlineData("host", "1.2.3", "bad_value", "a name such as db1.example.org, or an IP address")]
    [InlineData("host", "", "missing_key", "such as 'host: db1'")]
    [InlineData("family", "v4", "bad_value", "did you mean '4'?")]
    [InlineData("expect", "refusd", "bad_value", "did you mean 'refused'?")]
    [InlineData("critical", "1", "bad_duration", "write the unit: '1s', '1m' or '1ms'")]
    [InlineData("critical", "soon", "bad_duration", "such as 500ms, 10s, 1h30m or 1.5d")]
    [InlineData("critical", "2h", "out_of_range", "1ms to 1h")]
    [InlineData("match", "(?=x)", "bad_value", "patterns run in linear time; use 'match' and 'not_match' together instead")]
    [InlineData("match", "(a)\\1", "bad_value", "patterns run in linear time; use 'match' and 'not_match' together instead")]
    [InlineData("match", "[", "bad_value", "put a backslash before a character that is meant as it is")]
    [InlineData("send", "hex:abc", "bad_value", "an even number of the digits 0-9 and a-f behind hex:")]
    [InlineData("max_bytes", "2MiB", "out_of_range", "1 to 1MiB")]
    [InlineData("source", "eth0", "bad_value", "such as 192.0.2.7 or 2001:db8::7")]
    [InlineData("dscp", "64", "out_of_range", "0 to 63")]
    [InlineData("all_addresses", "yes", "bad_value", "true or false")]
    public void What_is_wrong_is_said_with_a_hint(string key, string value, string code, string hint)
    {
        var entries = new List<(string, object)> { ("host", "db1"), ("port", "1") };
        entries.RemoveAll(entry => entry.Item1 == key);
        entries.Add((key, value));
        ProbeReading reading = ProbeBench.Read("tcp", [.. entries]);

        OptionFinding finding = Assert.Single(reading.Findings);
        Assert.Equal((code, hint), (finding.Code, finding.Hint));
        Assert.Null(reading.Options);
        Assert.Equal(entries.Count + 1, finding.Line);
    }

    [Fact]
    public void All_findings_come_at_once()
    {
        ProbeReading reading = ProbeBench.Read("tcp", ("port", "x"), ("colour", "red"), ("warning", "2s"), ("critical", "1s"));

        Assert.Equal(["missing_key", "bad_value", "unknown_key", "out_of_range"], reading.Findings.OrderBy(finding => finding.Line).Select(finding => finding.Code));
    }

    [Fact]
    public void Options_that_exclude_each_other_are_refused()
    {
        Assert.Equal("conflict", Code(("address", "127.0.0.1"), ("all_addresses", "true")));
        Assert.Equal("conflict", Code(("address", "127.0.0.1"), ("family", "6")));
        Assert.Equal("conflict", Code(("address", "127.0.0.1"), ("source", "::1")));
        Assert.Equal("conflict", Code(("expect", "refused"), ("critical", "1s")));

        static string Code(params (string, object)[] entries) =>
            Assert.Single(ProbeBench.Read("tcp", [("host", "db1"), ("port", "1"), .. entries]).Findings).Code;
    }

    [Fact]
    public void A_list_where_a_text_belongs_is_the_wrong_type()
    {
        Assert.Equal("wrong_type", ProbeBench.Read("tcp", ("host", new object[] { "a" }), ("port", "1")).Findings[0].Code);
        Assert.Equal("wrong_type", Assert.Single(ProbeCatalog.Read("tcp", new OptionText("db1:1", true, 3, 4), new ProbeDefaults()).Findings).Code);
    }

    [Fact]
    public void An_unknown_kind_is_refused()
    {
        OptionFinding finding = Assert.Single(ProbeCatalog.Read("tpc", new OptionText("", false, 3, 4), new ProbeDefaults()).Findings);

        Assert.Equal("did you mean 'tcp'?", finding.Hint);
    }

    [Fact]
    public void Canonical_options_read_as_themselves()
    {
        foreach (string kind in ProbeCatalog.Kinds)
        {
            string[] values = ["1", "0", "true", "false", "1s", "20ms", "x.test", "127.0.0.1", "::1", "hex:00", "refused", "4", "[a-z]+", "1KiB", "50%", "", "http://x.test/"];
            Gen<(string, object)> entry = from option in Gen.Elements(ProbeCatalog.Find(kind)!.Options.Select(option => option.Name).ToArray())
                                          from value in Gen.Elements(values)
                                          select (option, (object)value);
            Check.QuickThrowOnFailure(Prop.ForAll(Gen.ListOf(entry).ToArbitrary(), entries =>
            {
                OptionMap map = ProbeBench.Map([.. entries.DistinctBy(pair => pair.Item1)]);
                ProbeReading reading = ProbeCatalog.Read(kind, map, new ProbeDefaults());
                Assert.Equal(reading.Findings.Count == 0, reading.Options is not null);
                if (reading.Options is null) return;
                ProbeReading again = ProbeCatalog.Read(kind, FromJson(reading.Canonical), new ProbeDefaults());
                Assert.Empty(again.Findings);
                Assert.Equal(reading.Canonical, again.Canonical);
            }));
        }
    }

    [Fact]
    public void No_tree_makes_the_reader_throw()
    {
        string[] keys = [.. ProbeCatalog.Kinds.SelectMany(kind => ProbeCatalog.Find(kind)!.Options.Select(option => option.Name)).Distinct(), "x", ""];
        var random = new System.Random(20_301);
        for (int i = 0; i < 3000; i++)
        {
            string kind = ProbeCatalog.Kinds[random.Next(ProbeCatalog.Kinds.Count)];
            ProbeReading reading = ProbeCatalog.Read(kind, Tree(random, keys, 3), new ProbeDefaults());
            Assert.All(reading.Findings, finding => Assert.True(finding is { Line: > 0, Column: > 0, Message.Length: > 0, Hint.Length: > 0 }));
        }
    }

    private static OptionNode Tree(System.Random random, string[] keys, int depth) => random.Next(depth > 0 ? 4 : 2) switch
    {
        0 => new OptionText(Word(random), random.Next(2) == 0, 1 + random.Next(9), 1 + random.Next(9)),
        1 => new OptionText(random.Next(70_000).ToString(System.Globalization.CultureInfo.InvariantCulture) + Pick(random, "", "s", "ms", "%", "KiB", ":"), true, 1, 1),
        2 => new OptionList([.. Enumerable.Range(0, random.Next(4)).Select(_ => Tree(random, keys, depth - 1))], 1, 1),
        _ => new OptionMap([.. Enumerable.Range(0, random.Next(8)).Select(_ => new OptionEntry(Pick(random, keys), 1, 1, Tree(random, keys, depth - 1)))], 1, 1),
    };

    private static string Word(System.Random random) => new([.. Enumerable.Range(0, random.Next(12)).Select(_ => (char)Pick(random, 'a', '[', '\\', '(', '0', ':', '.', '/', '\0', '\ud800', 'ä', '~', '-', '%'))]);

    private static T Pick<T>(System.Random random, params T[] from) => from[random.Next(from.Length)];

    private static OptionMap FromJson(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return (OptionMap)Node(document.RootElement);

        static OptionNode Node(System.Text.Json.JsonElement element) => element.ValueKind switch
        {
            System.Text.Json.JsonValueKind.Object => new OptionMap([.. element.EnumerateObject().Select(entry => new OptionEntry(entry.Name, 1, 1, Node(entry.Value)))], 1, 1),
            System.Text.Json.JsonValueKind.Array => new OptionList([.. element.EnumerateArray().Select(Node)], 1, 1),
            System.Text.Json.JsonValueKind.String => new OptionText(element.GetString()!, true, 1, 1),
            _ => new OptionText(element.GetRawText(), false, 1, 1),
        };
    }
}
