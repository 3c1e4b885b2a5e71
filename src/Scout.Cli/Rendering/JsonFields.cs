using System.Text.Json;

namespace Scout.Cli.Rendering;

/// <summary>The forms of server.md section 11: every key always there, null for nothing, times in RFC 3339, durations in milliseconds.</summary>
internal static class JsonFields
{
    public static void Text(this Utf8JsonWriter writer, string name, string? value)
    {
        if (value is null) writer.WriteNull(name);
        else writer.WriteString(name, value);
    }

    public static void Time(this Utf8JsonWriter writer, string name, DateTimeOffset? value)
    {
        if (value is { } at) writer.WriteString(name, Ages.Rfc3339(at));
        else writer.WriteNull(name);
    }

    public static void Number(this Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number) writer.WriteNumber(name, number);
        else writer.WriteNull(name);
    }

    public static void Number(this Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number)) writer.WriteNumber(name, number);
        else writer.WriteNull(name);
    }

    public static void Flag(this Utf8JsonWriter writer, string name, bool? value)
    {
        if (value is { } flag) writer.WriteBoolean(name, flag);
        else writer.WriteNull(name);
    }

    public static void Texts(this Utf8JsonWriter writer, string name, IEnumerable<string>? values)
    {
        if (values is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartArray(name);
        foreach (string value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    public static void Map(this Utf8JsonWriter writer, string name, IEnumerable<KeyValuePair<string, string>>? values)
    {
        writer.WriteStartObject(name);
        foreach ((string key, string value) in values ?? []) writer.WriteString(key, value);
        writer.WriteEndObject();
    }

    /// <summary>A JSON value as it came; null when it is undefined.</summary>
    public static void Raw(this Utf8JsonWriter writer, string name, JsonElement? value)
    {
        writer.WritePropertyName(name);
        if (value is { ValueKind: not JsonValueKind.Undefined } element) element.WriteTo(writer);
        else writer.WriteNullValue();
    }
}
