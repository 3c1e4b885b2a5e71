using Microsoft.Extensions.Logging;

namespace Scout.Server.Logging;

/// <summary>Makes loggers that share one queue. Categories are the short words of server.md section 9: <c>life</c>, <c>loop</c>, <c>outbox</c>, ...</summary>
internal sealed class LineLoggerFactory : ILoggerFactory
{
    private readonly LogLevel level;
    private readonly LogFormat format;
    private readonly TimeProvider time;
    private readonly LogThrottle throttle;
    private readonly LogQueue queue;

    public LineLoggerFactory(TextWriter output, LogLevel level, LogFormat format, TimeProvider time, Action dropped)
    {
        this.level = level;
        this.format = format;
        this.time = time;
        throttle = new LogThrottle(time);
        queue = new LogQueue(output, dropped);
    }

    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, level, format, throttle, queue, time);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("this factory writes to stderr only");

    /// <summary>Writes what still waits.</summary>
    public void Dispose() => queue.Flush();
}
