using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Scout.Testing;

/// <summary>A server that says what the test tells it to, to each connection in turn.</summary>
public sealed class FakeNatsServer : IAsyncDisposable
{
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<FakeConnection, Task> script;
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;
    private readonly List<FakeConnection> connections = [];
    private readonly Lock gate = new();

    public FakeNatsServer(Func<FakeConnection, Task> script)
    {
        this.script = script;
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(64);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        accepting = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"nats://127.0.0.1:{Port}");

    public IReadOnlyList<FakeConnection> Connections
    {
        get
        {
            lock (gate) return [.. connections];
        }
    }

    /// <summary>A server that behaves, but for what the script does after the handshake of the first connection.</summary>
    public static FakeNatsServer AfterHandshake(Func<FakeConnection, Task> first) => new(async connection =>
    {
        await connection.HandshakeAsync();
        while (!(await connection.ReadLineAsync()).StartsWith("SUB ", StringComparison.Ordinal))
        {
            // The client is open when it has subscribed to its inbox.
        }

        if (connection.Number == 1) await first(connection);
        await connection.ServeAsync();
    });

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        foreach (FakeConnection connection in Connections) connection.Close();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                Socket socket = await listener.AcceptAsync(stop.Token);
                FakeConnection connection;
                lock (gate)
                {
                    connection = new FakeConnection(socket, connections.Count + 1);
                    connections.Add(connection);
                }

                _ = Task.Run(() => RunAsync(connection));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task RunAsync(FakeConnection connection)
    {
        try
        {
            await script(connection);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException or EndOfStreamException)
        {
            // The client has gone, which is what most scripts want.
        }
        finally
        {
            connection.Close();
        }
    }
}
