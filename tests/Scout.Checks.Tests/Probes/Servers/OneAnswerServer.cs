using System.Net;
using System.Net.Sockets;

namespace Scout.Checks.Tests.Probes.Servers;

/// <summary>A listener on loopback whose every connection is handled by one function. Misbehaving is up to the function.</summary>
internal sealed class OneAnswerServer : IDisposable
{
    private readonly TcpListener listener;
    private readonly CancellationTokenSource stop = new();
    private readonly Func<Socket, CancellationToken, Task> handle;
    private int accepted;

    public OneAnswerServer(Func<Socket, CancellationToken, Task> handle, IPAddress? address = null)
    {
        this.handle = handle;
        listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        listener.Start(512);
        _ = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Connections so far.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>Accepts and holds until the test ends.</summary>
    public static OneAnswerServer Silent() => new(static (_, stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop));

    /// <summary>Sends these bytes at once and closes.</summary>
    public static OneAnswerServer Saying(string text) => new(async (socket, stop) =>
    {
        await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(text), SocketFlags.None, stop);
        socket.Shutdown(SocketShutdown.Send);
        await ReadToEndAsync(socket, stop);
    });

    /// <summary>Cuts each connection with RST after its first bytes, or at once.</summary>
    public static OneAnswerServer Resetting(bool afterFirstBytes = false) => new(async (socket, stop) =>
    {
        if (afterFirstBytes) await socket.ReceiveAsync(new byte[4096], SocketFlags.None, stop);
        socket.LingerState = new LingerOption(enable: true, 0);
    });

    /// <summary>A port of loopback that nobody listens on.</summary>
    public static int ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public static async Task ReadToEndAsync(Socket socket, CancellationToken stop)
    {
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, SocketFlags.None, stop) > 0)
        {
        }
    }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptSocketAsync(stop.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref accepted);
            _ = HandleAsync(socket);
        }
    }

    private async Task HandleAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                await handle(socket, stop.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                // The probe went away, or the test is over.
            }
        }
    }
}
