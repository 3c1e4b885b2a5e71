using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scout.Server.Http;

/// <summary>
/// The three pages of server.md section 7: <c>/metrics</c>, <c>/healthz</c>, <c>/readyz</c>. Kestrel would serve them too, for 17 MiB more resident
/// memory; a listener that knows GET and HEAD of three paths and closes after each answer needs none.
/// </summary>
internal sealed class HttpEndpoint : IAsyncDisposable
{
    public const int ConnectionLimit = 64;

    private static readonly TimeSpan HeadTime = TimeSpan.FromSeconds(10);

    /// <summary>Whoever is answered may be put out for another only after this.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    private readonly Socket listener;
    private readonly IHttpPages pages;
    private readonly TimeProvider time;
    private readonly Action dropped;
    private readonly Lock gate = new();
    private readonly LinkedList<Connection> open = [];
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim connections = new(ConnectionLimit);
    private Task? serving;

    private HttpEndpoint(Socket listener, IHttpPages pages, TimeProvider time, Action? dropped)
    {
        this.dropped = dropped ?? (static () => { });
        this.listener = listener;
        this.pages = pages;
        this.time = time;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint Address => (IPEndPoint)listener.LocalEndPoint!;

    /// <summary>Binds; throws <see cref="SocketException"/> when the port is taken or the address is not ours.</summary>
    /// <param name="address">Where.</param>
    /// <param name="pages">What.</param>
    /// <param name="time">Of deadlines.</param>
    /// <param name="dropped">Called for each connection that was put out because there were too many. Any thread.</param>
    public static HttpEndpoint Bind(IPEndPoint address, IHttpPages pages, TimeProvider time, Action? dropped = null)
    {
        var bound = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any)) bound.DualMode = true;
            // .NET sets SO_REUSEADDR on Unix, so that a restart need not wait for TIME_WAIT; a port in use is refused all the same.
            bound.Bind(address);
            bound.Listen(ConnectionLimit);
            var endpoint = new HttpEndpoint(bound, pages, time, dropped);
            endpoint.serving = endpoint.ServeAsync();
            return endpoint;
        }
        catch
        {
            bound.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        if (serving is not null) await serving;
        stop.Dispose();
        connections.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Socket client = await listener.AcceptAsync(stop.Token);
                try
                {
                    // Clients that say nothing must not keep out those that do: the one that has been silent longest goes.
                    while (!await connections.WaitAsync(DropOldest() ? Timeout.InfiniteTimeSpan : AnswerTime, stop.Token)) continue;
                }
                catch
                {
                    client.Dispose();
                    throw;
                }

                _ = AnswerAsync(new Connection(client, time.GetTimestamp()));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // A connection that went away before it was accepted, or no descriptors left: the next one may do better.
                await Task.Delay(TimeSpan.FromMilliseconds(50), time);
            }
        }
    }

    // True when there is room, or soon will be.
    private bool DropOldest()
    {
        if (connections.CurrentCount > 0) return true;
        lock (gate)
        {
            for (LinkedListNode<Connection>? node = open.First; node is not null; node = node.Next)
            {
                if (node.Value.IsAnswered && time.GetElapsedTime(node.Value.Since) < AnswerTime) continue;
                open.Remove(node);
                node.Value.Client.Dispose();
                dropped();
                return true;
            }
        }

        return false;
    }

    private async Task AnswerAsync(Connection connection)
    {
        Socket client = connection.Client;
        try
        {
            lock (gate) open.AddLast(connection);
            using (client)
            using (var limit = new CancellationTokenSource(HeadTime, time))
            using (var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop.Token))
            {
                client.NoDelay = true;
                byte[] head = new byte[HttpRequestHead.Limit];
                int length = 0, end;
                while ((end = HttpRequestHead.End(head.AsSpan(0, length))) < 0)
                {
                    if (length == head.Length)
                    {
                        await SendAsync(client, HttpResponse.HeadTooLarge, body: true, both.Token);
                        return;
                    }

                    int read = await client.ReceiveAsync(head.AsMemory(length), both.Token);
                    if (read == 0) return;
                    length += read;
                }

                connection.IsAnswered = true;
                // Metrics ask the loop: when that does not answer, the connection must not be held, or /healthz would soon not answer either.
                (HttpResponse response, bool body) = await RespondAsync(head.AsMemory(0, end)).AsTask().WaitAsync(both.Token);
                await SendAsync(client, response, body, both.Token);
                client.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone, or too slow; there is nobody to tell.
        }
        finally
        {
            lock (gate) open.Remove(connection);
            try
            {
                connections.Release();
            }
            catch (ObjectDisposedException)
            {
                // Stopped meanwhile.
            }
        }
    }

    private async ValueTask<(HttpResponse Response, bool Body)> RespondAsync(ReadOnlyMemory<byte> head)
    {
        if (!HttpRequestHead.TryParse(head.Span, out HttpMethodKind method, out ReadOnlySpan<byte> path)) return (HttpResponse.BadRequest, true);
        string page = Encoding.ASCII.GetString(path);
        bool known = pages.Paths.Contains(page, StringComparer.Ordinal);
        if (!known || method == HttpMethodKind.Other) return (HttpResponse.NotFound, method != HttpMethodKind.Head);
        return (await pages.GetAsync(page), method == HttpMethodKind.Get);
    }

    private static async ValueTask SendAsync(Socket client, HttpResponse response, bool body, CancellationToken stop)
    {
        byte[] head = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {response.Status}\r\nContent-Type: {response.ContentType}\r\nContent-Length: {response.Body.Sum(piece => (long)piece.Length)}\r\nConnection: close\r\n\r\n");
        await SendAllAsync(client, head, stop);
        if (!body) return;
        foreach (ReadOnlyMemory<byte> piece in response.Body) await SendAllAsync(client, piece, stop);
    }

    private static async ValueTask SendAllAsync(Socket client, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (!bytes.IsEmpty) bytes = bytes[await client.SendAsync(bytes, stop)..];
    }

    private sealed class Connection(Socket client, long since)
    {
        public Socket Client => client;

        /// <summary>Monotonic timestamp.</summary>
        public long Since => since;

        /// <summary>Its request is whole.</summary>
        public volatile bool IsAnswered;
    }
}
