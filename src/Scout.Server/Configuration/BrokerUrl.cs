using System.Net;

namespace Scout.Server.Configuration;

/// <summary>What may stand in <c>broker.urls</c>. Pure.</summary>
internal static class BrokerUrl
{
    /// <summary>What is wrong with a URL, or null.</summary>
    public static (string Kind, string Message, string Hint)? Rule(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) || parsed.Host.Length == 0 || parsed.AbsolutePath.Length > 1 || parsed.UserInfo.Length > 0)
        {
            return ("bad_value", $"'{url}' is no URL of a broker", "as in nats://127.0.0.1:4222 or tls://broker.example.org:4222");
        }

        return parsed.Scheme switch
        {
            "nats" or "tls" => null,
            "srv" when parsed.HostNameType == UriHostNameType.Dns && parsed.Port <= 0 => null,
            "srv" => ("bad_value", $"'{url}': srv:// names a domain, without a port", "as in srv://example.org"),
            _ => ("bad_value", $"'{url}': the scheme is nats, tls or srv", "as in nats://127.0.0.1:4222"),
        };
    }

    /// <summary>A plain URL with a loopback address, which can mean nothing but dev mode (security.md section 2).</summary>
    public static bool IsPlainLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) && parsed.Scheme == "nats" && MayBeLoopback(url) && (parsed.Host == "localhost" || IPAddress.TryParse(parsed.Host.Trim('[', ']'), out _));

    /// <summary>False for an address that is not loopback; a name is looked up later, when connecting.</summary>
    public static bool MayBeLoopback(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed)) return false;
        return parsed.Host == "localhost" || !IPAddress.TryParse(parsed.Host.Trim('[', ']'), out IPAddress? address) || IPAddress.IsLoopback(address);
    }
}
