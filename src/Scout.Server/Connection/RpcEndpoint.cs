using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Signing;
using Scout.Server.Logging;
using Scout.Server.Metrics;
using Scout.Server.Rpc;
using Scout.Server.Security.Trust;

namespace Scout.Server.Connection;

/// <summary>
/// Requests over NATS: scopes node, group and all (nats.md section 14). In secure mode each must prove who sent it first (security.md section 7); reads strictly,
/// hands over to <see cref="RpcService"/>, replies.
/// </summary>
/// <param name="connection">The line.</param>
/// <param name="service">Does it.</param>
/// <param name="node">Our name.</param>
/// <param name="groups">Our groups.</param>
/// <param name="proof">Null in dev mode: then the caller is who he says he is.</param>
/// <param name="counters">For what bounds cost.</param>
/// <param name="time">Clock.</param>
/// <param name="random">Of spread replies.</param>
/// <param name="log">Category <c>rpc</c>.</param>
internal sealed class RpcEndpoint(
    NatsConnection connection, RpcService service, string node, IReadOnlyList<string> groups, RequestProof? proof, NodeCounters counters, TimeProvider time, Random random, ILogger log)
{
    /// <summary>Header with the user's name in dev mode.</summary>
    public const string CallerHeader = SigningHeaders.Caller;

    /// <summary>Replies that wait for their moment (<c>reply_spread_ms</c>) at a time; what is beyond goes at once.</summary>
    public const int SpreadLimit = 256;

    /// <summary>Answers <c>busy</c> a second to requests that were not looked at; what is beyond is counted and gets none, for an answer costs more than the look.</summary>
    public const int BusyReplies = 200;

    private static readonly RpcCaller Nobody = new(AuditData.Unproven, IsLocal: false);

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    private readonly Lock randomGate = new();
    private readonly RequestRate busyReplies = new(time, BusyReplies);
    private readonly SecondCopies copies = new(time);
    private int spreading;

    /// <summary>All share one login, and the broker's word is all there is on who asks; null in dev mode and where requests are proved.</summary>
    public ScoutRole? Shared { get; init; }

    /// <summary>Takes announced trust documents; null: they are no action here.</summary>
    public TrustNews? News { get; init; }

    /// <summary>A line was opened; when it took the place of another, both deliver for a moment.</summary>
    public void LineOpened() => copies.LineOpened();

    /// <summary>Listens until told to stop.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Subjects.RpcSubscriptions(node, groups).Select(subject => ListenAsync(subject, stop)));

    /// <summary><c>dev:&lt;user&gt;</c> of a header's text; what is no user name is <c>dev:unknown</c>.</summary>
    internal static string CallerOf(string? header)
    {
        bool good = header is { Length: > 0 and <= 64 } && header.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or '@');
        return "dev:" + (good ? header : "unknown");
    }

    /// <summary><c>broker:&lt;name&gt;</c>: what the request says of itself, as a name or as the name in a JWT. Nothing proves it; the broker let it through.</summary>
    internal static string SharedCallerOf(string? header)
    {
        string? name = header is { Length: > 64 and <= SigningLimits.MaxJwt } && NatsJwt.TryRead(header, out NatsUserClaims? claims, out _) ? claims.Name : header;
        return "broker:" + CallerOf(name)["dev:".Length..];
    }

    private async Task ListenAsync(string subject, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (NatsMsg<ReadOnlyMemory<byte>> message in connection.SubscribeAsync<ReadOnlyMemory<byte>>(subject, cancellationToken: stop))
                {
                    long arrived = time.GetTimestamp();
                    if (!Subjects.TryParseRpc(message.Subject, out RpcSubject rpc)) continue;
                    if (News is { } news && TrustNews.IsNews(rpc))
                    {
                        news.Take(message, rpc);
                        continue;
                    }

                    // What is refused costs no task: a flood is mostly that.
                    if (!TryAdmit(message, rpc, arrived, out RpcCaller? caller, out RpcReply? refusal)) continue;
                    _ = AnswerAsync(message, rpc, caller, refusal, arrived, stop);
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

    /// <summary>Who asks. False: no answer, it is in the audit.</summary>
    private bool TryAdmit(in NatsMsg<ReadOnlyMemory<byte>> message, RpcSubject subject, long arrived, [NotNullWhen(true)] out RpcCaller? caller, out RpcReply? refusal)
    {
        refusal = null;
        caller = Nobody with { Scope = subject.Scope.ToString().ToLowerInvariant(), Subject = message.Subject };
        if (proof is null)
        {
            string? header = message.Headers is { } headers && headers.TryGetValue(CallerHeader, out NatsHeaderValues values) ? values.ToString() : null;
            if (Shared is not { } role)
            {
                caller = caller with { Name = CallerOf(header) };
                return true;
            }

            // Whatever a server copied here is no request, and what wants no answer was none either (security.md 6, trap 3).
            string? fault = message.ReplyTo is null ? SignatureFaults.NoReply
                : !Subjects.IsAnswerPlace(message.ReplyTo) ? SignatureFaults.NoInbox
                : message.Headers?.Keys.Any(SigningHeaders.IsSteered) == true ? SignatureFaults.Steered : null;
            caller = caller with { Name = SharedCallerOf(header), Role = role };
            if (fault is null) return true;
            service.Unproven(caller with { Name = AuditData.Unproven }, subject.Action, RpcCode.Denied, fault, arrived);
            return false;
        }

        RequestSignature? signed = RequestProof.Look(message.ReplyTo, message.Headers?.EachValue() ?? [], message.Data.Length, out string? why);
        bool known = RpcActions.TryParse(subject.Action, out RpcAction action) && !RpcActions.IsLocalOnly(action);
        if (signed is null || !known || !IsOurs(subject))
        {
            RpcCode code = signed is null ? RpcCode.Denied : known ? RpcCode.NotFound : RpcCode.UnknownAction;
            service.Unproven(caller, subject.Action, code, why ?? (known ? "not addressed to this node" : "no such action"), arrived);
            return false;
        }

        ProofResult result = proof.Prove(signed, message.Subject, message.Data.Span);
        if (result.Caller is { } proven) caller = caller with { Name = proven.Name, Key = proven.Key, Role = proven.Role, Nonce = proven.Nonce };
        switch (result.Outcome)
        {
            case ProofOutcome.Proven:
                copies.Accepted(signed.Nonce, message.Subject, message.ReplyTo!);
                return true;
            case ProofOutcome.Busy:
                refusal = service.Unproven(caller, subject.Action, RpcCode.Busy, result.Why!, arrived);
                return busyReplies.TryTake();
            case ProofOutcome.Stale:
                refusal = service.Unproven(caller, subject.Action, RpcCode.Stale, result.Why!, arrived);
                return true;
            case ProofOutcome.Refused when ReferenceEquals(result.Why, SignatureFaults.Replay) && copies.IsSecond(signed.Nonce, message.Subject, message.ReplyTo!):
                // Our own line brought it twice. It is not done again, and it is nobody's attack.
                return false;
            default:
                service.Unproven(caller, subject.Action, RpcCode.Denied, result.Why!, arrived);
                return false;
        }
    }

    private bool IsOurs(RpcSubject subject) => subject.Scope switch
    {
        RpcScope.Node => subject.Name == node,
        RpcScope.Group => groups.Contains(subject.Name),
        _ => true,
    };

    private async Task AnswerAsync(NatsMsg<ReadOnlyMemory<byte>> message, RpcSubject subject, RpcCaller caller, RpcReply? refusal, long arrived, CancellationToken stop)
    {
        try
        {
            if ((refusal ?? await ReplyAsync(message, subject, caller, arrived, stop)) is not { } reply || message.ReplyTo is null) return;
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

    private async Task<RpcReply?> ReplyAsync(NatsMsg<ReadOnlyMemory<byte>> message, RpcSubject subject, RpcCaller caller, long arrived, CancellationToken stop)
    {
        if (!RpcActions.TryParse(subject.Action, out RpcAction action) || RpcActions.IsLocalOnly(action))
        {
            return service.Refuse(caller, subject.Action, new RpcProblem(RpcCode.UnknownAction, $"'{subject.Action}' is no action", ""), arrived);
        }

        if (!RpcRequestReader.TryRead(action, message.Data, out RpcRequest? request, out RpcProblem? problem)) return service.Refuse(caller, subject.Action, problem, arrived);
        RpcReply? reply = await service.HandleAsync(request, caller, arrived, stop);
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
