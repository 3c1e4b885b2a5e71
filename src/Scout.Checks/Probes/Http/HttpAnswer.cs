using System.Net.Http.Headers;
using Scout.Checks.Output;

namespace Scout.Checks.Probes.Http;

/// <summary>One answer, its content read.</summary>
internal sealed class HttpAnswer
{
    public required int Status { get; init; }

    /// <summary>As the peer wrote it.</summary>
    public required string Phrase { get; init; }

    public required HttpResponseHeaders Headers { get; init; }

    public required HttpContentHeaders ContentHeaders { get; init; }

    /// <summary>What was kept of the content; empty when nobody asks for it.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Bytes of the content, one more than allowed when there are more.</summary>
    public required int Size { get; init; }

    public string Text => field ??= PluginText.Decode(Content.Span, truncated: false);

    /// <summary>All values of a header, joined; null without it.</summary>
    public string? Header(string name) => Headers.NonValidated.TryGetValues(name, out HeaderStringValues values) || ContentHeaders.NonValidated.TryGetValues(name, out values) ? values.ToString() : null;
}
