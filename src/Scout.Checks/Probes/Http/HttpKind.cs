using System.Net;
using Scout.Checks.Probes.Options;
using Scout.Checks.Probes.Tls;

namespace Scout.Checks.Probes.Http;

/// <summary>The options of <c>http</c>.</summary>
internal static class HttpKind
{
    private const int MiB = 1024 * 1024;

    private static readonly ProbeExpect[] Outcomes =
    [
        new("response"), ProbeExpect.Refused, ProbeExpect.Blocked,
        new("tls_failure", ProbeReason.TlsUntrusted, ProbeReason.TlsExpired, ProbeReason.TlsName, ProbeReason.TlsHandshake),
    ];

    private static readonly ProbePhase[] Phases = [ProbePhase.Dns, ProbePhase.Connect, ProbePhase.Tls, ProbePhase.FirstByte, ProbePhase.Transfer];

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    // The handler writes these itself; two truths about the length of a message are one too many.
    private static readonly string[] OwnHeaders = ["Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Expect", "Trailer", "TE"];

    private static readonly (string, Version)[] Versions = [("1.1", HttpVersion.Version11), ("2", HttpVersion.Version20)];

    private static readonly (string, CheckStatus)[] Softer = [("critical", CheckStatus.Critical), ("warning", CheckStatus.Warning)];

    public static ProbeKind Info { get; } = new()
    {
        Name = "http",
        Summary = "ask a web server once, and judge status, headers and content",
        Example = "{ url: \"https://127.0.0.1:8443/health\" }",
        ObjectName = "URL",
        CommandLines =
        [
            ("https://api.lan/health --status 200 --json /status=ok", "status and content"), ("http://127.0.0.1:8080/ --redirects 2 --critical 1s", "follow redirects"),
            ("https://api.lan/ --ca-file ca.pem --header 'X-Region=^eu-'", "a certificate authority of one's own, a header"),
        ],
        Outcomes = Outcomes,
        Object = ProbeKind.One("url"),
        Read = Read,
        Options =
        [
            new("url", OptionForm.Text, "URL", "", "what is asked for, http:// or https://") { Required = true },
            new("method", OptionForm.Text, "METHOD", "GET", "the method of the request") { Choices = Methods },
            new("headers", OptionForm.Map, "NAME=VALUE", "", "headers of the request"),
            new("body", OptionForm.Text, "TEXT", "", "content of the request"),
            new("status", OptionForm.List, "CODES", "200-299", "codes wanted, single or ranges such as 200-399"),
            new("status_as", OptionForm.Text, "STATUS", "critical", "how bad another code is") { Choices = ["critical", "warning"] },
            new("match", OptionForm.Text, "REGEX", "", "the content must match"),
            new("not_match", OptionForm.Text, "REGEX", "", "the content must not match"),
            new("header", OptionForm.Map, "NAME=REGEX", "", "headers of the answer that must be there and match"),
            new("json", OptionForm.Map, "POINTER=VALUE", "", "values that the content must have at JSON pointers"),
            new("min_size", OptionForm.Text, "SIZE", "", "least size of the content"),
            new("max_size", OptionForm.Text, "SIZE", "", "greatest size of the content"),
            new("max_body", OptionForm.Text, "SIZE", "1MiB", "most of the content that is read; more is a failure"),
            new("redirects", OptionForm.Text, "N", "0", "redirects that are followed, up to 10"),
            new("version", OptionForm.Text, "VERSION", "1.1", "2 is asked for by ALPN, over https only") { Choices = ["1.1", "2"] },
            TlsOptions.Verify, TlsOptions.CaFile,
            .. CommonOptions.Reaching,
            CommonOptions.Warning, CommonOptions.Critical, CommonOptions.Phases(Phases), CommonOptions.Expect(Outcomes),
        ],
    };

    private static HttpProbe? Read(OptionReader options, ProbeDefaults defaults)
    {
        Uri? url = Url(options);
        ProbeTarget target = CommonOptions.Reach(options, url?.IdnHost ?? "", url?.Port ?? 0);
        ProbeExpect expect = options.Expect(Outcomes);
        CommonOptions.NoLimits(options, expect);
        string method = options.Choice("method", [.. Methods.Select(word => (word, word))], "GET");
        string? body = options.Text("body", null, MiB);
        Version version = options.Choice("version", Versions, HttpVersion.Version11);
        TlsSettings tls = TlsOptions.Read(options, defaults, withMore: false);
        bool clear = url?.Scheme == Uri.UriSchemeHttp;
        if (clear && version == HttpVersion.Version20) options.Conflict("version", "http://", "HTTP/2 is agreed on in TLS; use https://");
        if (clear && options.Has("ca_file")) options.Conflict("ca_file", "http://", "there is no certificate in clear text");
        if (clear && expect.Word == "tls_failure") options.Conflict("expect", "http://", "there is no TLS in clear text");
        if (body is not null && method is ("GET" or "HEAD")) options.Conflict("body", $"method: {method}", "use POST or PUT");
        HttpExpectations expectations = Expectations(options, method);
        List<KeyValuePair<string, string>> headers = Headers(options);
        int redirects = options.Integer("redirects", 0, 10, 0) ?? 0;
        ProbeLimits limits = CommonOptions.Limits(options, Phases);
        return url is null ? null : new HttpProbe
        {
            Timeout = defaults.Timeout,
            Target = target,
            Limits = limits,
            Expect = expect,
            Url = url,
            Method = HttpMethod.Parse(method),
            Headers = headers,
            Body = body,
            Redirects = redirects,
            Version = version,
            Tls = tls,
            Expectations = expectations,
        };
    }

    private static Uri? Url(OptionReader options)
    {
        string? text = options.RequiredText("url", "https://127.0.0.1:8443/health");
        if (text is null) return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https") || !HostText.IsHost(url.IdnHost))
        {
            options.Error("url", "bad_value", $"'url' is {OptionReader.Quote(text)}, which is no URL of a web server", "http:// or https://, a host, and perhaps a path");
            return null;
        }

        if (url.UserInfo.Length > 0) options.Error("url", "bad_value", "'url' holds a user and password", "send them in 'headers' as Authorization");
        if (url.Fragment.Length > 0) options.Error("url", "bad_value", "'url' has a fragment, which is never sent", "leave out what begins with '#'");
        return url;
    }

    private static HttpExpectations Expectations(OptionReader options, string method)
    {
        List<StatusRange> status = Status(options);
        ProbePattern? match = options.Pattern("match");
        ProbePattern? notMatch = options.Pattern("not_match");
        List<KeyValuePair<string, string>> json = Json(options);
        int? least = options.Size("min_size", 0, 64 * MiB);
        int? most = options.Size("max_size", 0, 64 * MiB);
        int body = options.Size("max_body", 1, 64 * MiB, MiB) ?? MiB;
        if (most < least) options.Error("max_size", "out_of_range", "'max_size' is under 'min_size'", "max_size is at least as large as min_size");
        foreach (string key in (string[])["min_size", "max_size"])
        {
            if ((key == "min_size" ? least : most) > body) options.Error(key, "out_of_range", $"'{key}' is over 'max_body', beyond which nothing is read", "raise 'max_body' too");
        }

        if (method == "HEAD")
        {
            foreach (string key in (string[])["match", "json", "min_size"]) options.Conflict(key, "method: HEAD", "the answer to HEAD has no content");
        }

        return new HttpExpectations
        {
            Status = status,
            StatusAs = options.Choice("status_as", Softer, CheckStatus.Critical),
            Headers = Wanted(options),
            Match = match,
            NotMatch = notMatch,
            Json = json,
            MinSize = least,
            MaxSize = most,
            MaxBody = body,
        };
    }

    private static List<StatusRange> Status(OptionReader options)
    {
        var ranges = new List<StatusRange>();
        foreach (OptionText text in options.Texts("status", 20, "200-299, 304"))
        {
            if (StatusRange.TryParse(text.Value, out StatusRange range)) ranges.Add(range);
            else options.Error(text, "bad_value", $"{OptionReader.Quote(text.Value)} is no status code", "a number from 100 to 599, or a range such as 200-299");
        }

        if (ranges.Count == 0) ranges.Add(new StatusRange(200, 299));
        options.Canonical.Set("status", ranges.Select(range => range.ToString()).ToArray());
        return ranges;
    }

    private static List<KeyValuePair<string, string>> Headers(OptionReader options)
    {
        var headers = new List<KeyValuePair<string, string>>();
        var canonical = new CanonicalMap();
        foreach ((OptionEntry key, OptionText value) in options.Pairs("headers", 50, "{ X-Token: abc }"))
        {
            if (!IsToken(key.Key)) options.Error(value, "bad_value", $"{OptionReader.Quote(key.Key)} is no name of a header", "letters, digits and -");
            else if (OwnHeaders.Contains(key.Key, StringComparer.OrdinalIgnoreCase)) options.Error(value, "bad_value", $"the header {key.Key} cannot be set", "it follows from the request");
            else if (value.Value.AsSpan().ContainsAny('\r', '\n', '\0')) options.Error(value, "bad_value", $"the header {key.Key} has a line break", "one line");
            else headers.Add(new(key.Key, value.Value));
            canonical.Set(key.Key, value.Value);
        }

        options.Canonical.Set("headers", headers.Count == 0 ? null : canonical);
        return headers;
    }

    private static List<KeyValuePair<string, ProbePattern>> Wanted(OptionReader options)
    {
        var headers = new List<KeyValuePair<string, ProbePattern>>();
        var canonical = new CanonicalMap();
        foreach ((OptionEntry key, OptionText value) in options.Pairs("header", 50, "{ X-Region: \"^eu-\" }"))
        {
            if (!IsToken(key.Key)) options.Error(value, "bad_value", $"{OptionReader.Quote(key.Key)} is no name of a header", "letters, digits and -");
            else if (options.Pattern(value, key.Key) is { } pattern) headers.Add(new(key.Key, pattern));
            canonical.Set(key.Key, value.Value);
        }

        options.Canonical.Set("header", headers.Count == 0 ? null : canonical);
        return headers;
    }

    private static List<KeyValuePair<string, string>> Json(OptionReader options)
    {
        var wanted = new List<KeyValuePair<string, string>>();
        var canonical = new CanonicalMap();
        foreach ((OptionEntry key, OptionText value) in options.Pairs("json", 50, "{ /status: ok }"))
        {
            if (JsonPointer.IsValid(key.Key)) wanted.Add(new(key.Key, value.Value));
            else options.Error(value, "bad_value", $"{OptionReader.Quote(key.Key)} is no JSON pointer", "such as /status or /items/0/name");
            canonical.Set(key.Key, value.Value);
        }

        options.Canonical.Set("json", wanted.Count == 0 ? null : canonical);
        return wanted;
    }

    // RFC 9110, section 5.6.2.
    private static bool IsToken(string name) => name.Length is > 0 and <= 128 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal));
}
