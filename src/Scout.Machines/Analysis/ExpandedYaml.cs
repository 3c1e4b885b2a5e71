using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Analysis;

/// <summary>The canonical JSON of a machine as a file of the long form, each value with its origin beside it.</summary>
internal sealed class ExpandedYaml
{
    private const int CommentColumn = 56;
    private const int Widest = 130;

    private readonly StringBuilder text = new();
    private readonly ImmutableArray<KeyValuePair<string, string>>.Builder origins = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
    private readonly MachineDefinition machine;
    private readonly SourceMap source;

    private ExpandedYaml(MachineDefinition machine, SourceMap source)
    {
        this.machine = machine;
        this.source = source;
    }

    public string Text => text.ToString();

    public ImmutableArray<KeyValuePair<string, string>> Origins => origins.ToImmutable();

    public static ExpandedYaml Write(MachineDefinition machine, SourceMap source)
    {
        var yaml = new ExpandedYaml(machine, source);
        using JsonDocument document = Json(machine);
        yaml.Machine(document.RootElement);
        return yaml;
    }

    /// <summary>The canonical JSON; values of environments are hidden, as everywhere (plugins.md section 2), and so are secrets that have a name.</summary>
    public static JsonDocument Json(MachineDefinition machine)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) DefinitionJson.Write(writer, machine with { Watchers = [.. machine.Watchers.Select(Hidden)] });
        return JsonDocument.Parse(buffer.WrittenMemory);
    }

    private static WatcherDefinition Hidden(WatcherDefinition watcher) => watcher switch
    {
        ExecWatcher exec => exec with
        {
            Command = exec.Command.WithoutSecrets(),
            Environment = [.. exec.Environment.Select(variable => new KeyValuePair<string, TextTemplate>(variable.Key, TextTemplate.Literal(SecretText.Hidden)))],
        },
        MetricWatcher metric => metric with { Command = metric.Command.WithoutSecrets() },
        NagiosWatcher { Subject: PluginSubject plugin } check => check with { Subject = new PluginSubject(plugin.Command.WithoutSecrets()) },
        NagiosWatcher { Subject: ProbeSubject probe } check => check with { Subject = probe with { CanonicalJson = HiddenJson(probe.CanonicalJson) } },
        _ => watcher,
    };

    // Headers that prove who we are, and passwords in URLs.
    private static string HiddenJson(string canonical)
    {
        if (JsonNode.Parse(canonical) is not JsonObject options) return canonical;
        foreach ((string key, JsonNode? value) in options.ToArray())
        {
            if (value is JsonValue text && text.TryGetValue(out string? plain) && SecretText.Value(plain) is { } shown && shown != plain) options[key] = shown;
            if (value is not JsonObject map) continue;
            foreach ((string name, _) in map.ToArray())
            {
                if (SecretText.IsSecretName(name)) map[name] = SecretText.Hidden;
            }
        }

        return options.ToJsonString();
    }

    private void Machine(JsonElement json)
    {
        foreach (JsonProperty property in json.EnumerateObject())
        {
            switch (property.Name)
            {
                // Where these could not be written, an empty one cannot either.
                case "depends_on" when machine.Check is null:
                case "maintenance_windows" when machine.MaintenanceWindows.Length == 0:
                    break;
                case "transitions":
                    Block(0, "transitions:", "transitions", Origin("transitions"));
                    foreach (JsonElement transition in property.Value.EnumerateArray()) text.Append("  - ").Append(Flow(transition)).Append('\n');
                    break;
                case "watchers":
                    Block(0, "watchers:", "watchers", machine.IsShortForm ? "default" : "given");
                    int index = 0;
                    foreach (JsonElement watcher in property.Value.EnumerateArray()) Watcher(watcher, index++);
                    break;
                default:
                    Value(0, property, property.Name, Origin(property.Name));
                    break;
            }
        }
    }

    private void Watcher(JsonElement json, int index)
    {
        string path = $"watchers[{index}]";
        bool first = true;
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (property.Name == "properties")
            {
                Block(4, "properties:", $"{path}.properties", null);
                foreach (JsonProperty inner in property.Value.EnumerateObject())
                {
                    if (machine.Watchers[index] is NagiosWatcher { Subject: ProbeSubject probe } && probe.Kind == inner.Name) Probe(inner, $"{path}.properties.{inner.Name}", index);
                    else Value(6, inner, $"{path}.properties.{inner.Name}", PropertyOrigin(index, inner.Name));
                }

                if (machine.Watchers[index] is NagiosWatcher { Events: null })
                    Line(6, "events: changes", "default, or what the node says", $"{path}.properties.events");
                continue;
            }

            Value(first ? 2 : 4, property, $"{path}.{property.Name}", WatcherOrigin(index, property.Name), first ? "- " : "");
            first = false;
        }
    }

    // Each option on a line of its own: that is where the defaults are that somebody may want to know of.
    private void Probe(JsonProperty json, string path, int index)
    {
        YamlMap? options = source.Properties(index).Find(json.Name) as YamlMap;
        Block(6, $"{json.Name}:", path, "given");
        foreach (JsonProperty option in json.Value.EnumerateObject())
            Value(8, option, $"{path}.{option.Name}", options is not null && Has(options, option.Name) ? "given" : "default");
    }

    private void Value(int indent, JsonProperty property, string path, string origin, string mark = "")
    {
        // A check that nothing but FORCE_CHECK runs has no splay.
        if (property.Name == "splay" && path.EndsWith(".properties.splay", StringComparison.Ordinal) && property.Value.ValueKind == JsonValueKind.String
            && machine.Check is { Interval: null }) return;
        string flow = Flow(property.Value);
        if (property.Value.ValueKind == JsonValueKind.Array && flow.Length + indent > Widest)
        {
            Line(indent, $"{mark}{property.Name}:", origin, path);
            foreach (JsonElement item in property.Value.EnumerateArray()) text.Append(' ', indent + mark.Length + 2).Append("- ").Append(Flow(item)).Append('\n');
            return;
        }

        Line(indent, $"{mark}{property.Name}: {flow}", origin, path);
    }

    private void Block(int indent, string line, string path, string? origin)
    {
        if (origin is null) text.Append(' ', indent).Append(line).Append('\n');
        else Line(indent, line, origin, path);
    }

    private void Line(int indent, string line, string origin, string path)
    {
        origins.Add(new(path, origin.StartsWith("default", StringComparison.Ordinal) ? "default" : origin));
        text.Append(' ', indent).Append(line).Append(' ', Math.Max(1, CommentColumn - indent - line.Length)).Append("# ").Append(origin).Append('\n');
    }

    private string Origin(string key) => Has(source.Root, key) ? "given" : "default";

    private string WatcherOrigin(int index, string key)
    {
        if (!machine.IsShortForm)
            return Has(source.Watcher(index), key) || (key == "interval" && Has(source.Properties(index), key)) ? "given" : "default";
        return key switch
        {
            "interval" => Origin(index, "interval"),
            "state_match" when index == 1 => Origin(index, "when"),
            _ => "default",
        };
    }

    private string PropertyOrigin(int index, string key)
    {
        if (machine.IsShortForm && index == 1 && key == "cooldown") return Origin(index, "interval");
        if (key == "contents" && Has(source.Properties(index), "content")) return "given";
        return Has(source.Properties(index), key) ? "given" : "default";
    }

    private string Origin(int index, string key) => Has(source.Watcher(index), key) ? "given" : "default";

    private static bool Has(YamlMap map, string key) => map.Find(key) is { } node && node is not YamlScalar { Text.Length: 0 };

    private static string Flow(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().Any() ? $"{{ {string.Join(", ", json.EnumerateObject().Select(property => $"{Scalar(property.Name)}: {Flow(property.Value)}"))} }}" : "{}",
        JsonValueKind.Array => $"[{string.Join(", ", json.EnumerateArray().Select(Flow))}]",
        JsonValueKind.String => Scalar(json.GetString()!),
        _ => json.GetRawText(),
    };

    private static bool IsPlain(string value)
    {
        int first = value.StartsWith('-') ? 1 : 0;
        return value.Length > first && (char.IsAsciiLetterOrDigit(value[first]) || (value[first] is '/' or '.' && first == 0) || (value[first] == '-' && value.Length > 3))
            && value != "---" && value.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '_' or '-' or '+' or '=' or '%');
    }

    /// <summary>A text plain where that reads as the same, else in double quotes.</summary>
    public static string Scalar(string value)
    {
        if (IsPlain(value)) return value;
        var quoted = new StringBuilder("\"");
        foreach (char letter in value)
        {
            if (letter is '"' or '\\') quoted.Append('\\').Append(letter);
            else if (letter == '\n') quoted.Append("\\n");
            else if (letter == '\t') quoted.Append("\\t");
            else if (letter < ' ' || (letter >= '\u007f' && letter < '\u00a1') || letter is '\u2028' or '\u2029' or '\ufeff')
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else quoted.Append(letter);
        }

        return quoted.Append('"').ToString();
    }
}
