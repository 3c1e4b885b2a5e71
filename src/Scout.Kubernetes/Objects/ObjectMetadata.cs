using System.Text;
using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>Reads <c>metadata</c>: the names, and of labels and annotations those that are wanted. The rest, half of a pod in <c>managedFields</c>, is skipped.</summary>
internal ref struct ObjectMetadata
{
    private readonly Wanted wanted;
    private string space = "";
    private string name = "";

    public ObjectMetadata(Wanted wanted) => this.wanted = wanted;

    public readonly ObjectKey Key => new(space, name);

    public string Uid { get; private set; } = "";

    public string ResourceVersion { get; private set; } = "";

    public bool Deleting { get; private set; }

    public LabelSet Labels { get; private set; } = LabelSet.None;

    public LabelSet Annotations { get; private set; } = LabelSet.None;

    public OwnerReference? Controller { get; private set; }

    /// <summary>From the property name <c>metadata</c> to the end of its object.</summary>
    public void Read(ref Utf8JsonReader json)
    {
        if (!JsonWalk.Enter(ref json)) return;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("name"u8)) name = JsonWalk.Text(ref json);
            else if (json.ValueTextEquals("namespace"u8)) space = JsonWalk.Text(ref json, wanted.Pool);
            else if (json.ValueTextEquals("uid"u8)) Uid = JsonWalk.Text(ref json);
            else if (json.ValueTextEquals("resourceVersion"u8)) ResourceVersion = JsonWalk.Text(ref json);
            else if (json.ValueTextEquals("deletionTimestamp"u8)) Deleting = JsonWalk.Text(ref json).Length > 0;
            else if (json.ValueTextEquals("labels"u8)) Labels = ReadPairs(ref json, wanted.Labels, wanted.Pool);
            else if (json.ValueTextEquals("annotations"u8)) Annotations = ReadPairs(ref json, wanted.Annotations, wanted.Pool);
            else if (json.ValueTextEquals("ownerReferences"u8)) ReadOwners(ref json);
            else json.Skip();
        }
    }

    private static LabelSet ReadPairs(ref Utf8JsonReader json, ImmutableArray<WantedName> names, StringPool pool)
    {
        if (!JsonWalk.Enter(ref json)) return LabelSet.None;
        ImmutableArray<KeyValuePair<string, string>> pairs = [];
        while (JsonWalk.Next(ref json))
        {
            string? found = null;
            foreach (WantedName candidate in names)
            {
                if (!json.ValueTextEquals(candidate.Utf8)) continue;
                found = candidate.Name;
                break;
            }

            if (found is null) json.Skip();
            else pairs = pairs.Add(new(found, JsonWalk.Text(ref json, pool)));
        }

        return pairs.Length == 0 ? LabelSet.None : new LabelSet(pairs);
    }

    private void ReadOwners(ref Utf8JsonReader json)
    {
        if (!JsonWalk.EnterArray(ref json)) return;
        while (JsonWalk.NextObject(ref json))
        {
            string kind = "";
            string owner = "";
            string uid = "";
            bool controls = false;
            while (JsonWalk.Next(ref json))
            {
                if (json.ValueTextEquals("kind"u8)) kind = JsonWalk.Text(ref json, wanted.Pool);
                else if (json.ValueTextEquals("name"u8)) owner = JsonWalk.Text(ref json, wanted.Pool);
                else if (json.ValueTextEquals("uid"u8)) uid = JsonWalk.Text(ref json, wanted.Pool);
                else if (json.ValueTextEquals("controller"u8)) controls = JsonWalk.Flag(ref json);
                else json.Skip();
            }

            if (controls) Controller ??= new OwnerReference(kind, owner, uid);
        }
    }
}

/// <summary>The controller of an object, as a ReplicaSet or a DaemonSet.</summary>
public sealed record OwnerReference(string Kind, string Name, string Uid);

/// <summary>A name that is looked for, ready to be compared.</summary>
internal readonly record struct WantedName(string Name, byte[] Utf8);

/// <summary>What of an object's labels and annotations is kept, and where repeated strings are shared.</summary>
internal sealed class Wanted(IEnumerable<string> labels, IEnumerable<string> annotations)
{
    public ImmutableArray<WantedName> Labels { get; } = [.. labels.Distinct(StringComparer.Ordinal).Select(name => new WantedName(name, Encoding.UTF8.GetBytes(name)))];

    public ImmutableArray<WantedName> Annotations { get; } = [.. annotations.Select(name => new WantedName(name, Encoding.UTF8.GetBytes(name)))];

    public StringPool Pool { get; } = new();
}
