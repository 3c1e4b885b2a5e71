namespace Scout.Server.Http;

/// <summary>The first line of an HTTP/1.x request, which is all that we need. Pure.</summary>
internal static class HttpRequestHead
{
    /// <summary>Longest request head that is read, bytes.</summary>
    public const int Limit = 8 * 1024;

    /// <summary>Where the head ends (behind the empty line), or -1 when there is more to come.</summary>
    public static int End(ReadOnlySpan<byte> bytes)
    {
        int crlf = bytes.IndexOf("\r\n\r\n"u8);
        int lf = bytes.IndexOf("\n\n"u8);
        if (crlf >= 0 && (lf < 0 || crlf < lf)) return crlf + 4;
        return lf < 0 ? -1 : lf + 2;
    }

    /// <summary>Method and path, without its query; false when the line is no request line.</summary>
    public static bool TryParse(ReadOnlySpan<byte> head, out HttpMethodKind method, out ReadOnlySpan<byte> path)
    {
        method = HttpMethodKind.Other;
        path = default;
        int end = head.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = (end < 0 ? head : head[..end]).TrimEnd((byte)'\r');
        int first = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first + 1 || !line[(last + 1)..].StartsWith("HTTP/1."u8)) return false;
        ReadOnlySpan<byte> target = line[(first + 1)..last];
        if (target[0] != (byte)'/' || target.IndexOf((byte)' ') >= 0) return false;
        int query = target.IndexOf((byte)'?');
        path = query < 0 ? target : target[..query];
        method = line[..first].SequenceEqual("GET"u8) ? HttpMethodKind.Get : line[..first].SequenceEqual("HEAD"u8) ? HttpMethodKind.Head : HttpMethodKind.Other;
        return true;
    }
}

internal enum HttpMethodKind
{
    Get,
    Head,
    Other,
}
