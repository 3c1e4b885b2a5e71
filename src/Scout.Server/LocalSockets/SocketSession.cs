using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Scout.Protocol.Rpc;
using Scout.Server.Logging;
using Scout.Server.Rpc;

namespace Scout.Server.LocalSockets;

/// <summary>
/// One connection: lines in, lines out in order of completion, at most 16 requests in work. An unfinished line or an untaken reply closes it after 10 s,
/// idleness after 5 min.
/// </summary>
internal sealed class SocketSession(System.Net.Sockets.Socket client, RpcCaller caller, Func<RpcService?> service, TimeProvider time, ILogger log)
    : IDisposable
{
    public const int RequestLimit = 16;

    private static readonly TimeSpan LineTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim writing = new(1);
    private long heard = time.GetTimestamp();
    private int active;

    /// <summary>Monotonic timestamp of the last byte that came; null while a request of it is in work.</summary>
    public long? IdleSince => Volatile.Read(ref active) > 0 ? null : Volatile.Read(ref heard);

    /// <summary>Puts it out, for another that has something to say.</summary>
    public void Drop() => client.Dispose();

    public async Task RunAsync(CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            await ReadLinesAsync(end);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // The other side is gone, too slow, or we are stopping.
        }
        finally
        {
            await end.CancelAsync();
            client.Dispose();
        }
    }

    public void Dispose() => writing.Dispose();

    private async Task ReadLinesAsync(CancellationTokenSource end)
    {
        byte[] buffer = new byte[4096];
        int length = 0;
        while (true)
        {
            int seen = 0;
            int line;
            while ((line = buffer.AsSpan(seen, length - seen).IndexOf((byte)'\n')) < 0)
            {
                if (length > RpcLimits.MaxLine)
                {
                    await WriteAsync(Refuse(new RpcProblem(RpcCode.BadRequest, $"the line is over {RpcLimits.MaxLine} bytes", ""), time.GetTimestamp()), end.Token);
                    return;
                }

                seen = length;
                if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
                int read = await ReceiveAsync(buffer.AsMemory(length), length > 0, end.Token);
                if (read == 0) return;
                Volatile.Write(ref heard, time.GetTimestamp());
                length += read;
            }

            int next = seen + line + 1;
            bool goOn = await TakeAsync(buffer[..(next - 1)], end);
            if (!goOn) return;
            buffer.AsSpan(next, length - next).CopyTo(buffer);
            length -= next;
            if (length == 0 && buffer.Length > 4096) buffer = new byte[4096];
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> into, bool unfinished, CancellationToken end)
    {
        using var limit = new CancellationTokenSource(unfinished ? LineTime : IdleTime, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, end);
        while (true)
        {
            try
            {
                return await client.ReceiveAsync(into, both.Token);
            }
            catch (OperationCanceledException) when (!end.IsCancellationRequested && !unfinished && Volatile.Read(ref active) > 0)
            {
                // Waiting for an answer is not idleness.
                return await client.ReceiveAsync(into, end);
            }
        }
    }

    private async Task<bool> TakeAsync(byte[] line, CancellationTokenSource end)
    {
        long arrived = time.GetTimestamp();
        if (!RpcSocketLine.TryRead(line, out RpcRequest? request, out RpcProblem? problem, out bool isFrame))
        {
            await WriteAsync(Refuse(problem, arrived), end.Token);
            return isFrame;
        }

        if (service() is not { } answers)
        {
            await WriteAsync(Busy(request, "the node is starting; try again in a moment"), end.Token);
            return true;
        }

        if (Interlocked.Increment(ref active) > RequestLimit)
        {
            Interlocked.Decrement(ref active);
            await WriteAsync(answers.Unproven(caller, Protocol.RpcActions.Name(request.Action), RpcCode.Busy, $"{RequestLimit} requests are in work on this connection", arrived) with { Id = request.Id }, end.Token);
            return true;
        }

        _ = AnswerAsync(answers, request, arrived, end);
        return true;
    }

    private async Task AnswerAsync(RpcService answers, RpcRequest request, long arrived, CancellationTokenSource end)
    {
        try
        {
            if (await answers.HandleAsync(request, caller, arrived, end.Token) is { } reply) await WriteAsync(reply, end.Token);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            await StopAsync(end);
        }
        catch (Exception error)
        {
            LogMessages.RequestFailed(log, error);
            await StopAsync(end);
        }
        finally
        {
            Interlocked.Decrement(ref active);
        }
    }

    private static async Task StopAsync(CancellationTokenSource end)
    {
        try
        {
            await end.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // Ended already.
        }
    }

    private RpcReply Refuse(RpcProblem problem, long arrived) => service()?.Refuse(caller, problem.Action.Length > 0 ? problem.Action : "other", problem, arrived)
        ?? new RpcReply { Id = problem.Id, Node = NodeName, Action = "other", Code = problem.Code, Message = problem.Message };

    private RpcReply Busy(RpcRequest request, string why) =>
        new() { Id = request.Id, Node = NodeName, Action = Protocol.RpcActions.Name(request.Action), Code = RpcCode.Busy, Message = why };

    /// <summary>Known only when the service is there; a reply names a node all the same.</summary>
    private string NodeName => service()?.NodeName ?? "starting";

    private async Task WriteAsync(RpcReply reply, CancellationToken end)
    {
        using var limit = new CancellationTokenSource(LineTime, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, end);
        await writing.WaitAsync(both.Token);
        try
        {
            // Not before it is its turn: who does not take his replies holds the text of one, not of sixteen.
            ReadOnlyMemory<byte> rest = RpcReplyWriter.ToLine(reply);
            while (!rest.IsEmpty) rest = rest[await client.SendAsync(rest, both.Token)..];
        }
        finally
        {
            writing.Release();
        }
    }
}
