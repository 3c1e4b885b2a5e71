using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Scout.Server.Configuration;

/// <summary><c>HOST:PORT</c> with an IP address or <c>localhost</c>, <c>[::1]:PORT</c>, <c>:PORT</c> for every address. Pure.</summary>
internal static class ListenAddress
{
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)) return false;
        string host = text[..colon];
        if (host.Length == 0)
        {
            endpoint = new IPEndPoint(IPAddress.IPv6Any, port);
            return true;
        }

        if (host == "localhost") host = "127.0.0.1";
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (bracketed) host = host[1..^1];
        if (!IPAddress.TryParse(host, out IPAddress? address) || bracketed != (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)) return false;
        endpoint = new IPEndPoint(address, port);
        return true;
    }
}
