using System.Collections.Immutable;
using System.Net;

namespace Scout.Server.Mesh.Peers;

/// <summary>What a source says of a node.</summary>
internal enum PeerWord
{
    /// <summary>It is there.</summary>
    Up,

    /// <summary>It says goodbye.</summary>
    Leaving,

    /// <summary>Cordoned, not ready, or put there by a person.</summary>
    Maintenance,

    /// <summary>It stopped, but is still known.</summary>
    Gone,

    /// <summary>The broker has not heard it for three beats.</summary>
    Silent,
}

/// <summary>One node as one source sees it.</summary>
/// <param name="Name">Node name, checked.</param>
/// <param name="Zone">Empty: unknown.</param>
/// <param name="Addresses">Up to eight; the first is the pod's, the second the host's.</param>
/// <param name="Port">UDP and TCP.</param>
/// <param name="Incarnation">Start in Unix seconds; 0: unknown.</param>
/// <param name="Word">What is said of it.</param>
internal sealed record PeerSeen(string Name, string Zone, ImmutableArray<IPAddress> Addresses, int Port, uint Incarnation, PeerWord Word)
{
    /// <summary>Of the node's server; empty: none, or unknown. Only shown, so not compared.</summary>
    public string Pod { get; init; } = "";

    public bool SamePlace(PeerSeen other) => Port == other.Port && Addresses.SequenceEqual(other.Addresses);

    public bool Equals(PeerSeen? other) =>
        other is not null && Name == other.Name && Zone == other.Zone && Incarnation == other.Incarnation && Word == other.Word && SamePlace(other);

    public override int GetHashCode() => HashCode.Combine(Name, Zone, Port, Incarnation, Word);
}
