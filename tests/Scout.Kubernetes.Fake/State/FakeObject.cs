using System.Text.Json.Nodes;

namespace Scout.Kubernetes.Fake;

/// <summary>One state of an object. The JSON is not changed any more once it is in here.</summary>
public sealed record FakeObject(FakeResource Resource, string Namespace, string Name, string Uid, long Version, JsonObject Json)
{
    public string? Label(string name) => Json["metadata"]?["labels"]?[name]?.GetValue<string>();

    /// <summary>A field by its path, as <c>spec.nodeName</c>; empty when there is none.</summary>
    public string Field(string path)
    {
        JsonNode? at = Json;
        foreach (string part in path.Split('.')) at = at?[part];
        return at is JsonValue value ? value.ToString() : "";
    }
}

/// <summary>A change, as history keeps it.</summary>
public sealed record FakeEvent(long Version, FakeObject? Before, FakeObject? After)
{
    public FakeResource Resource => (After ?? Before)!.Resource;
}
