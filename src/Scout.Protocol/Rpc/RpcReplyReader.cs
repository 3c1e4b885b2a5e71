using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Scout.Protocol.Json;

namespace Scout.Protocol.Rpc;

/// <summary>Reads replies. Unknown fields are stepped over: a newer node may send them.</summary>
public static class RpcReplyReader
{
    private const int MaxBytes = 1024 * 1024;

    public static bool TryRead(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out RpcReply? reply, [NotNullWhen(false)] out string? error)
    {
        reply = null;
        if (json.Length > MaxBytes)
        {
            error = "the reply is over 1 MiB";
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "schema") != RpcReply.Schema)
            {
                error = $"no reply of schema {RpcReply.Schema}";
                return false;
            }

            string action = Text(root, "action") ?? "";
            string node = Text(root, "node") ?? "";
            if (!Names.IsNode(node))
            {
                error = "the reply names no node";
                return false;
            }

            reply = new RpcReply
            {
                Id = Text(root, "id") ?? "",
                Node = node,
                Action = action,
                Code = RpcCodes.Parse(Text(root, "code")),
                Message = Text(root, "message"),
                TookMs = Number(root, "took_ms"),
                Time = Text(root, "time") is { } time && Rfc3339.TryParse(time, out DateTimeOffset parsed) ? parsed : null,
                Results = Results(action, root),
                Truncated = Number(root, "truncated"),
            };
            error = null;
            return true;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            error = "no valid reply: " + Shown.Clip(failure.Message, 200);
            return false;
        }
    }

    private static ImmutableArray<RpcResult> Results(string action, JsonElement root)
    {
        if (!root.TryGetProperty("results", out JsonElement list) || list.ValueKind != JsonValueKind.Array) return [];
        if (!RpcActions.TryParse(action, out RpcAction known)) return [];
        ImmutableArray<RpcResult>.Builder results = ImmutableArray.CreateBuilder<RpcResult>(list.GetArrayLength());
        RpcJsonContext context = RpcJsonContext.Default;
        foreach (JsonElement element in list.EnumerateArray())
        {
            results.Add(known switch
            {
                RpcAction.Ping => Read(element, context.PingResult),
                RpcAction.Facts => Read(element, context.FactsResult),
                RpcAction.Machines => Read(element, context.MachineLine),
                RpcAction.Machine => Read(element, context.MachineDetail),
                RpcAction.Check => Read(element, context.CheckResult),
                RpcAction.Mesh => Read(element, context.MeshResult),
                RpcAction.Probe => Read(element, context.MeshProbeResult),
                RpcAction.History => Read(element, context.HistoryResult),
                _ => Read(element, context.ChangeResult),
            });
        }

        return results.MoveToImmutable();
    }

    private static T Read<T>(JsonElement element, JsonTypeInfo<T> type)
        where T : RpcResult => element.Deserialize(type) ?? throw new JsonException("a result is null");

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : 0;
}
