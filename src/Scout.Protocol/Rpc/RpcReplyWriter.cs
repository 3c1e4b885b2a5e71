using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Scout.Protocol.Json;

namespace Scout.Protocol.Rpc;

/// <summary>Writes replies below <see cref="RpcLimits.MaxReply"/>: results that do not fit are counted in <c>truncated</c>.</summary>
public static class RpcReplyWriter
{
    /// <summary>Room kept for what surrounds the results.</summary>
    private const int Margin = 64;

    public static byte[] ToBytes(RpcReply reply) => Write(reply, line: false);

    /// <summary>The same with the line feed of the local socket.</summary>
    public static byte[] ToLine(RpcReply reply) => Write(reply, line: true);

    private static byte[] Write(RpcReply reply, bool line)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer))
        {
            writer.WriteStartObject();
            writer.WriteString("schema"u8, RpcReply.Schema);
            writer.WriteString("id"u8, reply.Id);
            writer.WriteString("node"u8, reply.Node);
            writer.WriteString("action"u8, reply.Action);
            writer.WriteString("code"u8, RpcCodes.Name(reply.Code));
            if (reply.Message is not null) writer.WriteString("message"u8, reply.Message);
            writer.WriteNumber("took_ms"u8, reply.TookMs);
            if (reply.Time is { } time) writer.WriteString("time"u8, Rfc3339.Format(time));
            writer.WriteStartArray("results"u8);
            int left = Results(writer, reply);
            writer.WriteEndArray();
            int truncated = reply.Truncated + left;
            if (truncated > 0) writer.WriteNumber("truncated"u8, truncated);
            writer.WriteEndObject();
        }

        if (line) buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>How many did not fit. Each is written apart first, for a writer cannot take back what it wrote.</summary>
    private static int Results(Utf8JsonWriter writer, RpcReply reply)
    {
        var one = new ArrayBufferWriter<byte>(1024);
        using var single = new Utf8JsonWriter(one, WireJson.Writer);
        for (int i = 0; i < reply.Results.Length; i++)
        {
            one.ResetWrittenCount();
            single.Reset(one);
            WriteResult(single, reply.Results[i]);
            single.Flush();
            long size = writer.BytesCommitted + writer.BytesPending + one.WrittenCount + Margin;
            if (size > RpcLimits.MaxReply)
            {
                if (i > 0) return reply.Results.Length - i;
                // Alone too large: say so instead of sending nothing.
                WriteResult(writer, new ChangeResult { Machine = reply.Results[i].Machine, Code = RpcCode.Internal, Message = "the result is too large for a reply" });
                continue;
            }

            writer.WriteRawValue(one.WrittenSpan, skipInputValidation: true);
        }

        return 0;
    }

    private static void WriteResult(Utf8JsonWriter writer, RpcResult result)
    {
        RpcJsonContext context = RpcJsonContext.Default;
        switch (result)
        {
            case PingResult ping: Serialize(writer, ping, context.PingResult); break;
            case FactsResult facts: Serialize(writer, facts, context.FactsResult); break;
            case MachineLine line: Serialize(writer, line, context.MachineLine); break;
            case MachineDetail detail: Serialize(writer, detail, context.MachineDetail); break;
            case CheckResult check: Serialize(writer, check, context.CheckResult); break;
            case ChangeResult change: Serialize(writer, change, context.ChangeResult); break;
            case MeshResult mesh: Serialize(writer, mesh, context.MeshResult); break;
            case MeshProbeResult probe: Serialize(writer, probe, context.MeshProbeResult); break;
            case HistoryResult history: Serialize(writer, history, context.HistoryResult); break;
            default: throw new ArgumentException($"no reply carries {result.GetType().Name}", nameof(result));
        }
    }

    private static void Serialize<T>(Utf8JsonWriter writer, T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(writer, value, type);
}
