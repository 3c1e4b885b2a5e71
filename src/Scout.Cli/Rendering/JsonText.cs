using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Scout.Cli.Rendering;

/// <summary>JSON as it is printed: non-ASCII text readable, controls escaped.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, NewLine = "\n" };

    public static string Render(Action<Utf8JsonWriter> write, bool indented)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, indented ? Indented : Compact)) write(writer);
        return Escape.Json(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    public static string Indent(string text, string by) => by + text.Replace("\n", "\n" + by, StringComparison.Ordinal);
}
