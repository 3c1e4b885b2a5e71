using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Server.Logging;
using Scout.Server.Metrics;
using Scout.Server.Rpc;

namespace Scout.Server.Connection;

/// <summary>Requests over NATS: scopes node, group and all (nats.md section 14). Reads strictly, hands over to <see cref="RpcService"/>, replies.</summary>
internal sealed class RpcEndpoint(NatsConnection connection, RpcService service, string node, IReadOnlyList<string> groups, NodeCounters counters, TimeProvider time, Random random, ILogger log)
{
    /// <summary>Header with the user's name in dev mode.</summary>
    public const string CallerHeader = "Scout-Caller";

    /// <summary>Replies that wait for their moment (<c>reply_spread_ms</c>) at a time; what is beyond goes at once.</summary>
    public const int SpreadLimit = 256;

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    private readonly Lock randomGate = new();
    private int spreading;

    /// <summary>Listens until told to stop.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Subjects.RpcSubscriptions(node, groups).Select(subject => ListenAsync(subject, stop)));

    /// <summary><c>dev:&lt;user&gt;</c> of a header's text; what is no user name is <c>dev:unknown</c>.</summary>
    internal static string CallerOf(string? header)
    {
        bool good = header is { Length: > 0 and <= 64 } && header.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or '@');
        return "dev:" + (good ? header : "unknown");
    }

    private async Task ListenAsync(string subject, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (NatsMsg<ReadOnlyMemory<byte>> message in connection.SubscribeAsync<ReadOnlyMemory<byte>>(subject, cancellationToken: stop))
                {
                    _ = AnswerAsync(message, time.GetTimestamp(), stop);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (NatsException refused)
            {
                LogMessages.BrokerRefuses(log, $"{subject}: {refused.Message}");
            }

            try
            {
                await Task.Delay(Again, time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(NatsMsg<ReadOnlyMemory<byte>> message, long arrived, CancellationToken stop)
    {
        try
        {
            if (!Subjects.TryParseRpc(message.Subject, out RpcSubject subject)) return;
            if (await ReplyAsync(message, subject, arrived, stop) is not { } reply || message.ReplyTo is null) return;
            await message.ReplyAsync<ReadOnlyMemory<byte>>(RpcReplyWriter.ToBytes(reply), cancellationToken: stop);
        }
        catch (Exception error) when (error is OperationCanceledException or NatsException)
        {
            // The line is gone; the asker asks again.
        }
        catch (Exception error)
        {
            LogMessages.RequestFailed(log, error);
        }
    }

    private async Task<RpcReply?> ReplyAsync(NatsMsg<ReadOnlyMemory<byte>> message, RpcSubject subject, long arrived, CancellationToken stop)
    {
        if (!RpcActions.TryParse(subject.Action, out RpcAction action) || RpcActions.IsLocalOnly(action))
        {
            return service.Refuse(subject.Action, new RpcProblem(RpcCode.UnknownAction, $"'{subject.Action}' is no action", ""));
        }

        if (!RpcRequestReader.TryRead(action, message.Data, out RpcRequest? request, out RpcProblem? problem)) return service.Refuse(subject.Action, problem);
        string? header = message.Headers is { } headers && headers.TryGetValue(CallerHeader, out var values) ? values.ToString() : null;
        RpcReply? reply = await service.HandleAsync(request, new RpcCaller(CallerOf(header), IsLocal: false) { Scope = subject.Scope.ToString().ToLowerInvariant() }, arrived, stop);
        if (reply is not null && request.ReplySpreadMs > 0) await SpreadAsync(request.ReplySpreadMs, stop);
        return reply;
    }

    private async Task SpreadAsync(int milliseconds, CancellationToken stop)
    {
        try
        {
            if (Interlocked.Increment(ref spreading) > SpreadLimit) counters.Limits.Add("rpc_active");
            else await Task.Delay(Spread(milliseconds), time, stop);
        }
        finally
        {
            Interlocked.Decrement(ref spreading);
        }
    }

    private TimeSpan Spread(int milliseconds)
    {
        lock (randomGate) return TimeSpan.FromMilliseconds(random.Next(milliseconds + 1));
    }
}
