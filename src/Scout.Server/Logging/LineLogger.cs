using Microsoft.Extensions.Logging;

namespace Scout.Server.Logging;

/// <summary>One line an event, as <c>text</c> or <c>json</c> (server.md section 9).</summary>
internal sealed class LineLogger(string category, LogLevel level, LogFormat format, LogThrottle throttle, LogQueue queue, TimeProvider time) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= level && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        var fields = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
        if (!throttle.Lets(eventId.Id, MachineOf(fields), out long held)) return;
        string message = formatter(state, exception);
        if (held > 0) message += $" (and {held} more like it in the last minute)";
        queue.Add(LogLine.Render(format, time.GetUtcNow(), logLevel, category, eventId.Id, message, fields, exception));
    }

    private static string MachineOf(IReadOnlyList<KeyValuePair<string, object?>> fields)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields[i].Key.Equals("machine", StringComparison.OrdinalIgnoreCase)) return fields[i].Value?.ToString() ?? "";
        }

        return "";
    }
}
