namespace Scout.Checks.Probes.Http;

/// <summary>One request of a chain of redirects.</summary>
internal sealed record HttpHop(Uri Url, HttpMethod Method, string? Body, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    // What proves who we are is for the host it was written for.
    private static readonly string[] Secret = ["Authorization", "Cookie", "Proxy-Authorization", "Host"];

    public bool IsSecure => Url.Scheme == Uri.UriSchemeHttps;

    public static bool IsRedirect(int status) => status is 301 or 302 or 303 or 307 or 308;

    /// <summary>The next request (RFC 9110, section 15.4), or null when it is not followed: another scheme, out of TLS into clear text, no URL.</summary>
    public HttpHop? Follow(int status, string location)
    {
        if (!Uri.TryCreate(Url, location, out Uri? next) || next.Scheme is not ("http" or "https") || next.Host.Length == 0) return null;
        if (IsSecure && next.Scheme != Uri.UriSchemeHttps) return null;
        bool toGet = status == 303 ? Method != HttpMethod.Head : status is 301 or 302 && Method == HttpMethod.Post;
        bool same = next.IdnHost == Url.IdnHost && next.Port == Url.Port;
        IReadOnlyList<KeyValuePair<string, string>> headers = same ? Headers : [.. Headers.Where(header => !Secret.Contains(header.Key, StringComparer.OrdinalIgnoreCase))];
        if (toGet) headers = [.. headers.Where(header => !header.Key.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))];
        return new HttpHop(next, toGet ? HttpMethod.Get : Method, toGet ? null : Body, headers);
    }
}
