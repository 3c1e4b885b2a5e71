using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Scout.Testing;

/// <summary>
/// A TCP proxy on a free loopback port that does to connections what networks do: cuts them, stalls them without closing, delays them, refuses new ones.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private const int Chunk = 16 * 1024;

    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly int target;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly List<Socket> open = [];
    private readonly Task accepting;
    private TaskCompletionSource running = Completed();
    private long bytesLeft = long.MaxValue;
    private int accepted;

    /// <param name="targetPort">The port on 127.0.0.1 behind the proxy.</param>
    public FaultProxy(int targetPort)
    {
        target = targetPort;
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(128);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        accepting = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    /// <summary><c>nats://127.0.0.1:port</c></summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"nats://127.0.0.1:{Port}");

    /// <summary>Connections taken so far.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>Waits so long before each piece is passed on, in both directions.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Closes new connections at once.</summary>
    public bool Refuse { get; set; }

    /// <summary>Connections that are open now.</summary>
    public int Open
    {
        get
        {
            lock (gate) return open.Count / 2;
        }
    }

    /// <summary>Ends all connections with a reset.</summary>
    public void Cut()
    {
        Socket[] all;
        lock (gate)
        {
            all = [.. open];
            open.Clear();
        }

        foreach (Socket socket in all)
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // It has just ended by itself.
            }

            socket.Dispose();
        }
    }

    /// <summary>Passes nothing on until <see cref="Resume"/>, and closes nothing: what half-open lines look like.</summary>
    public void Stall()
    {
        lock (gate)
        {
            if (running.Task.IsCompleted) running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Resume()
    {
        lock (gate) running.TrySetResult();
    }

    /// <summary>Cuts all connections once so many more bytes have come from the target.</summary>
    public void CutAfter(long bytes) => Interlocked.Exchange(ref bytesLeft, bytes);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        Resume();
        Cut();
        await accepting;
        stop.Dispose();
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Socket client = await listener.AcceptAsync(stop.Token);
                Interlocked.Increment(ref accepted);
                _ = Task.Run(() => ServeAsync(client));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (Refuse) return;
            client.NoDelay = true;
            await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target), stop.Token);
            lock (gate) open.AddRange([client, server]);
            await Task.WhenAny(PumpAsync(client, server, counted: false), PumpAsync(server, client, counted: true));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of one side is the end of the other.
        }
        finally
        {
            lock (gate)
            {
                open.Remove(client);
                open.Remove(server);
            }

            client.Dispose();
            server.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool counted)
    {
        byte[] buffer = new byte[Chunk];
        try
        {
            while (true)
            {
                int count = await from.ReceiveAsync(buffer, stop.Token);
                if (count == 0) return;
                Task go;
                lock (gate) go = running.Task;
                await go;
                if (Delay > TimeSpan.Zero) await Task.Delay(Delay, TimeProvider.System, stop.Token);
                long left = counted ? Interlocked.Add(ref bytesLeft, -count) : long.MaxValue;
                if (left < 0) count += (int)Math.Max(left, -count);
                for (int sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), stop.Token);
                if (left > 0) continue;
                Interlocked.Exchange(ref bytesLeft, long.MaxValue);
                return;
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other pump ends with it.
        }
    }
}
