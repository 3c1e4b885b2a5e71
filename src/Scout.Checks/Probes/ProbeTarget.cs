using System.Net;
using System.Net.Sockets;

namespace Scout.Checks.Probes;

/// <summary>Where a probe goes and from where: the common options of mesh.md section 1.</summary>
public sealed record ProbeTarget
{
    /// <summary>At most so many addresses of a name are probed with <see cref="AllAddresses"/>.</summary>
    public const int MostAddresses = 16;

    /// <summary>A name or an address.</summary>
    public required string Host { get; init; }

    /// <summary>0 for kinds without ports.</summary>
    public int Port { get; init; }

    public AddressChoice Family { get; init; }

    /// <summary>Connect here; <see cref="Host"/> is used for names only.</summary>
    public IPAddress? Address { get; init; }

    /// <summary><see cref="Host"/> when it is an address.</summary>
    public IPAddress? Literal { get; init; }

    /// <summary>Each address once; the worst decides.</summary>
    public bool AllAddresses { get; init; }

    /// <summary>Local address to send from.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>0 to 63; null leaves it to the system.</summary>
    public int? Dscp { get; init; }

    /// <summary><c>db1:5432</c>, <c>[::1]:80</c>, or the host alone.</summary>
    public string Shown => Port == 0 ? Host : Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>A socket as <see cref="Source"/> and <see cref="Dscp"/> want it, for an address.</summary>
    /// <exception cref="SocketException">No descriptor, or the source is not an address of this host.</exception>
    public Socket Open(IPAddress address, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(address.AddressFamily, type, protocol);
        try
        {
            Prepare(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Prepare(Socket socket)
    {
        bool v6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        // Six bits of differentiated services above two of congestion notification (RFC 2474, RFC 3168). IPV6_TCLASS is 67 on Linux.
        if (Dscp is { } dscp && v6) socket.SetRawSocketOption(41, 67, BitConverter.GetBytes(dscp << 2));
        else if (Dscp is { } tos) socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.TypeOfService, tos << 2);
        if (Source is { } source) socket.Bind(new IPEndPoint(source, 0));
    }
}
