using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>Reads one object that is whole in memory.</summary>
internal static class ItemReader
{
    /// <summary>False when it is not JSON, not of the shape of its kind, or has no name.</summary>
    public static bool TryRead<T>(ResourceKind<T> kind, ReadOnlySpan<byte> utf8, out T? read) where T : KubernetesObject
    {
        read = null;
        try
        {
            var json = new Utf8JsonReader(utf8, JsonWalk.Options);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
            T found = kind.Read(ref json);
            if (found.Key.Name.Length == 0) return false;
            read = found;
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }
}

/// <summary>Reads what can be read of the beginning of an object.</summary>
internal static class PartialObject
{
    /// <summary>Namespace and name; empty when they are not in this piece.</summary>
    public static ObjectKey Key(ReadOnlySpan<byte> beginning)
    {
        string space = "";
        string name = "";
        try
        {
            var json = new Utf8JsonReader(beginning, isFinalBlock: false, new JsonReaderState(JsonWalk.Options));
            bool inside = false;
            while (json.Read())
            {
                if (json.TokenType != JsonTokenType.PropertyName) continue;
                if (json.CurrentDepth == 1) inside = json.ValueTextEquals("metadata"u8);
                if (!inside || json.CurrentDepth != 2) continue;
                bool isName = json.ValueTextEquals("name"u8);
                bool isSpace = json.ValueTextEquals("namespace"u8);
                if (!isName && !isSpace) continue;
                if (!json.Read()) break;
                if (json.TokenType != JsonTokenType.String) continue;
                if (isName) name = json.GetString() ?? "";
                else space = json.GetString() ?? "";
            }
        }
        catch (JsonException)
        {
            // Only the beginning counts.
        }

        return new ObjectKey(space, name);
    }
}

/// <summary>Finds the end of a JSON value without keeping it: counts brackets outside of strings.</summary>
internal struct ValueSkipper
{
    private int depth;
    private bool inText;
    private bool escaped;

    /// <summary>Index behind the value's last byte, or -1 when it goes on beyond this piece.</summary>
    public int Scan(ReadOnlySpan<byte> piece)
    {
        for (int i = 0; i < piece.Length; i++)
        {
            byte at = piece[i];
            if (inText)
            {
                if (escaped) escaped = false;
                else if (at == (byte)'\\') escaped = true;
                else if (at == (byte)'"') inText = false;
            }
            else if (at == (byte)'"')
            {
                inText = true;
            }
            else if (at is (byte)'{' or (byte)'[')
            {
                depth++;
            }
            else if (at is (byte)'}' or (byte)']')
            {
                if (--depth == 0) return i + 1;
            }
        }

        return -1;
    }
}
