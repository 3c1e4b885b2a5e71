using System.Globalization;
using System.Net;

namespace Scout.Nats;

/// <summary>One server to try, or with <see cref="IsService"/> a name to look servers up by.</summary>
internal sealed record ServerAddress(string Host, int Port)
{
    public const int DefaultPort = 4222;

    /// <summary>What stands before the @ of the address: a token, or user:password.</summary>
    public string? UserInfo { get; init; }

    /// <summary>Whether the address itself asks for TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>Whether it is <c>srv://</c>.</summary>
    public bool IsService { get; init; }

    /// <summary>The name the certificate must carry: that of the configured address, also on servers learned from one.</summary>
    public string TlsName { get => field ?? Host; init; }

    /// <summary>Whether the address, as it is written, can mean nothing but this machine.</summary>
    public bool IsLoopback => Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(Host, out IPAddress? ip) && IPAddress.IsLoopback(ip));

    /// <summary>Reads the comma-separated addresses of <see cref="NatsOpts.Url"/>.</summary>
    /// <exception cref="NatsException">An address is not one, or its scheme is unknown.</exception>
    public static List<ServerAddress> ParseList(string urls)
    {
        List<ServerAddress> addresses = [];
        foreach (string url in urls.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) addresses.Add(Parse(url));
        return addresses.Count > 0 ? addresses : throw new NatsException("No server address is given; expected tls://host:4222.");
    }

    /// <summary>Reads <c>host:port</c>, also with an IPv6 host in brackets; nothing else around it.</summary>
    public static bool TryParseHostPort(string text, out ServerAddress address)
    {
        address = null!;
        int colon = text.LastIndexOf(':');
        if (text.Length > 300 || colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)) return false;
        if (port is < 1 or > 65535) return false;
        string host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']')) host = host[1..^1];
        else if (host.Contains(':')) return false;
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown) return false;
        address = new ServerAddress(host, port);
        return true;
    }

    public bool IsSameServer(ServerAddress other) => Port == other.Port && string.Equals(Host, other.Host, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static ServerAddress Parse(string url)
    {
        string text = url.Contains("://", StringComparison.Ordinal) ? url : "nats://" + url;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
            throw new NatsException($"'{WithoutUser(url)}' is not a server address; expected tls://host:4222.");
        if (uri.Scheme is not ("nats" or "tcp" or "tls" or "srv"))
            throw new NatsException($"'{uri.Scheme}://' is not supported; use tls://host:4222, srv://name, or nats://127.0.0.1:4222 on this machine.");
        return new ServerAddress(uri.IdnHost, uri.Port > 0 ? uri.Port : DefaultPort)
        {
            UserInfo = uri.UserInfo.Length > 0 ? uri.UserInfo : null,
            Tls = uri.Scheme is "tls" or "srv",
            IsService = uri.Scheme is "srv",
        };
    }

    // An address with a mistake may still hold a secret.
    private static string WithoutUser(string url) => url.Contains('@') ? url[(url.LastIndexOf('@') + 1)..] : url;
}
