using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scout.Protocol.Streams;

/// <summary>One field in which a stream is not as we want it.</summary>
/// <param name="Field">Name in the server's configuration, with the place in lists: <c>sources[0].filter_subject</c>.</param>
/// <param name="Wanted">As JSON.</param>
/// <param name="Got">As JSON; <c>-</c> when it is absent.</param>
public sealed record StreamDifference(string Field, string Wanted, string Got);

/// <summary>
/// A stream as JetStream's configuration, with only those fields that a server of that version knows: 2.9 ignores what it does not know and answers with success,
/// 2.12 refuses it (nats.md 9). So what comes back is compared with what was asked.
/// </summary>
public static class StreamConfigJson
{
    /// <summary>Fields that no update can change, so that a difference in them is only reported.</summary>
    private static readonly string[] Fixed = ["name", "storage", "retention"];

    /// <summary>The configuration to create or update a stream with.</summary>
    /// <param name="stream">As we want it.</param>
    /// <param name="major">Of the server.</param>
    /// <param name="minor">Of the server: from 2.10 streams are compressed.</param>
    public static JsonObject Write(StreamDefinition stream, int major, int minor)
    {
        var config = new JsonObject
        {
            ["name"] = stream.Name,
            ["description"] = stream.Description,
            ["retention"] = "limits",
            ["storage"] = "file",
            ["max_consumers"] = -1,
            ["max_msgs"] = -1,
            ["max_msgs_per_subject"] = stream.MaxMessagesPerSubject,
            ["max_bytes"] = stream.MaxBytes,
            ["max_age"] = stream.MaxAge.Ticks * TimeSpan.NanosecondsPerTick,
            ["max_msg_size"] = stream.MaxMessageSize,
            ["discard"] = stream.DiscardNew ? "new" : "old",
            ["num_replicas"] = stream.Replicas,
            ["deny_delete"] = stream.DenyDelete,
            ["deny_purge"] = stream.DenyPurge,
            ["allow_rollup_hdrs"] = false,
            ["allow_direct"] = true,
        };
        if (stream.Subjects.Count > 0) config["subjects"] = new JsonArray([.. stream.Subjects.Select(subject => (JsonNode)subject)]);
        if (stream.DuplicateWindow is { } window) config["duplicate_window"] = window.Ticks * TimeSpan.NanosecondsPerTick;
        if (stream.Source is { } source) config["sources"] = new JsonArray(new JsonObject { ["name"] = source.Stream, ["filter_subject"] = source.FilterSubject });
        if (stream.Republish is { } republish) config["republish"] = new JsonObject { ["src"] = republish.Source, ["dest"] = republish.Destination };
        if (major > 2 || (major == 2 && minor >= 10)) config["compression"] = "s2";
        return config;
    }

    /// <summary>What is not as asked, field by field; fields that we did not send are ignored, absent ones are their defaults.</summary>
    public static IReadOnlyList<StreamDifference> Compare(JsonObject wanted, JsonObject got)
    {
        List<StreamDifference> differences = [];
        Compare(wanted, got, "", differences);
        return differences;
    }

    /// <summary>False for what no update can change.</summary>
    public static bool IsEditable(string field) => Array.IndexOf(Fixed, field) < 0;

    /// <summary>What is there, with our wishes over it: an update sends a whole configuration, and what others set and we do not mind stays.</summary>
    public static JsonObject Merge(JsonObject wanted, JsonObject got)
    {
        var merged = (JsonObject)got.DeepClone();
        foreach ((string field, JsonNode? value) in wanted)
        {
            if (IsEditable(field)) merged[field] = value?.DeepClone();
        }

        return merged;
    }

    private static void Compare(JsonNode? wanted, JsonNode? got, string field, List<StreamDifference> differences)
    {
        switch (wanted)
        {
            case JsonObject fields:
                foreach ((string name, JsonNode? value) in fields)
                {
                    Compare(value, got is JsonObject other ? other[name] : null, field.Length == 0 ? name : $"{field}.{name}", differences);
                }

                break;
            case JsonArray items when got is JsonArray others && others.Count == items.Count:
                for (int i = 0; i < items.Count; i++) Compare(items[i], others[i], $"{field}[{i}]", differences);
                break;
            default:
                if (!Same(wanted, got)) differences.Add(new StreamDifference(field, Text(wanted), Text(got)));
                break;
        }
    }

    /// <summary>Compared as text: our numbers are whole, and a number we made and one that was parsed are different things to the library.</summary>
    private static bool Same(JsonNode? wanted, JsonNode? got)
    {
        string text = wanted?.ToJsonString() ?? "null";
        return got is null ? text is "null" or "false" or "0" or "\"\"" : text == got.ToJsonString();
    }

    private static string Text(JsonNode? node) => node is null ? "-" : Shown.Clip(node.ToJsonString(), 200);
}
