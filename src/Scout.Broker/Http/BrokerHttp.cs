using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Scout.Broker.Configuration;
using Scout.Server.Http;

namespace Scout.Broker.Http;

/// <summary>The listener that nodes have, with the pages of the broker (docs/decisions/0005).</summary>
internal static class BrokerHttp
{
    /// <summary>Binds and serves; or says who holds the port.</summary>
    public static bool TryStart(
        ListenAddress listen, BrokerState state, TimeProvider time, [NotNullWhen(true)] out HttpEndpoint? http, [NotNullWhen(false)] out BrokerExit? error)
    {
        try
        {
            http = HttpEndpoint.Bind(new IPEndPoint(listen.Address, listen.Port), new BrokerPages(state, time), time);
            error = null;
            return true;
        }
        catch (SocketException failure)
        {
            http = null;
            error = BrokerExit.Refused(
                $"--http: port {listen.Port} of {listen.Address} is taken: {listen.WhyTaken() ?? failure.Message}", "give another address with --http, or --http off");
            return false;
        }
    }
}
