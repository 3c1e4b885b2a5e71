using Microsoft.Extensions.Logging;

namespace Scout.Server.Outbox;

/// <summary>What the publisher says; the ids are fixed (server.md section 9).</summary>
internal static partial class OutboxLog
{
    [LoggerMessage(3111, LogLevel.Error, "event {id} ({subject}) is set aside, the stream will never take it: {reason}")]
    public static partial void SetAside(ILogger log, string id, string subject, string reason);

    [LoggerMessage(3112, LogLevel.Warning, "event {id} ({subject}) was new to us but not to the stream: somebody used its id; it is published once more as {id}.1")]
    public static partial void Suspicious(ILogger log, string id, string subject);

    [LoggerMessage(3113, LogLevel.Error, "the broker does not let us publish: {reason}; nothing is sent for 5 minutes, nothing is lost")]
    public static partial void Refused(ILogger log, string reason);

    [LoggerMessage(3114, LogLevel.Warning, "the stream does not take events at the moment: {reason}; tried again")]
    public static partial void Paused(ILogger log, string reason);

    [LoggerMessage(3115, LogLevel.Error, "the publisher met an error of its own and goes on: {reason}")]
    public static partial void Broken(ILogger log, string reason);
}
