using System.Text.Json;
using System.Text.Json.Serialization;

namespace Scout.Protocol.Rpc;

/// <summary>Outcome of a request, or of one machine in it (nats.md 14). In JSON in snake_case.</summary>
[JsonConverter(typeof(RpcCodeConverter))]
public enum RpcCode
{
    Ok,

    /// <summary>The results differ: look at each.</summary>
    Partial,

    /// <summary>Accepted, not finished in time.</summary>
    Pending,

    /// <summary>The message says which field.</summary>
    BadRequest,

    /// <summary>A schema the node does not speak.</summary>
    Unsupported,
    UnknownAction,
    NotFound,

    /// <summary>The machine refuses; <c>allowed</c> says what it would do.</summary>
    NotAllowed,

    /// <summary>Policy refuses.</summary>
    Denied,

    /// <summary>The caller's clock is off; the reply carries the node's time.</summary>
    Stale,

    /// <summary>The time to live passed in the node's queue: nothing was done.</summary>
    Expired,
    Busy,
    Internal,
}

/// <summary>Words of the codes.</summary>
public static class RpcCodes
{
    private static readonly string[] Words =
        ["ok", "partial", "pending", "bad_request", "unsupported", "unknown_action", "not_found", "not_allowed", "denied", "stale", "expired", "busy", "internal"];

    public static string Name(RpcCode code) => Words[(int)code];

    /// <summary>Codes of a newer node that we do not know are <see cref="RpcCode.Internal"/>.</summary>
    public static RpcCode Parse(string? word)
    {
        int index = word is null ? -1 : Array.IndexOf(Words, word);
        return index < 0 ? RpcCode.Internal : (RpcCode)index;
    }
}

internal sealed class RpcCodeConverter : JsonConverter<RpcCode>
{
    public override RpcCode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => RpcCodes.Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, RpcCode value, JsonSerializerOptions options) => writer.WriteStringValue(RpcCodes.Name(value));
}
