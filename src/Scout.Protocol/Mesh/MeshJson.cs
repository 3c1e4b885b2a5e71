using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Scout.Protocol.Json;

namespace Scout.Protocol.Mesh;

/// <summary>Reading and writing the documents of the mesh.</summary>
internal static class MeshJson
{
    public static byte[] ToBytes<T>(T document, JsonTypeInfo<T> type)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer)) JsonSerializer.Serialize(writer, document, type);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Unknown fields are stepped over.</summary>
    public static bool TryRead<T>(ReadOnlySpan<byte> json, int maxBytes, JsonTypeInfo<T> type, [NotNullWhen(true)] out T? document, [NotNullWhen(false)] out string? error)
        where T : class
    {
        document = null;
        error = json.Length > maxBytes ? $"it is over {maxBytes} bytes" : null;
        if (error is not null) return false;
        try
        {
            document = JsonSerializer.Deserialize(json, type);
            error = document is null ? "it is null" : null;
        }
        catch (JsonException problem)
        {
            error = "no valid document: " + Shown.Clip(problem.Message, 200);
        }

        return error is null;
    }
}

/// <summary>Words of an enumeration in JSON; an unknown one is an error.</summary>
internal abstract class WordConverter<T>(string[] words) : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && MeshWords.TryParse(words, reader.GetString(), out T value) ? value : throw new JsonException($"one of {string.Join(' ', words)} is due");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(words[Convert.ToInt32(value, null)]);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 16,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(NodePlace))]
[JsonSerializable(typeof(MeshFault))]
[JsonSerializable(typeof(MeshSummary))]
[JsonSerializable(typeof(ZoneMatrix))]
[JsonSerializable(typeof(MeshLease))]
internal sealed partial class MeshJsonContext : JsonSerializerContext;
