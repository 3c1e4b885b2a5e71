using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Scout.Server.Logging;

/// <summary>Renders one line. Pure.</summary>
internal static class LogLine
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Render(
        LogFormat format, DateTimeOffset time, LogLevel level, string category, int id, string message, IReadOnlyList<KeyValuePair<string, object?>> fields, Exception? error)
    {
        return format == LogFormat.Json ? Json(time, level, category, id, message, fields, error) : Text(format, time, level, category, id, message, error);
    }

    /// <summary>Control characters and line breaks as escapes, so that nothing from outside makes a second line or moves the terminal.</summary>
    public static string Escape(string text)
    {
        int first = text.AsSpan().IndexOfAnyInRange('\0', '\x1F');
        if (first < 0 && text.AsSpan().IndexOfAnyInRange('\x7F', '\x9F') < 0) return text;
        var escaped = new StringBuilder(text.Length + 16);
        foreach (char one in text)
        {
            if (one == '\n') escaped.Append("\\n");
            else if (one == '\r') escaped.Append("\\r");
            else if (one == '\t') escaped.Append("\\t");
            else if (char.IsControl(one)) escaped.Append(CultureInfo.InvariantCulture, $"\\x{(int)one:x2}");
            else escaped.Append(one);
        }

        return escaped.ToString();
    }

    private static string Text(LogFormat format, DateTimeOffset time, LogLevel level, string category, int id, string message, Exception? error)
    {
        string priority = format == LogFormat.Journal ? $"<{PriorityOf(level)}>" : "";
        string tail = error is null ? "" : ": " + Words(error, level);
        return string.Create(
            CultureInfo.InvariantCulture, $"{priority}{Time(time)} {NameOf(level)} {category} {id} {Escape(message + tail)}");
    }

    private static string Json(
        DateTimeOffset time, LogLevel level, string category, int id, string message, IReadOnlyList<KeyValuePair<string, object?>> fields, Exception? error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, JsonOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("time", Time(time));
            writer.WriteString("level", NameOf(level).ToLowerInvariant());
            writer.WriteNumber("id", id);
            writer.WriteString("category", category);
            writer.WriteString("message", message);
            foreach ((string key, object? value) in fields)
            {
                if (key != "{OriginalFormat}") writer.WriteString(JsonNamingPolicy.SnakeCaseLower.ConvertName(key), Convert.ToString(value, CultureInfo.InvariantCulture));
            }

            if (error is not null) writer.WriteString("error", Words(error, level));
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    // A stack is for defects; a file that cannot be written is told in one sentence.
    private static string Words(Exception error, LogLevel level) => level >= LogLevel.Error ? error.ToString() : error.Message;

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        _ => "ERROR",
    };

    private static int PriorityOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        _ => 3,
    };
}
