using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Scout.Protocol.Json;

namespace Scout.Protocol.Events;

/// <summary>
/// Writes our own events as structured CloudEvents, without a model between. One writer is kept and used again; not thread-safe.
/// </summary>
public sealed class EventWriter : IDisposable
{
    /// <summary>Largest event, in bytes (nats.md 12); the stream refuses 64 KiB.</summary>
    public const int MaxBytes = 60 * 1024;

    private readonly ArrayBufferWriter<byte> buffer = new(2048);
    private readonly Utf8JsonWriter writer;

    public EventWriter() => writer = new Utf8JsonWriter(buffer, WireJson.Writer);

    /// <summary>How many events had to be cut to fit.</summary>
    public long Cut { get; private set; }

    /// <summary>
    /// Encodes an event. What does not fit is cut: long text first, then stderr, then the last numbers, then the text; <c>truncated</c> is set.
    /// </summary>
    /// <returns>The bytes, valid until the next call.</returns>
    public ReadOnlyMemory<byte> Write(ScoutEvent one)
    {
        ReadOnlyMemory<byte> bytes = WriteOnce(one);
        if (bytes.Length <= MaxBytes) return bytes;
        Cut++;
        // Each round halves something or drops a part, so a handful of rounds is the bound.
        for (int round = 0; round < 64 && bytes.Length > MaxBytes; round++)
        {
            one = one with { Data = EventCutter.Smaller(one.Data, bytes.Length - MaxBytes) };
            bytes = WriteOnce(one);
        }

        return bytes;
    }

    public void Dispose() => writer.Dispose();

    private ReadOnlyMemory<byte> WriteOnce(ScoutEvent one)
    {
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
        writer.WriteStartObject();
        writer.WriteString("specversion"u8, "1.0"u8);
        writer.WriteString("id"u8, one.Id);
        Span<char> source = stackalloc char[12 + Names.MaxLength];
        "/scout/node/".CopyTo(source);
        one.Node.CopyTo(source[12..]);
        writer.WriteString("source"u8, source[..(12 + one.Node.Length)]);
        writer.WriteString("type"u8, one.Type);
        writer.WriteString("subject"u8, one.Machine);
        Span<char> time = stackalloc char[Rfc3339.Length];
        Rfc3339.Format(one.Time, time);
        writer.WriteString("time"u8, time);
        writer.WriteString("datacontenttype"u8, "application/json"u8);
        if (one.Sequence is { } sequence)
        {
            Span<char> text = stackalloc char[EventSequence.Length];
            sequence.Format(text);
            writer.WriteString("sequence"u8, text);
        }

        if (one.CausationId is { } cause) writer.WriteString("causationid"u8, cause);
        writer.WritePropertyName("data"u8);
        WriteData(one.Data);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private void WriteData(EventData data)
    {
        EventJsonContext context = EventJsonContext.Default;
        switch (data)
        {
            case CheckData check: Serialize(check, context.CheckData); break;
            case TransitionData transition: Serialize(transition, context.TransitionData); break;
            case StateData state: Serialize(state, context.StateData); break;
            case WatcherData watcher: Serialize(watcher, context.WatcherData); break;
            case StartupData startup: Serialize(startup, context.StartupData); break;
            case AliveData alive: Serialize(alive, context.AliveData); break;
            case ShutdownData shutdown: Serialize(shutdown, context.ShutdownData); break;
            case OutboxData outbox: Serialize(outbox, context.OutboxData); break;
            case AuditData audit: Serialize(audit, context.AuditData); break;
            default: throw new ArgumentException($"no event carries {data.GetType().Name}", nameof(data));
        }
    }

    private void Serialize<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(writer, value, type);
}
