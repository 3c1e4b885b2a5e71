using Microsoft.Extensions.Logging;

namespace Scout.Kubernetes;

/// <summary>Everything this room logs; the ids are an interface.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(9000, LogLevel.Information, "{Kind}: {Count} objects, mirror is live")]
    public static partial void Synced(ILogger log, string kind, int count);

    [LoggerMessage(9001, LogLevel.Warning, "{Kind}: {Failure}: {Words}; again in {Seconds:0.0} s")]
    public static partial void Failed(ILogger log, string kind, ApiFailure failure, string words, double seconds);

    [LoggerMessage(9002, LogLevel.Information, "{Kind}: listed again ({Reason}): {Count} objects, {Changes} changes")]
    public static partial void Relisted(ILogger log, string kind, RelistReason reason, int count, int changes);

    [LoggerMessage(9003, LogLevel.Warning, "{Kind}: the mirror is full with {Count} objects; {Key} and others that are new are refused (KubernetesClientOptions.MaxObjects)")]
    public static partial void Full(ILogger log, string kind, int count, string key);

    [LoggerMessage(9004, LogLevel.Information, "{Kind}: the list aged after {Pages} pages and begins again")]
    public static partial void PagesExpired(ILogger log, string kind, int pages);

    [LoggerMessage(9005, LogLevel.Error, "{Kind}: the mirror's loop met something unforeseen and lists again")]
    public static partial void Unforeseen(ILogger log, Exception error, string kind);
}
