using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>Steps of a reader through an object that is whole in memory: take what is wanted, skip the rest, whatever its type.</summary>
internal static class JsonWalk
{
    public static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    /// <summary>To the next property name of the object; false at its end.</summary>
    public static bool Next(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>From a property name into its object; false, and behind the value, when it is something else.</summary>
    public static bool Enter(ref Utf8JsonReader json) => EnterToken(ref json, JsonTokenType.StartObject);

    /// <summary>From a property name into its array; false, and behind the value, when it is something else.</summary>
    public static bool EnterArray(ref Utf8JsonReader json) => EnterToken(ref json, JsonTokenType.StartArray);

    private static bool EnterToken(ref Utf8JsonReader json, JsonTokenType wanted)
    {
        json.Read();
        if (json.TokenType == wanted) return true;
        json.Skip();
        return false;
    }

    /// <summary>Into the next object of an array; false at the array's end. What is not an object is skipped.</summary>
    public static bool NextObject(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject) return true;
            json.Skip();
        }

        return false;
    }

    /// <summary>The text of a property; empty when it is not text.</summary>
    public static string Text(ref Utf8JsonReader json, StringPool? pool = null)
    {
        json.Read();
        return Value(ref json, pool);
    }

    /// <summary>The text of the current token; empty, and behind it, when it is not text.</summary>
    public static string Value(ref Utf8JsonReader json, StringPool? pool = null)
    {
        if (json.TokenType == JsonTokenType.String) return pool is null || json.ValueIsEscaped ? json.GetString() ?? "" : pool.Get(json.ValueSpan);
        json.Skip();
        return "";
    }

    public static bool Flag(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.True) return true;
        json.Skip();
        return false;
    }

    /// <summary>A whole number; 0 when it is none.</summary>
    public static long Number(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long number)) return number;
        json.Skip();
        return 0;
    }

    /// <summary>An array of text; empty when it is none.</summary>
    public static ImmutableArray<string> Texts(ref Utf8JsonReader json, StringPool? pool = null)
    {
        if (!EnterArray(ref json)) return [];
        string first = "";
        ImmutableArray<string>.Builder? more = null;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            string text = Value(ref json, pool);
            if (text.Length == 0) continue;
            if (first.Length == 0) first = text;
            else (more ??= NewArray(first)).Add(text);
        }

        return more?.ToImmutable() ?? (first.Length == 0 ? [] : [first]);
    }

    private static ImmutableArray<string>.Builder NewArray(string first)
    {
        ImmutableArray<string>.Builder made = ImmutableArray.CreateBuilder<string>(2);
        made.Add(first);
        return made;
    }

    /// <summary>Into a text array's values one by one from objects with one key, as <c>podIPs: [{ip}]</c>.</summary>
    public static ImmutableArray<string> TextsOf(ref Utf8JsonReader json, ReadOnlySpan<byte> key)
    {
        if (!EnterArray(ref json)) return [];
        ImmutableArray<string> texts = [];
        while (NextObject(ref json))
        {
            while (Next(ref json))
            {
                if (!json.ValueTextEquals(key))
                {
                    json.Skip();
                    continue;
                }

                string text = Text(ref json);
                if (text.Length > 0) texts = texts.Add(text);
            }
        }

        return texts;
    }
}
