using System.Net.Sockets;

namespace Scout.Checks.Probes.Running;

/// <summary>What the errors of sockets mean for a probe.</summary>
internal static class SocketFailure
{
    /// <summary>The reason and its words.</summary>
    public static ProbeEnding Of(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new ProbeEnding(ProbeReason.Refused, "connection refused"),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.NotConnected or SocketError.Disconnecting =>
            new ProbeEnding(ProbeReason.Reset, "connection reset by the peer"),
        SocketError.TimedOut => new ProbeEnding(ProbeReason.Timeout, "no answer to connecting"),
        SocketError.HostUnreachable or SocketError.HostDown => new ProbeEnding(ProbeReason.Unreachable, "no route to the host"),
        SocketError.NetworkUnreachable or SocketError.NetworkDown => new ProbeEnding(ProbeReason.Unreachable, "no route to the network"),
        // ICMP protocol unreachable arrives as ENOPROTOOPT.
        SocketError.ProtocolOption or SocketError.ProtocolNotSupported when error.ErrorCode == 92 => new ProbeEnding(ProbeReason.Unreachable, "the host does not know the protocol"),
        SocketError.AccessDenied => new ProbeEnding(ProbeReason.NoPermission, "the system does not allow it (a local firewall rule, or a privileged port)"),
        SocketError.AddressNotAvailable => new ProbeEnding(ProbeReason.Local, "the source is not an address of this host, or no local port is free"),
        SocketError.AddressAlreadyInUse => new ProbeEnding(ProbeReason.Local, "no local port is free"),
        SocketError.TooManyOpenSockets => new ProbeEnding(ProbeReason.Local, "no descriptor is free in this process"),
        SocketError.AddressFamilyNotSupported => new ProbeEnding(ProbeReason.Local, "this host does not speak that family of addresses"),
        _ => new ProbeEnding(ProbeReason.Local, $"{error.Message} ({error.SocketErrorCode})"),
    };
}
