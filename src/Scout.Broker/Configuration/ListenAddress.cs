using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Scout.Broker.Configuration;

/// <summary>Where to listen, resolved.</summary>
internal sealed record ListenAddress(IPAddress Address, int Port)
{
    /// <summary><c>127.0.0.1:4222</c>, <c>[::1]:4222</c>.</summary>
    public override string ToString() => new IPEndPoint(Address, Port).ToString();

    /// <summary>
    /// Reads <c>HOST:PORT</c>. In dev mode every address the host stands for must be loopback: a name that resolves elsewhere as well is refused
    /// (security.md 2).
    /// </summary>
    public static bool TryRead(
        string flag, string text, bool loopbackOnly, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out BrokerExit? error)
    {
        address = null;
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "" : text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']')) host = host[1..^1];
        else if (host.Contains(':')) host = "";
        if (host.Length == 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port > 65535)
        {
            error = BrokerExit.Usage($"{flag}: '{text}' is not HOST:PORT", $"for example {flag} 127.0.0.1:4222");
            return false;
        }

        IPAddress[] found;
        if (IPAddress.TryParse(host, out IPAddress? literal))
        {
            found = [literal];
        }
        else
        {
            try
            {
                found = Dns.GetHostAddresses(host);
            }
            catch (SocketException failure)
            {
                error = BrokerExit.Usage($"{flag}: '{host}' does not resolve: {failure.Message}");
                return false;
            }
        }

        if (found.Length == 0 || (loopbackOnly && !found.All(IPAddress.IsLoopback)))
        {
            string other = found.FirstOrDefault(one => !IPAddress.IsLoopback(one))?.ToString() ?? "no address";
            error = BrokerExit.Usage(
                $"{flag}: dev mode listens on a loopback address only, and '{host}' is {(literal is null ? other : "none")}",
                "a broker for the network needs TLS and credentials: set one up with 'scout broker init'");
            return false;
        }

        // A name for both families, such as localhost, means the first of the older one: nodes are told nats://127.0.0.1 as a rule.
        address = new ListenAddress(found.FirstOrDefault(one => one.AddressFamily == AddressFamily.InterNetwork) ?? found[0], port);
        error = null;
        return true;
    }

    /// <summary>Null when it can be bound; else why not.</summary>
    public string? WhyTaken()
    {
        if (Port == 0) return null;
        using var socket = new Socket(Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(Address, Port));
            return null;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.AddressAlreadyInUse ? "something listens there already" : failure.Message;
        }
    }
}
