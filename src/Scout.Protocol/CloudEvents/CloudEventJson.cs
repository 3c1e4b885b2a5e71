using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Scout.Protocol.Json;

namespace Scout.Protocol.CloudEvents;

/// <summary>The JSON event format of CloudEvents 1.0: one event, or a batch. Reading is strict (nats.md 13).</summary>
public static class CloudEventJson
{
    public const string MediaType = "application/cloudevents+json";

    public const string BatchMediaType = "application/cloudevents-batch+json";

    private const int MaxDepth = 64;

    /// <summary>Reads one event. The data of the result is a slice of <paramref name="json"/>: the caller keeps the bytes unchanged.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out CloudEvent? one, [NotNullWhen(false)] out string? error)
    {
        one = null;
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read()) throw new JsonException("nothing in it");
            one = ReadObject(ref reader, json, out error);
            if (one is not null && reader.Read()) error = "something follows the event";
        }
        catch (JsonException problem)
        {
            error = "no valid JSON: " + Shown.Clip(problem.Message, 200);
        }
        catch (InvalidOperationException)
        {
            error = "a text in it is not valid UTF-8";
        }

        if (error is null && one is not null) return true;
        one = null;
        error ??= "not an event";
        return false;
    }

    /// <summary>Reads a batch; it may be empty, and is valid only if all members are.</summary>
    public static bool TryReadBatch(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out IReadOnlyList<CloudEvent>? events, [NotNullWhen(false)] out string? error)
    {
        events = null;
        var found = new List<CloudEvent>();
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                error = "a batch is a JSON array";
                return false;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (ReadObject(ref reader, json, out error) is not { } one)
                {
                    error = $"event {found.Count + 1} of the batch: {error}";
                    return false;
                }

                found.Add(one);
            }

            if (reader.Read())
            {
                error = "something follows the batch";
                return false;
            }
        }
        catch (JsonException problem)
        {
            error = "no valid JSON: " + Shown.Clip(problem.Message, 200);
            return false;
        }
        catch (InvalidOperationException)
        {
            error = "a text in it is not valid UTF-8";
            return false;
        }

        events = found;
        error = null;
        return true;
    }

    /// <summary>Writes one event; a JSON value as data is copied as it is.</summary>
    public static void Write(Utf8JsonWriter writer, CloudEvent one)
    {
        writer.WriteStartObject();
        writer.WriteString("specversion"u8, "1.0"u8);
        writer.WriteString("id"u8, one.Id);
        writer.WriteString("source"u8, one.Source);
        writer.WriteString("type"u8, one.Type);
        if (one.Subject is not null) writer.WriteString("subject"u8, one.Subject);
        if (one.Time is { } time) writer.WriteString("time"u8, Rfc3339.Format(time));
        if (one.DataContentType is not null) writer.WriteString("datacontenttype"u8, one.DataContentType);
        if (one.DataSchema is not null) writer.WriteString("dataschema"u8, one.DataSchema);
        foreach ((string name, CloudEventValue value) in one.Extensions)
        {
            if (value.Kind == CloudEventValueKind.Integer) writer.WriteNumber(name, value.Integer);
            else if (value.Kind == CloudEventValueKind.Boolean) writer.WriteBoolean(name, value.Boolean);
            else writer.WriteString(name, value.ToString());
        }

        switch (one.Data.Kind)
        {
            case CloudEventDataKind.Json:
                writer.WritePropertyName("data"u8);
                writer.WriteRawValue(one.Data.Bytes.Span, skipInputValidation: true);
                break;
            case CloudEventDataKind.Text:
                writer.WriteString("data"u8, one.Data.Bytes.Span);
                break;
            case CloudEventDataKind.Binary:
                writer.WriteBase64String("data_base64"u8, one.Data.Bytes.Span);
                break;
            default:
                break;
        }

        writer.WriteEndObject();
    }

    /// <summary>One event as bytes.</summary>
    public static byte[] ToBytes(CloudEvent one)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer)) Write(writer, one);
        return buffer.WrittenSpan.ToArray();
    }

    private static CloudEvent? ReadObject(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, out string? error)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            error = "an event is a JSON object";
            return null;
        }

        var builder = new CloudEventBuilder();
        ReadOnlyMemory<byte>? data = null;
        bool dataIsText = false;
        byte[]? binary = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (!builder.Note(name))
            {
                error = $"'{Shown.Clip(name)}' is there twice";
                return null;
            }

            switch (name)
            {
                case "data":
                    dataIsText = reader.TokenType == JsonTokenType.String;
                    data = Slice(ref reader, json);
                    continue;
                case "data_base64" when reader.TokenType == JsonTokenType.Null:
                    continue;
                case "data_base64":
                    if (reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out binary))
                    {
                        error = "data_base64 must be a text in base64";
                        return null;
                    }

                    continue;
                default:
                    if (reader.TokenType == JsonTokenType.Null)
                    {
                        // A null attribute is an absent one, but its name must still be one.
                        if (CloudEventRules.IsAttributeName(name)) continue;
                        error = $"'{Shown.Clip(name)}' is no name of an attribute: lower-case letters and digits";
                        return null;
                    }

                    error = Value(ref reader, name, out CloudEventValue value) ?? builder.Set(name, value);
                    if (error is not null) return null;
                    continue;
            }
        }

        if (data is not null && binary is not null)
        {
            error = "data and data_base64 exclude each other";
            return null;
        }

        return builder.Build(Data(builder.DataContentType, data, dataIsText, binary, out error), out string? missing) is { } one && error is null
            ? one
            : Fail(error ?? missing, out error);
    }

    private static CloudEvent? Fail(string? reason, out string? error)
    {
        error = reason;
        return null;
    }

    private static CloudEventData Data(string? contentType, ReadOnlyMemory<byte>? data, bool isText, byte[]? binary, out string? error)
    {
        error = null;
        if (binary is not null) return CloudEventData.Binary(binary);
        if (data is not { } raw) return CloudEventData.None;
        if (CloudEventRules.IsJson(contentType)) return CloudEventData.Json(raw);
        if (isText) return CloudEventData.Text(Unquote(raw));
        error = $"data of type '{Shown.Clip(contentType!)}' must be a text, or data_base64";
        return CloudEventData.None;
    }

    private static string Unquote(ReadOnlyMemory<byte> raw)
    {
        var reader = new Utf8JsonReader(raw.Span);
        reader.Read();
        return reader.GetString()!;
    }

    private static ReadOnlyMemory<byte> Slice(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }

    private static string? Value(ref Utf8JsonReader reader, string name, out CloudEventValue value)
    {
        value = default;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                value = new CloudEventValue(reader.GetString()!);
                return null;
            case JsonTokenType.True or JsonTokenType.False:
                value = new CloudEventValue(reader.GetBoolean());
                return null;
            case JsonTokenType.Number when !reader.ValueSpan.ContainsAny("eE."u8) && reader.TryGetInt32(out int number):
                value = new CloudEventValue(number);
                return null;
            case JsonTokenType.Number:
                return $"{Shown.Clip(name)} is no integer of 32 bits: {Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(40, reader.ValueSpan.Length)])}";
            default:
                return $"{Shown.Clip(name)} must be a text, a number or a truth value";
        }
    }
}
