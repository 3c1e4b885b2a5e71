using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh;

/// <summary>Where peers find this node: what it listens on when that is one address, else what the pod was told, else the address of the way out.</summary>
internal static class OwnAddresses
{
    public static ImmutableArray<string> Find(IPAddress listen, IReadOnlyDictionary<string, string> environment, bool hostPlane)
    {
        if (MeshAddress.IsUsable(listen)) return [MeshAddress.Plain(listen).ToString()];
        List<string> addresses = [.. Given(environment, "SCOUT_POD_IPS")];
        if (addresses.Count > 1 && hostPlane) addresses = [addresses[0]];
        if (addresses.Count == 0 || hostPlane) addresses.AddRange(Given(environment, "SCOUT_HOST_IP"));
        if (addresses.Count == 0 && Outward(AddressFamily.InterNetwork, "192.0.2.1") is { } four) addresses.Add(four);
        if (addresses.Count == 0 && Outward(AddressFamily.InterNetworkV6, "2001:db8::1") is { } six) addresses.Add(six);
        if (addresses.Count == 0) addresses.Add("127.0.0.1");
        return [.. addresses.Distinct(StringComparer.Ordinal).Take(RosterMesh.MaxAddresses)];
    }

    private static IEnumerable<string> Given(IReadOnlyDictionary<string, string> environment, string variable) =>
        (environment.GetValueOrDefault(variable) ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)
            .Where(static text => IPAddress.TryParse(text, out IPAddress? address) && MeshAddress.IsUsable(address));

    /// <summary>Which address packets to the world would have; nothing is sent. Null without a route.</summary>
    private static string? Outward(AddressFamily family, string world)
    {
        try
        {
            using var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(IPAddress.Parse(world), 9);
            return socket.LocalEndPoint is IPEndPoint local && MeshAddress.IsUsable(local.Address) ? local.Address.ToString() : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
