using System.Text;

namespace Scout.Server.Http;

/// <summary>One answer.</summary>
/// <param name="Status">Code and words.</param>
/// <param name="Body">In pieces.</param>
internal sealed record HttpResponse(string Status, string ContentType, ReadOnlyMemory<byte>[] Body)
{
    private const string Plain = "text/plain; charset=utf-8";

    public static HttpResponse NotFound { get; } = Text("404 Not Found", "not found: try /metrics, /healthz, /readyz\n");

    public static HttpResponse BadRequest { get; } = Text("400 Bad Request", "not an HTTP request\n");

    public static HttpResponse HeadTooLarge { get; } = Text("431 Request Header Fields Too Large", "request head over 8 KiB\n");

    public static HttpResponse Text(string status, string body) => new(status, Plain, [Encoding.UTF8.GetBytes(body)]);

    public static HttpResponse Metrics(ReadOnlyMemory<byte>[] body) => new("200 OK", "text/plain; version=0.0.4; charset=utf-8", body);
}
