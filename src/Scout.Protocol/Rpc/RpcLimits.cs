namespace Scout.Protocol.Rpc;

/// <summary>Bounds of requests and replies (nats.md 14, server.md 6).</summary>
public static class RpcLimits
{
    /// <summary>Bytes of a request document.</summary>
    public const int MaxRequest = 64 * 1024;

    /// <summary>Bytes of a line on the local socket.</summary>
    public const int MaxLine = 66 * 1024;

    /// <summary>Bytes of a reply document.</summary>
    public const int MaxReply = 120 * 1024;

    /// <summary>Milliseconds.</summary>
    public const int MaxReplySpread = 30_000;

    /// <summary>Milliseconds; of <c>check</c>.</summary>
    public const int MaxWait = 100_000;

    /// <summary>Milliseconds; of <c>history</c>.</summary>
    public const int MaxHistoryWait = 30_000;

    /// <summary>Milliseconds: an hour.</summary>
    public const int MaxTtl = 3_600_000;

    public const int MaxHistoryLimit = 1000;

    public const int DefaultHistoryLimit = 200;

    /// <summary>Characters of a reason.</summary>
    public const int MaxReason = 500;

    /// <summary>Names or globs in one list.</summary>
    public const int MaxPatterns = 1000;

    /// <summary>Characters of one glob.</summary>
    public const int MaxPattern = 128;

    /// <summary>Entries of a label selector.</summary>
    public const int MaxLabels = 20;

    /// <summary>Seconds: 365 d.</summary>
    public const long MaxForSeconds = 365L * 24 * 3600;
}
