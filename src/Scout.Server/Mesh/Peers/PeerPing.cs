using System.Net;
using System.Net.Sockets;
using System.Text;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Peers;

/// <summary>One request to a responder, outside the schedule of the prober, and why it failed.</summary>
/// <param name="Pong">What it said; null without an answer of a responder.</param>
/// <param name="Outcome">Ok with <paramref name="Pong"/> only; whose answer it is, is not looked at.</param>
internal readonly record struct PeerPing(PeerPong? Pong, TcpOutcome Outcome)
{
    private const int MaxAnswer = 2048;

    private static readonly byte[] Request = Encoding.ASCII.GetBytes("GET /mesh/ping HTTP/1.1\r\nHost: mesh\r\nConnection: close\r\n\r\n");

    /// <summary>One connection, one attempt.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/>; the time being over is an outcome.</exception>
    public static async Task<PeerPing> RunAsync(IPAddress address, int port, TimeSpan patience, TimeProvider time, CancellationToken stop)
    {
        using var over = new CancellationTokenSource(patience, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop, over.Token);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
            await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token);
            await socket.SendAsync(Request, limit.Token);
            byte[] answer = new byte[MaxAnswer];
            int length = 0;
            while (length < answer.Length)
            {
                int read = await socket.ReceiveAsync(answer.AsMemory(length), limit.Token);
                if (read == 0) break;
                length += read;
            }

            // Closed without a word is a reset in all but name, as it is for the prober.
            if (length == 0) return new PeerPing(null, TcpOutcome.Reset);
            return PeerNames.Read(answer.AsSpan(0, length)) is { } pong ? new PeerPing(pong, TcpOutcome.Ok) : new PeerPing(null, TcpOutcome.Status);
        }
        catch (SocketException error)
        {
            return new PeerPing(null, error.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => TcpOutcome.Refused,
                SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => TcpOutcome.Reset,
                SocketError.TimedOut => TcpOutcome.Timeout,
                _ => TcpOutcome.Unreachable,
            });
        }
        catch (OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return new PeerPing(null, TcpOutcome.Timeout);
        }
    }
}
