using System.Collections.Immutable;
using System.Net;

namespace Scout.Protocol.Mesh;

/// <summary>What a node's roster entry says about its part in the mesh.</summary>
/// <param name="Addresses">Where it answers probes, as text; the first is the pod's, the second the host's where there are two planes.</param>
/// <param name="Port">UDP and TCP.</param>
/// <param name="State"><c>up</c>, <c>leaving</c> or <c>maintenance</c>.</param>
public sealed record RosterMesh(ImmutableArray<string> Addresses, int Port, string State)
{
    /// <summary>Addresses of one node that are used; more are ignored.</summary>
    public const int MaxAddresses = 8;

    /// <summary>
    /// The addresses that are addresses. Neither unspecified nor multicast ones: a roster entry must not make a fleet probe a group.
    /// </summary>
    public ImmutableArray<IPAddress> Parse()
    {
        if (Addresses.IsDefaultOrEmpty) return [];
        ImmutableArray<IPAddress>.Builder found = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (string text in Addresses.Take(MaxAddresses))
        {
            if (text is { Length: > 0 and <= 64 } && IPAddress.TryParse(text, out IPAddress? address) && MeshAddress.IsUsable(address)) found.Add(MeshAddress.Plain(address));
        }

        return found.ToImmutable();
    }

    /// <summary><see cref="State"/> as a state; what is not known is <see cref="MeshNodeState.Up"/>.</summary>
    public MeshNodeState ParseState() => MeshNodeStates.TryParse(State, out MeshNodeState state) ? state : MeshNodeState.Up;
}

/// <summary>Which addresses a peer may have.</summary>
public static class MeshAddress
{
    /// <summary>One host: neither unspecified, nor multicast, nor broadcast.</summary>
    public static bool IsUsable(IPAddress address)
    {
        IPAddress plain = Plain(address);
        if (plain.IsIPv6Multicast || plain.Equals(IPAddress.IPv6Any) || plain.Equals(IPAddress.Any) || plain.Equals(IPAddress.Broadcast)) return false;
        return plain.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork || plain.GetAddressBytes()[0] is > 0 and < 224;
    }

    /// <summary>IPv4 as IPv4, also when it came mapped.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
