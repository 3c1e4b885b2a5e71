using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using Scout.Checks.Stamp;

namespace Scout.Server.Mesh.Responding;

/// <summary>Who gets answers: <c>mesh.listen.allow</c>. May be changed while it is asked; a look allocates nothing.</summary>
internal sealed class MeshAccess
{
    private volatile Rule rule = new(Any: true, [], FrozenSet<UInt128>.Empty);

    /// <summary>Everybody.</summary>
    public void AllowAny() => rule = new Rule(Any: true, [], FrozenSet<UInt128>.Empty);

    /// <summary>Addresses inside these networks.</summary>
    public void AllowNetworks(IEnumerable<IPNetwork> networks) => rule = new Rule(Any: false, [.. networks.Select(Network.Of)], FrozenSet<UInt128>.Empty);

    /// <summary>These addresses: those of the roster, each time it changes.</summary>
    public void AllowAddresses(IEnumerable<IPAddress> addresses) =>
        rule = new Rule(Any: false, [], addresses.Select(address => StampSource.From(new IPEndPoint(address, 0)).Address).ToFrozenSet());

    /// <summary>Whether an address (an IPv4 address as ::ffff:a.b.c.d) gets answers.</summary>
    public bool IsAllowed(UInt128 address)
    {
        Rule now = rule;
        if (now.Any || now.Addresses.Contains(address)) return true;
        foreach (Network network in now.Networks)
        {
            if ((address & network.Mask) == network.Prefix) return true;
        }

        return false;
    }

    private sealed record Rule(bool Any, ImmutableArray<Network> Networks, FrozenSet<UInt128> Addresses);

    private readonly record struct Network(UInt128 Prefix, UInt128 Mask)
    {
        public static Network Of(IPNetwork network)
        {
            bool four = network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
            int bits = network.PrefixLength + (four ? 96 : 0);
            UInt128 mask = bits == 0 ? UInt128.Zero : UInt128.MaxValue << (128 - bits);
            return new Network(StampSource.From(new IPEndPoint(network.BaseAddress, 0)).Address & mask, mask);
        }
    }
}
