using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Scout.Protocol.CloudEvents;

/// <summary>
/// The NATS binding of CloudEvents: structured mode (we write it) and binary mode (we read it), from headers as name and value and a payload. Knows no client.
/// </summary>
public static class CloudEventNats
{
    public const string ContentType = "Content-Type";

    /// <summary>Prefix of attributes in headers of binary mode, in any case.</summary>
    public const string AttributePrefix = "ce-";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Headers of a message that carries one structured event.</summary>
    public static KeyValuePair<string, string> StructuredHeader { get; } = new(ContentType, CloudEventJson.MediaType);

    /// <summary>Reads a message: structured when its content type says so, else binary.</summary>
    /// <param name="headers">Names may repeat and are compared without case.</param>
    /// <param name="payload">Kept as data; the caller leaves the bytes unchanged.</param>
    /// <param name="lenient">Bare JSON without headers counts as structured.</param>
    /// <param name="one">The event.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryRead(
        IEnumerable<KeyValuePair<string, string>> headers,
        ReadOnlyMemory<byte> payload,
        bool lenient,
        [NotNullWhen(true)] out CloudEvent? one,
        [NotNullWhen(false)] out string? error)
    {
        one = null;
        string? contentType = null;
        var builder = new CloudEventBuilder();
        bool attributes = false;
        string? bad = null;
        foreach ((string name, string value) in headers)
        {
            if (name.Equals(ContentType, StringComparison.OrdinalIgnoreCase))
            {
                if (contentType is not null && !contentType.Equals(value, StringComparison.OrdinalIgnoreCase)) bad ??= "Content-Type is there twice";
                contentType = value.Trim(' ', '\t');
                continue;
            }

            if (!name.StartsWith(AttributePrefix, StringComparison.OrdinalIgnoreCase)) continue;
            attributes = true;
            string attribute = name[AttributePrefix.Length..].ToLowerInvariant();
            if (!builder.Note(attribute)) bad ??= $"header '{Shown.Clip(name)}' is there twice";
            else if (!HeaderValue.TryDecode(value, out string? text)) bad ??= $"header '{Shown.Clip(name)}' is not percent-encoded UTF-8";
            else bad ??= builder.Set(attribute, new CloudEventValue(text));
        }

        if (contentType is not null && contentType.StartsWith("application/cloudevents", StringComparison.OrdinalIgnoreCase))
        {
            error = StructuredType(contentType);
            return error is null && CloudEventJson.TryRead(payload, out one, out error);
        }

        if (!attributes)
        {
            if (lenient) return CloudEventJson.TryRead(payload, out one, out error);
            error = "no event: neither Content-Type: application/cloudevents+json nor ce- headers";
            return false;
        }

        if (bad is not null)
        {
            error = bad;
            return false;
        }

        one = builder.Build(Data(builder.DataContentType, payload), out error);
        return one is not null;
    }

    private static string? StructuredType(string contentType)
    {
        int semicolon = contentType.IndexOf(';');
        ReadOnlySpan<char> bare = (semicolon < 0 ? contentType : contentType[..semicolon]).AsSpan().TrimEnd(' ');
        if (bare.StartsWith("application/cloudevents-batch", StringComparison.OrdinalIgnoreCase)) return "a NATS message carries one event, no batch";
        if (!bare.Equals(CloudEventJson.MediaType, StringComparison.OrdinalIgnoreCase)) return $"of structured formats only {CloudEventJson.MediaType} is read, not '{Shown.Clip(contentType)}'";
        int charset = contentType.IndexOf("charset=", StringComparison.OrdinalIgnoreCase);
        return charset < 0 || contentType.AsSpan(charset + 8).Trim(" \"").StartsWith("utf-8", StringComparison.OrdinalIgnoreCase) ? null : "JSON is UTF-8, no other charset";
    }

    /// <summary>In binary mode the payload is the data; how it is kept decides only how it could be shown in JSON.</summary>
    private static CloudEventData Data(string? contentType, ReadOnlyMemory<byte> payload)
    {
        if (payload.IsEmpty) return CloudEventData.None;
        if (contentType is null) return CloudEventData.Binary(payload);
        if (CloudEventRules.IsJson(contentType)) return IsJsonValue(payload) ? CloudEventData.Json(payload) : CloudEventData.Binary(payload);
        return contentType.StartsWith("text/", StringComparison.OrdinalIgnoreCase) && IsUtf8(payload.Span)
            ? new CloudEventData(CloudEventDataKind.Text, payload)
            : CloudEventData.Binary(payload);
    }

    private static bool IsUtf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetCharCount(bytes) >= 0;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static bool IsJsonValue(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 64 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
