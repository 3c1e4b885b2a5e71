using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace Scout.Kubernetes.Fake;

/// <summary>Lists with pages: one version on all of them.</summary>
internal sealed class FakeLists(FakeCluster cluster)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, (FakeObject[] Left, long Version)> pages = [];
    private int tokens;

    public void Expire()
    {
        lock (gate) pages.Clear();
    }

    public (int Code, string Reason, byte[] Body) Answer(FakeExchange exchange, FakeRoute route, FakeResource resource, Fault? fault)
    {
        FakeSelector selector = route.Selector(exchange);
        string asked = exchange.Ask("resourceVersion");
        (IReadOnlyList<FakeObject> all, long version) = cluster.Snapshot(resource);
        FakeObject[] found = [.. all.Where(selector.Matches)];
        if (exchange.Ask("continue") is { Length: > 0 } token)
        {
            lock (gate)
            {
                if (!int.TryParse(token, out int page) || !pages.Remove(page, out (FakeObject[] Left, long Version) rest))
                {
                    return (410, "Expired", "The provided continue parameter is too old to display a consistent list result."u8.ToArray());
                }

                (found, version) = rest;
            }
        }
        else if (asked.Length > 0 && asked != "0")
        {
            if (!long.TryParse(asked, out long exact)) return (400, "BadRequest", "invalid resource version"u8.ToArray());
            if (exact > version) return (504, "Timeout", "Too large resource version"u8.ToArray());
        }

        int limit = asked != "0" && int.TryParse(exchange.Ask("limit"), out int wanted) ? wanted : int.MaxValue;
        string next = "";
        int remaining = found.Length - limit;
        if (limit < found.Length)
        {
            lock (gate)
            {
                pages[++tokens] = (found[limit..], version);
                next = tokens.ToString(CultureInfo.InvariantCulture);
            }

            found = found[..limit];
        }

        bool partial = exchange.Header("Accept").Contains("as=PartialObjectMetadataList", StringComparison.Ordinal);
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (next.Length > 0) metadata["continue"] = next;
        if (next.Length > 0 && !selector.Selects) metadata["remainingItemCount"] = remaining;
        return (200, "", Write(resource, partial, metadata, found, fault));
    }

    private static byte[] Write(FakeResource resource, bool partial, JsonObject metadata, FakeObject[] found, Fault? fault)
    {
        var text = new StringBuilder("{");
        string head = $"\"metadata\":{metadata.ToJsonString()}";
        text.Append(partial ? "\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\"," : $"\"kind\":\"{resource.Kind}List\",\"apiVersion\":\"{resource.ApiVersion}\",");
        if (fault?.MetadataLast != true) text.Append(head).Append(',');
        text.Append("\"items\":");
        if (found.Length == 0 && fault?.ItemsNull == true)
        {
            text.Append("null");
        }
        else
        {
            text.Append('[');
            for (int i = 0; i < found.Length; i++)
            {
                if (i > 0) text.Append(',');
                text.Append(Shape(found[i], partial, inList: true).ToJsonString());
            }

            text.Append(']');
        }

        if (fault?.MetadataLast == true) text.Append(',').Append(head);
        return Encoding.UTF8.GetBytes(text.Append("}\n").ToString());
    }

    /// <summary>An object as it is sent: items of a list say neither kind nor apiVersion.</summary>
    internal static JsonObject Shape(FakeObject found, bool partial, bool inList)
    {
        if (partial)
        {
            return new JsonObject { ["kind"] = "PartialObjectMetadata", ["apiVersion"] = "meta.k8s.io/v1", ["metadata"] = found.Json["metadata"]!.DeepClone() };
        }

        var json = (JsonObject)found.Json.DeepClone();
        if (!inList) return json;
        json.Remove("kind");
        json.Remove("apiVersion");
        return json;
    }

    public static byte[] Pack(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest)) zip.Write(body);
        return packed.ToArray();
    }
}
