using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scout.Protocol.Events;
using Scout.Protocol.Roster;
using Scout.Protocol.Rpc;
using Scout.Protocol.Tests.Rpc;
using Scout.Testing;

namespace Scout.Protocol.Tests.Events;

/// <summary>What is published in docs/schemas, against what is really encoded, judged by another implementation.</summary>
public sealed class SchemaTests
{
    public static TheoryData<string> Types =>
    [
        EventTypes.Transition, EventTypes.Check, EventTypes.State, EventTypes.Startup, EventTypes.Alive, EventTypes.Shutdown, EventTypes.Outbox, EventTypes.Audit,
        EventTypes.Watcher("exec"), EventTypes.Watcher("file"), EventTypes.Watcher("schedule"), EventTypes.Watcher("timer"), EventTypes.Watcher("metric"),
    ];

    [Fact]
    public void Every_sample_event_is_valid()
    {
        (string Name, string Type, ReadOnlyMemory<byte> Json)[] samples = [.. EventSamples.Names.Select(row => (string)row.Data).Select(name => (name, EventSamples.Get(name).Type, Encode(EventSamples.Get(name))))];
        IReadOnlyList<IReadOnlyList<string>> errors = SchemaValidator.Validate(samples.Select(sample => (sample.Type, sample.Json)));
        Assert.All(samples.Zip(errors), pair => Assert.True(pair.Second.Count == 0, $"{pair.First.Name}: {string.Join("; ", pair.Second)}"));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_field_we_can_write_is_described(string type)
    {
        using JsonDocument schema = Schema(type);
        JsonElement properties = schema.RootElement.GetProperty("properties").GetProperty("data").GetProperty("properties");
        foreach (ScoutEvent one in EventSamples.Names.Select(row => EventSamples.Get(row.Data)).Where(one => one.Type == type))
        {
            using JsonDocument document = JsonDocument.Parse(Encode(one));
            Assert.All(document.RootElement.EnumerateObject(), field => Assert.True(schema.RootElement.GetProperty("properties").TryGetProperty(field.Name, out _), field.Name));
            Assert.All(document.RootElement.GetProperty("data").EnumerateObject(), field => Assert.True(properties.TryGetProperty(field.Name, out _), $"data.{field.Name}"));
        }
    }

    [Fact]
    public void The_schemas_are_not_so_loose_that_anything_passes()
    {
        List<(string, ReadOnlyMemory<byte>)> wrong = [];
        foreach (string name in EventSamples.Names.Select(row => (string)row.Data))
        {
            ScoutEvent one = EventSamples.Get(name);
            foreach (string part in new[] { "specversion", "id", "source", "type", "subject", "time", "data" })
            {
                JsonObject json = JsonNode.Parse(Encode(one).Span)!.AsObject();
                json.Remove(part);
                wrong.Add((one.Type, Encoding.UTF8.GetBytes(json.ToJsonString())));
                json = JsonNode.Parse(Encode(one).Span)!.AsObject();
                json[part] = part == "data" ? new JsonObject() : "Ü?";
                wrong.Add((one.Type, Encoding.UTF8.GetBytes(json.ToJsonString())));
            }
        }

        Assert.DoesNotContain(SchemaValidator.Validate(wrong), errors => errors.Count == 0);
    }

    [Fact]
    public void Requests_and_replies_of_every_action_are_valid()
    {
        IEnumerable<(string, ReadOnlyMemory<byte>)> documents = Enum.GetValues<RpcAction>().SelectMany(action => new (string, ReadOnlyMemory<byte>)[]
        {
            (RpcRequest.Schema, RpcRequestWriter.ToBytes(RpcSamples.Request(action))), (RpcReply.Schema, RpcReplyWriter.ToBytes(RpcSamples.Reply(action))),
        });
        Assert.All(SchemaValidator.Validate(documents), errors => Assert.Equal([], errors));
    }

    [Fact]
    public void A_roster_entry_is_valid()
    {
        var entry = new RosterEntry
        {
            Node = "web1",
            Version = "0.1.0",
            Os = "linux",
            Arch = "x64",
            Mode = "dev",
            Machines = 3,
            Started = new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero),
            AliveS = 300,
            Labels = ImmutableSortedDictionary<string, string>.Empty.Add("role", "web"),
            Groups = ["web"],
            Zone = "a",
            Region = "b",
            Mesh = new Scout.Protocol.Mesh.RosterMesh(["10.0.0.1", "fd00::1"], 8620, "up"),
            Stopped = new DateTimeOffset(2026, 11, 21, 0, 0, 1, TimeSpan.Zero),
        };
        Assert.Equal([], SchemaValidator.Validate([(RosterEntry.SchemaName, entry.ToBytes())])[0]);
    }

    [Fact]
    public void Every_type_of_ours_has_a_schema_and_every_schema_a_type()
    {
        string[] others = [Scout.Protocol.Mesh.MeshFault.EventType, RosterEntry.SchemaName, RpcRequest.Schema, RpcReply.Schema];
        string[] files = [.. Directory.EnumerateFiles(SchemaValidator.Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)];
        Assert.Equal(Types.Select(row => (string)row.Data).Concat(others).Order(StringComparer.Ordinal), files);
        Assert.All(files, name =>
        {
            using JsonDocument schema = Schema(name);
            Assert.Equal("https://json-schema.org/draft/2020-12/schema", schema.RootElement.GetProperty("$schema").GetString());
            Assert.Equal("urn:" + name, schema.RootElement.GetProperty("$id").GetString());
        });
    }

    private static JsonDocument Schema(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(SchemaValidator.Folder, name + ".json")));

    private static ReadOnlyMemory<byte> Encode(ScoutEvent one)
    {
        using var writer = new EventWriter();
        return writer.Write(one).ToArray();
    }
}
