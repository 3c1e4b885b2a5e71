using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Scout.Protocol.Events;
using Scout.Protocol.Json;

namespace Scout.Protocol.Security.Audit;

/// <summary>
/// One line of <c>audit.jsonl</c> (security.md 9): a flat JSON object with <c>time</c>, <c>source</c> and the fields of <see cref="AuditData"/>, and a line
/// feed. Control characters are escaped, so that nobody's text makes a line of its own.
/// </summary>
public static class AuditLine
{
    /// <summary>Longest line that is read, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The line with its line feed.</summary>
    /// <param name="time">When it was decided.</param>
    /// <param name="source">Name of the node, or <c>broker</c>, <c>provisioner</c>.</param>
    /// <param name="data">The decision.</param>
    public static byte[] ToBytes(DateTimeOffset time, string source, AuditData data)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer))
        {
            writer.WriteStartObject();
            writer.WriteString("time"u8, Rfc3339.Format(time));
            writer.WriteString("source"u8, source);
            writer.Flush();
            buffer.Write(","u8);
            // The fields of the decision follow in the same object: its opening brace is left out.
            ArrayBufferWriter<byte> fields = Fields(data);
            buffer.Write(fields.WrittenSpan[1..]);
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a line, with or without its line feed. Unknown fields are stepped over.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, [NotNullWhen(true)] out AuditRecord? record)
    {
        record = null;
        if (line.Length > MaxBytes) return false;
        try
        {
            var reader = new Utf8JsonReader(line);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object
                || !root.TryGetProperty("time", out JsonElement time) || time.ValueKind != JsonValueKind.String || !Rfc3339.TryParse(time.GetString(), out DateTimeOffset at)
                || !root.TryGetProperty("source", out JsonElement source) || source.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            if (root.Deserialize(EventJsonContext.Default.AuditData) is not { } data) return false;
            record = new AuditRecord(at, source.GetString()!, data);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static ArrayBufferWriter<byte> Fields(AuditData data)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, WireJson.Writer);
        JsonSerializer.Serialize(writer, data, EventJsonContext.Default.AuditData);
        return buffer;
    }
}

/// <summary>A line of <c>audit.jsonl</c>, read back.</summary>
/// <param name="Time">When it was decided.</param>
/// <param name="Source">Name of the node, or of a service of the broker.</param>
/// <param name="Data">The decision.</param>
public sealed record AuditRecord(DateTimeOffset Time, string Source, AuditData Data);
