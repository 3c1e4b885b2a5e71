using System.Buffers;
using System.Text.Json;
using Scout.Protocol.Json;

namespace Scout.Protocol.Rpc;

/// <summary>Writes requests, as <see cref="RpcRequestReader"/> reads them.</summary>
public static class RpcRequestWriter
{
    public static byte[] ToBytes(RpcRequest request)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer)) Write(writer, request);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The line of the local socket (server.md 6), with its line feed.</summary>
    public static byte[] ToLine(RpcRequest request)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer))
        {
            writer.WriteStartObject();
            writer.WriteString("action"u8, RpcActions.Name(request.Action));
            writer.WritePropertyName("request"u8);
            Write(writer, request);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, RpcRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("schema"u8, RpcRequest.Schema);
        writer.WriteString("id"u8, request.Id);
        writer.WriteNumber("ttl_ms"u8, request.TtlMs);
        if (request.ReplySpreadMs > 0) writer.WriteNumber("reply_spread_ms"u8, request.ReplySpreadMs);
        if (request.Filter is { } filter)
        {
            writer.WriteStartObject("filter"u8);
            Texts(writer, "nodes", filter.Nodes);
            Labels(writer, filter.Labels);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("args"u8);
        Args(writer, request.Args);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Args(Utf8JsonWriter writer, RpcArgs args)
    {
        switch (args)
        {
            case FactsArgs facts:
                Texts(writer, "keys", facts.Keys);
                break;
            case MachinesArgs machines:
                Texts(writer, "machines", machines.Machines);
                Labels(writer, machines.Labels);
                Texts(writer, "states", machines.States);
                Text(writer, "after", machines.After);
                break;
            case MachineArgs machine:
                writer.WriteString("machine"u8, machine.Machine);
                break;
            case CheckArgs check:
                Selection(writer, check.Selection);
                if (check.WaitMs > 0) writer.WriteNumber("wait_ms"u8, check.WaitMs);
                break;
            case TransitionArgs transition:
                writer.WriteString("machine"u8, transition.Machine);
                writer.WriteString("transition"u8, transition.Transition);
                break;
            case MaintenanceArgs maintenance:
                Selection(writer, maintenance.Selection);
                if (maintenance.ForS is { } seconds) writer.WriteNumber("for_s"u8, seconds);
                Time(writer, "until", maintenance.Until);
                if (maintenance.OpenEnded) writer.WriteBoolean("open_ended"u8, value: true);
                if (maintenance.Reason.Length > 0) writer.WriteString("reason"u8, maintenance.Reason);
                break;
            case ResumeArgs resume:
                Selection(writer, resume.Selection);
                break;
            case AcknowledgeArgs acknowledge:
                Selection(writer, acknowledge.Selection);
                Time(writer, "until", acknowledge.Until);
                if (acknowledge.Reason.Length > 0) writer.WriteString("reason"u8, acknowledge.Reason);
                break;
            case MeshArgs mesh:
                Text(writer, "after", mesh.After);
                break;
            case ProbeArgs probe:
                writer.WriteString("target"u8, probe.Target);
                writer.WriteNumber("packets"u8, probe.Packets);
                if (probe.Tcp) writer.WriteString("proto"u8, "tcp"u8);
                break;
            case HistoryArgs history:
                Texts(writer, "machines", history.Machines);
                Texts(writer, "kinds", history.Audit ? history.Kinds.Select(Subjects.Word).Append(RpcRequestReader.AuditWord) : history.Kinds.Select(Subjects.Word));
                Time(writer, "since", history.Since);
                Time(writer, "until", history.Until);
                Text(writer, "after", history.After?.ToString());
                writer.WriteNumber("limit"u8, history.Limit);
                if (history.WaitMs > 0) writer.WriteNumber("wait_ms"u8, history.WaitMs);
                break;
            default:
                break;
        }
    }

    private static void Selection(Utf8JsonWriter writer, MachineSelection selection)
    {
        if (selection.All) writer.WriteBoolean("all"u8, value: true);
        Texts(writer, "machines", selection.Machines);
        Labels(writer, selection.Labels);
    }

    private static void Texts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        bool open = false;
        foreach (string text in texts)
        {
            if (!open) writer.WriteStartArray(name);
            open = true;
            writer.WriteStringValue(text);
        }

        if (open) writer.WriteEndArray();
    }

    private static void Labels(Utf8JsonWriter writer, System.Collections.Immutable.ImmutableSortedDictionary<string, string> labels)
    {
        if (labels.Count == 0) return;
        writer.WriteStartObject("labels"u8);
        foreach ((string key, string value) in labels) writer.WriteString(key, value);
        writer.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter writer, string name, string? text)
    {
        if (text is not null) writer.WriteString(name, text);
    }

    private static void Time(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } value) writer.WriteString(name, Rfc3339.Format(value));
    }
}
