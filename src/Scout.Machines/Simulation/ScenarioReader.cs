using System.Collections.Immutable;
using System.Globalization;
using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Reading;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Simulated;

/// <summary>From the bytes of a <c>*.test.yaml</c> to scenarios and findings (machines.md 11.1); as strict as the reading of definitions.</summary>
public static class ScenarioReader
{
    private static readonly string[] GivenKeys = ["others", "facts", "data", "overrides", "answers", "node", "clock", "state", "splay"];

    private static readonly string[] WhenKeys =
        ["others", "facts", "data", "overrides", "answers", "others_fire", "restart", "fire", "caller", "reason", "for", "acknowledge", "advance"];

    private static readonly TimeSpan LongestAdvance = TimeSpan.FromDays(3650);

    /// <summary>Reads one file.</summary>
    /// <param name="path">How the file is called in findings; also says its folder.</param>
    /// <param name="content">All of it, up to 1 MiB.</param>
    /// <param name="syntax">How outputs are read.</param>
    public static ScenarioFile Read(string path, ReadOnlyMemory<byte> content, IDefinitionSyntax syntax)
    {
        var context = new ReadContext(path, new DefinitionReaderOptions { Syntax = syntax }, choria: false);
        using DefinitionJson json = context.Json;
        var problems = new List<YamlProblem>();
        YamlNode? root = YamlTree.Read(content.Span, problems);
        foreach (YamlProblem problem in problems)
            context.Findings.Add(problem.Line, problem.Column, Severity.Error, problem.Kind, problem.Message, problem.Hint);

        var file = new ScenarioFile { Path = path, Machine = "", Scenarios = [], Findings = [] };
        if (root is YamlMap map) file = File(context, map, file);
        else if (problems.Count == 0)
            context.Error(root ?? new YamlScalar(1, 1, "", isPlain: true), FindingKind.EmptyDefinition, "there is no test in the file", "'machine:', and 'scenarios:' with a list");
        return file with { Findings = [.. context.Findings.ToList()] };
    }

    private static ScenarioFile File(ReadContext context, YamlMap map, ScenarioFile file)
    {
        var fields = new FieldReader(context, map, "a test");
        fields.Only(["machine", "check", "scenarios"]);
        YamlNode? machine = fields.Require("machine", "disk.yaml");
        string path = machine is null ? "" : fields.Scalar(machine, "machine", "a text")?.Text ?? "";
        string? check = fields.Name("check");
        YamlNode at = map.Find("check") ?? machine ?? map;
        fields.Require("scenarios", "[ ... ]");
        var scenarios = new List<Scenario>();
        foreach (YamlMap scenario in fields.Mappings("scenarios", 1, 1000, "{ name: all is well, steps: [ ... ] }")) scenarios.Add(One(context, scenario));
        return file with { Machine = path, Check = check, Scenarios = [.. scenarios], Place = (at.Line, at.Column) };
    }

    private static Scenario One(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "a scenario");
        fields.Only(["name", "given", "steps"]);
        fields.Require("name", "all is well");
        fields.Require("steps", "[ ... ]");
        var steps = new List<ScenarioStep>();
        foreach (YamlMap step in fields.Mappings("steps", 1, 1000, "{ when: { advance: 1m }, then: { state: OK } }")) steps.Add(Step(context, step));
        return new Scenario
        {
            Name = fields.Text("name", 200) ?? "",
            Line = map.Line,
            Column = map.Column,
            Given = fields.Mapping("given", "{ check: OK }") is { } given ? Given(context, given) : new ScenarioGiven(),
            Steps = [.. steps],
        };
    }

    private static ScenarioStep Step(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "a step");
        fields.Only(["when", "then"]);
        fields.Require("then", "{ state: OK }");
        ScenarioWhen? when = fields.Mapping("when", "{ advance: 1m }") is { } happens ? When(context, happens) : null;
        ImmutableArray<Expectation> then = fields.Mapping("then", "{ state: OK }") is { } wanted ? ExpectationReader.Read(context, wanted) : [];
        return new ScenarioStep(map.Line, map.Column, when, then);
    }

    private static ScenarioGiven Given(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "given");
        ScenarioGiven given = World(context, map, fields, GivenKeys, new ScenarioGiven());
        YamlNode at = map.Find("state") ?? map;
        return given with
        {
            Node = fields.Text("node", 63) ?? given.Node,
            Clock = Clock(context, fields),
            State = fields.Name("state"),
            StatePlace = (at.Line, at.Column),
            Splay = fields.Boolean("splay"),
        };
    }

    private static ScenarioWhen When(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "when");
        ScenarioWhen when = World(context, map, fields, WhenKeys, new ScenarioWhen());
        string? fire = fields.Name("fire");
        foreach (string with in (string[])["caller", "reason", "for"])
        {
            if (fire is null && map.FindKey(with) is { } alone)
                context.Error(alone, FindingKind.Conflict, $"'{with}' without 'fire'", "it belongs to 'fire: NAME'; of an acknowledgement it goes inside 'acknowledge: { }'");
        }

        return when with
        {
            OthersFire = Pairs(context, fields, "others_fire", "{ gateway: failed }"),
            Restart = fields.Duration("restart", TimeSpan.Zero, LongestAdvance),
            Fire = fire,
            Caller = fields.Text("caller", 200) ?? when.Caller,
            Reason = fields.Text("reason", 500) ?? "",
            For = fields.Duration("for", TimeSpan.FromMilliseconds(1), LongestAdvance),
            Acknowledge = fields.Mapping("acknowledge", "{ caller: anna }") is { } known ? Acknowledge(context, known) : null,
            Advance = fields.Duration("advance", TimeSpan.Zero, LongestAdvance),
        };
    }

    private static ScenarioAcknowledge Acknowledge(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "acknowledge");
        fields.Only(["caller", "reason", "for"]);
        return new ScenarioAcknowledge(
            fields.Text("caller", 200) ?? "somebody", fields.Text("reason", 500) ?? "", fields.Duration("for", TimeSpan.FromMilliseconds(1), LongestAdvance));
    }

    private static T World<T>(ReadContext context, YamlMap map, FieldReader fields, string[] known, T world)
        where T : ScenarioWorld
    {
        var answers = new List<AnswerList>();
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in map.Entries)
        {
            // Whatever is no word of the language is the name of a watcher.
            if (Array.IndexOf(known, entry.Key.Text) < 0) Answers(context, fields, entry.Key, entry.Value, answers);
        }

        if (fields.Mapping("answers", "{ check: OK }") is { } under)
        {
            foreach (KeyValuePair<YamlScalar, YamlNode> entry in under.Entries) Answers(context, fields, entry.Key, entry.Value, answers);
        }

        return world with
        {
            Answers = [.. answers],
            Others = Pairs(context, fields, "others", "{ gateway: CRITICAL }"),
            Facts = fields.Mapping("facts", "{ os: linux }") is { } facts ? YamlJson.Element(facts) : null,
            Overrides = fields.Mapping("overrides", "{ disk: { warning: 10 } }") is { } overrides ? YamlJson.Element(overrides) : null,
            Data = fields.Mapping("data", "{ key: value }") is { } data ? YamlJson.Text(data) : null,
        };
    }

    private static void Answers(ReadContext context, FieldReader fields, YamlScalar watcher, YamlNode node, List<AnswerList> all)
    {
        IReadOnlyList<YamlNode> written = node is YamlList list ? fields.Items(list, watcher.Text, 1, 1000, "OK, CRITICAL") : [node];
        var answers = new List<WrittenAnswer>();
        foreach (YamlNode one in written)
        {
            if (one is YamlMap map) answers.Add(Long(context, map));
            else if (fields.Scalar(one, watcher.Text, "an answer") is { } word) answers.Add(new WrittenAnswer(word.Line, word.Column, word.Text, 0, "", TimeSpan.Zero));
        }

        if (answers.Count > 0) all.Add(new AnswerList(watcher.Text, watcher.Line, watcher.Column, [.. answers]));
    }

    private static WrittenAnswer Long(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "an answer");
        fields.Only(["exit", "output", "takes"]);
        return new WrittenAnswer(
            map.Line, map.Column, null, fields.Integer("exit", 0, 255) ?? 0, fields.Text("output", 64 * 1024) ?? "",
            fields.Duration("takes", TimeSpan.Zero, LongestAdvance) ?? TimeSpan.Zero);
    }

    private static ImmutableArray<KeyValuePair<string, string>> Pairs(ReadContext context, FieldReader fields, string key, string example)
    {
        if (fields.Mapping(key, example) is not { } map) return [];
        var inner = new FieldReader(context, map, key);
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in map.Entries)
        {
            if (inner.Name(entry.Key, key) is { } name && inner.Name(entry.Value, name) is { } value) pairs.Add(new(name, value));
        }

        return [.. pairs];
    }

    private static DateTimeOffset? Clock(ReadContext context, FieldReader fields)
    {
        if (fields.Text("clock") is not { } text) return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset clock)) return clock.ToUniversalTime();
        context.Error(fields.Map.Find("clock")!, FindingKind.BadValue, $"{Show.Quote(text)} is no moment", "RFC 3339, such as 2030-01-01T00:00:00Z");
        return null;
    }
}
