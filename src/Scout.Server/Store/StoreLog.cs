using Microsoft.Extensions.Logging;

namespace Scout.Server.Store;

/// <summary>What the store says; the ids are fixed (server.md section 9).</summary>
internal static partial class StoreLog
{
    [LoggerMessage(3001, LogLevel.Information, "{line}")]
    public static partial void Torn(ILogger log, string line);

    [LoggerMessage(3002, LogLevel.Warning, "{line}")]
    public static partial void Repaired(ILogger log, string line);

    [LoggerMessage(3003, LogLevel.Error, "degraded: the journal cannot be written: {reason}; checks go on, changes wait in memory, tried again every second")]
    public static partial void Degraded(ILogger log, string reason);

    [LoggerMessage(3004, LogLevel.Information, "the journal can be written again after {seconds:F0} s; what waited is on disk")]
    public static partial void Recovered(ILogger log, double seconds);

    [LoggerMessage(3005, LogLevel.Warning, "no snapshot could be written: {reason}; the journal keeps growing until one can")]
    public static partial void SnapshotFailed(ILogger log, string reason);

    [LoggerMessage(3006, LogLevel.Warning, "an old segment of the journal could not be deleted: {reason}")]
    public static partial void NotDeleted(ILogger log, string reason);

    [LoggerMessage(3007, LogLevel.Error, "the store met an error of its own and goes on: {reason}")]
    public static partial void Broken(ILogger log, string reason);
}
