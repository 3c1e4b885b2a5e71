using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>Reads one line of a watch: <c>{"type": ..., "object": ...}</c>, in any order.</summary>
internal static class WatchLine
{
    public static WatchEvent<T> Read<T>(ResourceKind<T> kind, ReadOnlySpan<byte> line) where T : KubernetesObject
    {
        try
        {
            if (!Split(line, out string type, out ReadOnlySpan<byte> content)) return new(WatchEventType.Unreadable, null, "");
            switch (type)
            {
                case "ADDED" or "MODIFIED" or "DELETED":
                    if (!ItemReader.TryRead(kind, content, out T? read)) return new(WatchEventType.Unreadable, null, "");
                    return new(type == "ADDED" ? WatchEventType.Added : type == "MODIFIED" ? WatchEventType.Modified : WatchEventType.Deleted, read, read!.ResourceVersion);
                case "BOOKMARK":
                    return new(WatchEventType.Bookmark, null, VersionOf(content));
                case "ERROR":
                    return ApiStatus.TryRead(content, out ApiStatus status)
                        ? new(WatchEventType.Error, null, "", Failure(status))
                        : new(WatchEventType.Unreadable, null, "");
                default:
                    return new(WatchEventType.Unknown, null, "");
            }
        }
        catch (JsonException)
        {
            return new(WatchEventType.Unreadable, null, "");
        }
    }

    private static KubernetesException Failure(ApiStatus status) =>
        new(ApiStatus.FailureOf(status.Code, status), status.Message.Length > 0 ? status.Message : $"the watch ended with code {status.Code} {status.Reason}")
        {
            Code = status.Code,
            Reason = status.Reason,
            RetryAfter = status.RetryAfter,
        };

    private static bool Split(ReadOnlySpan<byte> line, out string type, out ReadOnlySpan<byte> content)
    {
        type = "";
        content = [];
        var json = new Utf8JsonReader(line, JsonWalk.Options);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("type"u8))
            {
                json.Read();
                type = TypeOf(ref json);
            }
            else if (json.ValueTextEquals("object"u8))
            {
                json.Read();
                int start = (int)json.TokenStartIndex;
                json.Skip();
                content = line[start..(int)json.BytesConsumed];
            }
            else
            {
                json.Skip();
            }
        }

        return type.Length > 0 && !json.Read() && !content.IsEmpty;
    }

    /// <summary>The known types without a copy.</summary>
    private static string TypeOf(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.String)
        {
            json.Skip();
            return "";
        }

        if (json.ValueTextEquals("MODIFIED"u8)) return "MODIFIED";
        if (json.ValueTextEquals("ADDED"u8)) return "ADDED";
        if (json.ValueTextEquals("DELETED"u8)) return "DELETED";
        return json.ValueTextEquals("BOOKMARK"u8) ? "BOOKMARK" : json.GetString() ?? "";
    }

    private static string VersionOf(ReadOnlySpan<byte> content)
    {
        var json = new Utf8JsonReader(content, JsonWalk.Options);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return "";
        string version = "";
        while (JsonWalk.Next(ref json))
        {
            if (!json.ValueTextEquals("metadata"u8))
            {
                json.Skip();
            }
            else if (JsonWalk.Enter(ref json))
            {
                while (JsonWalk.Next(ref json))
                {
                    if (json.ValueTextEquals("resourceVersion"u8)) version = JsonWalk.Text(ref json);
                    else json.Skip();
                }
            }
        }

        return version;
    }
}
