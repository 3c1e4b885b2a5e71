using System.Net;
using System.Net.Sockets;

namespace Scout.Server.Connection;

/// <summary>In dev mode a node connects to loopback only: the address a name resolves to is checked, and then used (security.md section 2).</summary>
internal static class BrokerAddress
{
    /// <summary>The URLs with addresses in the place of names.</summary>
    /// <exception cref="Life.LifeException">A name leads elsewhere, or nowhere: exit code 2.</exception>
    public static async Task<IReadOnlyList<string>> LoopbackAsync(IEnumerable<string> urls)
    {
        var checkedUrls = new List<string>();
        foreach (string url in urls)
        {
            var uri = new Uri(url);
            string host = uri.Host.Trim('[', ']');
            int port = uri.Port > 0 ? uri.Port : 4222;
            IPAddress address = await ResolveAsync(url, host);
            checkedUrls.Add(address.AddressFamily == AddressFamily.InterNetworkV6 ? $"nats://[{address}]:{port}" : $"nats://{address}:{port}");
        }

        return checkedUrls;
    }

    private static async Task<IPAddress> ResolveAsync(string url, string host)
    {
        if (IPAddress.TryParse(host, out IPAddress? literal)) return literal;
        IPAddress[] found;
        try
        {
            found = await Dns.GetHostAddressesAsync(host);
        }
        catch (SocketException error)
        {
            throw new Life.LifeException(2, $"--broker {url}: '{host}' cannot be resolved: {error.Message}", "give an address, such as nats://127.0.0.1:4222");
        }

        IPAddress? other = found.FirstOrDefault(address => !IPAddress.IsLoopback(address));
        if (found.Length == 0 || other is not null)
        {
            throw new Life.LifeException(2, $"dev mode connects to loopback only, and '{host}' is {other}", "make credentials with 'scout broker init' and use tls://, or connect to 127.0.0.1");
        }

        return found.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
    }
}
