using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Scout.Server.Configuration;
using Scout.Server.Http;
using Scout.Server.LocalSockets;
using Scout.Server.Metrics;
using Scout.Server.Rpc;
using Scout.Server.Textfile;

namespace Scout.Server.Life;

/// <summary>
/// What of this machine the node takes for itself besides its data: the port of its pages, its socket, the folder of its textfile. Taken before anything is
/// read, so that a refusal is the first and only thing said.
/// </summary>
internal sealed class NodeListeners : IAsyncDisposable
{
    private NodeListeners()
    {
    }

    public HttpEndpoint? Http { get; private set; }

    public LocalSocket? Socket { get; private set; }

    public TextfileWriter? Textfile { get; private set; }

    /// <summary>Where the pages are, for people.</summary>
    public string Words => Http is null ? "http off" : $"http {Http.Address}";

    /// <summary>Takes all of them, or none.</summary>
    /// <exception cref="LifeException">Exit code 3: this machine refuses.</exception>
    public static async Task<NodeListeners> TakeAsync(ServerOptions options, HttpPages pages, TimeProvider time, NodeCounters counters, ILoggerFactory logs)
    {
        var taken = new NodeListeners();
        try
        {
            if (options.Http is { } address) taken.Http = Bind(address, pages, time, counters);
            if (options.Socket is { } path) taken.Socket = LocalSocket.Bind(path, options.SocketGroup, time, counters, logs.CreateLogger("socket"));
            if (options.Textfile.Directory.Length > 0)
            {
                taken.Textfile = new TextfileWriter(options.Textfile.Directory, options.Node);
                if (taken.Textfile.Prepare() is { } problem) throw new LifeException(3, $"textfile: {problem}");
            }

            return taken;
        }
        catch
        {
            await taken.DisposeAsync();
            throw;
        }
    }

    /// <summary>From here on the socket answers.</summary>
    public void Serve(RpcService answers) => Socket?.Serve(answers);

    public async ValueTask DisposeAsync()
    {
        if (Socket is not null) await Socket.DisposeAsync();
        if (Http is not null) await Http.DisposeAsync();
    }

    private static HttpEndpoint Bind(IPEndPoint address, HttpPages pages, TimeProvider time, NodeCounters counters)
    {
        try
        {
            return HttpEndpoint.Bind(address, pages, time, () => counters.Limits.Add("http"));
        }
        catch (SocketException error)
        {
            throw new LifeException(
                3, $"cannot listen on {address} for metrics: {error.Message}",
                error.SocketErrorCode == SocketError.AddressAlreadyInUse ? "another program has that port; give another with --http HOST:PORT, or --http off" : "give an address of this machine with --http HOST:PORT");
        }
    }
}
