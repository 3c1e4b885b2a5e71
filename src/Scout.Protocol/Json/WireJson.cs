using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Scout.Protocol.Json;

/// <summary>How JSON looks on the wire: compact, and text as it is (only quotes, backslashes and control characters are escaped).</summary>
public static class WireJson
{
    public static JsonWriterOptions Writer { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}

/// <summary>Times as RFC 3339, UTC, milliseconds.</summary>
public sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Rfc3339.TryParse(reader.GetString(), out DateTimeOffset time)
            ? time
            : throw new JsonException("a time as in RFC 3339 is due, such as 2026-11-21T00:42:51.261Z");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[Rfc3339.Length];
        Rfc3339.Format(value, text);
        writer.WriteStringValue(text);
    }
}
