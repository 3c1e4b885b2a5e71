using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;

namespace Scout.Cli.Hosts;

/// <summary>Log lines of the broker on stderr: text, or JSON (server.md section 9).</summary>
internal sealed class DaemonLogs : ILoggerFactory
{
    private static readonly string[] Levels = ["debug", "info", "warning", "error"];
    private readonly CommandContext context;
    private readonly LogLevel least;
    private readonly bool json;
    private readonly Lock gate = new();

    private DaemonLogs(CommandContext context, LogLevel least, bool json)
    {
        this.context = context;
        this.least = least;
        this.json = json;
    }

    /// <exception cref="CliException">No such level or format.</exception>
    public static ILoggerFactory Make(CommandContext context, string? level, string? format)
    {
        int index = level is null ? 1 : Array.IndexOf(Levels, level);
        if (index < 0) throw CliException.Usage($"--log-level: '{level}' is no level", "known are debug, info, warning, error");
        if (format is not (null or "auto" or "text" or "json")) throw CliException.Usage($"--log-format: '{format}' is no format", "known are auto, text, json");
        return new DaemonLogs(context, (LogLevel)(index + 1), format == "json");
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("lines go to stderr only");

    public void Dispose()
    {
        // Lines are written when they come.
    }

    private void Write(string category, LogLevel level, EventId id, string message, Exception? failure)
    {
        string time = Ages.Rfc3339(context.Io.Time.GetUtcNow());
        string word = level switch { LogLevel.Debug or LogLevel.Trace => "debug", LogLevel.Warning => "warning", LogLevel.Error or LogLevel.Critical => "error", _ => "info" };
        string line = json
            ? JsonText.Render(
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("time", time);
                    writer.WriteString("level", word);
                    writer.WriteNumber("id", id.Id);
                    writer.WriteString("category", category);
                    writer.WriteString("message", message);
                    if (failure is not null) writer.WriteString("error", failure.Message);
                    writer.WriteEndObject();
                },
                indented: false)
            : string.Create(CultureInfo.InvariantCulture, $"{time} {word.ToUpperInvariant()} {category} {id.Id} {Escape.Line(message)}{(failure is null ? "" : " error=" + Escape.Line(failure.Message))}");
        lock (gate) context.Io.Error.WriteLine(line);
    }

    private sealed class Category(DaemonLogs owner, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= owner.least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) owner.Write(name, logLevel, eventId, formatter(state, exception), exception);
        }
    }
}
