using System.Collections.Immutable;

namespace Scout.Protocol.Rpc;

/// <summary>A reply, <c>io.scout.rpc.reply.v1</c>.</summary>
public sealed record RpcReply
{
    public const string Schema = "io.scout.rpc.reply.v1";

    /// <summary>Of the request; empty when it could not be read.</summary>
    public required string Id { get; init; }

    public required string Node { get; init; }

    /// <summary>As asked; may be no action that exists.</summary>
    public required string Action { get; init; }

    public required RpcCode Code { get; init; }

    /// <summary>For people, when it is not <c>ok</c>.</summary>
    public string? Message { get; init; }

    /// <summary>Milliseconds from arrival to reply.</summary>
    public int TookMs { get; init; }

    /// <summary>The node's time; of <c>stale</c>.</summary>
    public DateTimeOffset? Time { get; init; }

    public ImmutableArray<RpcResult> Results { get; init; } = [];

    /// <summary>How many results did not fit; go on with <c>after</c>.</summary>
    public int Truncated { get; init; }

    /// <summary>The code that sums up these results: <c>ok</c> when all are, the common code when all share one, else <c>partial</c>. Nothing: <c>not_found</c>.</summary>
    public static RpcCode Sum(IEnumerable<RpcResult> results)
    {
        RpcCode? sum = null;
        foreach (RpcResult result in results)
        {
            if (sum is null) sum = result.Code;
            else if (sum != result.Code) return RpcCode.Partial;
        }

        return sum ?? RpcCode.NotFound;
    }
}
