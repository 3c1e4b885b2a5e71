using System.Net.Sockets;
using Scout.Protocol.Rpc;
using Scout.Testing;

namespace Scout.Cli.Tests.Fakes;

/// <summary>A node behind a real Unix socket in a temporary folder.</summary>
internal sealed class FakeSocket : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;

    public FakeSocket(FakeNode node)
    {
        Node = node;
        Path = folder.File("server.sock");
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen();
        accepting = AcceptAsync();
    }

    public FakeNode Node { get; }

    public string Path { get; }

    /// <summary>Bytes sent in place of each reply, when not null.</summary>
    public byte[]? Garbage { get; set; }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting;
        stop.Dispose();
        folder.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true) serving.Add(ServeAsync(await listener.AcceptAsync(stop.Token)));
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using (client)
            using (var stream = new NetworkStream(client))
            using (var reader = new StreamReader(stream))
            {
                while (await reader.ReadLineAsync(stop.Token) is { } line)
                {
                    if (Garbage is { } garbage)
                    {
                        await stream.WriteAsync(garbage, stop.Token);
                        continue;
                    }

                    Assert.True(RpcSocketLine.TryRead(System.Text.Encoding.UTF8.GetBytes(line), out RpcRequest? request, out RpcProblem? problem, out _), problem?.Message);
                    if (Node.Answer(request!) is { } reply) await stream.WriteAsync(RpcReplyWriter.ToLine(reply), stop.Token);
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            // The client went away, or the test is over.
        }
    }
}
