using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Json;

namespace Scout.Protocol.Mesh;

/// <summary>
/// <c>io.scout.mesh.fault.v1</c> on <c>scout.mesh.fault.ID</c>: a broker tells of a fault. Source is <c>/scout/broker/NAME</c>, subject the id of the fault.
/// </summary>
public static class MeshFaultEvent
{
    private const string SourcePrefix = "/scout/broker/";

    public static byte[] Write(Guid id, string broker, MeshFault fault)
    {
        if (!Names.IsNode(broker)) throw new ArgumentException($"'{Shown.Clip(broker)}' is no name of a broker", nameof(broker));
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer))
        {
            writer.WriteStartObject();
            writer.WriteString("specversion"u8, CloudEvent.SpecVersion);
            writer.WriteString("id"u8, id);
            writer.WriteString("source"u8, SourcePrefix + broker);
            writer.WriteString("type"u8, MeshFault.EventType);
            writer.WriteString("subject"u8, fault.Id);
            writer.WriteString("time"u8, Rfc3339.Format(fault.At));
            writer.WriteString("datacontenttype"u8, "application/json");
            writer.WritePropertyName("data"u8);
            JsonSerializer.Serialize(writer, fault, MeshJsonContext.Default.MeshFault);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads one from the stream; a message that was steered there, or that tells of another fault than its subject, does not count.</summary>
    /// <param name="subject">On which it stands.</param>
    /// <param name="headers">All of them.</param>
    /// <param name="payload">The bytes; stays unchanged while the event is used.</param>
    /// <param name="delivery">How it came: <see cref="Reading.EventDelivery.Live"/> or <see cref="Reading.EventDelivery.DirectGet"/>.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="error">Why it does not count.</param>
    public static bool TryRead(
        string subject,
        IReadOnlyCollection<KeyValuePair<string, string>> headers,
        ReadOnlyMemory<byte> payload,
        Reading.EventDelivery delivery,
        [NotNullWhen(true)] out MeshFault? fault,
        [NotNullWhen(false)] out string? error)
    {
        fault = null;
        bool own = delivery == Reading.EventDelivery.Live
            ? Reading.StoredHeaders.IsLive(headers.Select(static header => header.Key))
            : Reading.StoredHeaders.Fit(headers, delivery, Streams.StreamCatalog.Faults, subject);
        if (!own)
        {
            error = "it was copied here from another stream";
            return false;
        }

        if (!CloudEventNats.TryRead(headers, payload, lenient: false, out CloudEvent? one, out error)) return false;
        error = one.Type != MeshFault.EventType ? "it is no fault"
            : !one.Source.StartsWith(SourcePrefix, StringComparison.Ordinal) ? "it comes from no broker"
            : one.Data.Kind != CloudEventDataKind.Json ? "its data is no JSON"
            : null;
        if (error is not null || !MeshFault.TryRead(one.Data.Bytes.Span, out fault, out error)) return false;
        if (fault.Id == one.Subject && subject == Subjects.MeshFault(fault.Id)) return true;
        fault = null;
        error = "it tells of another fault than its subject";
        return false;
    }
}
