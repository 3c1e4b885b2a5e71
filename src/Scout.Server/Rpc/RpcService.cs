using System.Text.Json;
using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Server.Logging;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Security.Audit;

namespace Scout.Server.Rpc;

/// <summary>
/// The one way for requests, whether they came over NATS or by the socket: authorise, know again, audit, post to the loop, commit, reply
/// (design.md section 2). Any thread.
/// </summary>
internal sealed class RpcService
{
    /// <summary>Requests in work at a time.</summary>
    public const int ActiveLimit = 256;

    private readonly NodeLoop loop;
    private readonly RpcReads reads;
    private readonly RpcEffects effects;
    private readonly RpcHistory? history;
    private readonly RpcNode node;
    private readonly IRequestPolicy policy;
    private readonly AuditTrail audit;
    private readonly NodeCounters counters;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly RequestRate unproven;
    private readonly RpcMesh? mesh;
    private int active;

    public RpcService(
        NodeLoop loop, RpcReads reads, RpcEffects effects, RpcHistory? history, RpcNode node, IRequestPolicy policy, AuditTrail audit, NodeCounters counters, TimeProvider time, ILogger log,
        RpcMesh? mesh = null)
    {
        this.mesh = mesh;
        this.loop = loop;
        this.reads = reads;
        this.effects = effects;
        this.history = history;
        this.node = node;
        this.policy = policy;
        this.audit = audit;
        this.counters = counters;
        this.time = time;
        this.log = log;
        unproven = new RequestRate(time);
    }

    public string NodeName => node.Name;

    /// <summary>Answers what could not be read.</summary>
    /// <param name="caller">As the way in has it.</param>
    /// <param name="action">The word that stood there.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="arrived">Monotonic timestamp.</param>
    public RpcReply Refuse(RpcCaller caller, string action, RpcProblem problem, long arrived)
    {
        counters.Requests(action).Add("refused");
        audit.Note(AuditRows.Of(caller, action, problem.Id, problem.Code, problem.Message, "refused", time.GetElapsedTime(arrived)), fold: !caller.IsProven);
        return Reply(problem.Id, action, problem.Code) with { Message = problem.Message };
    }

    /// <summary>Something nobody has proved to have sent, or that came too fast or too late: a row and a number, and for two codes an answer.</summary>
    /// <param name="caller">As far as it is known.</param>
    /// <param name="action">The word that stood there.</param>
    /// <param name="code"><c>busy</c>, <c>stale</c>, or what fits.</param>
    /// <param name="why">For the audit; from a closed list.</param>
    /// <param name="arrived">Monotonic timestamp.</param>
    public RpcReply Unproven(RpcCaller caller, string action, RpcCode code, string why, long arrived)
    {
        counters.Requests(action).Add("refused");
        if (code == RpcCode.Busy && !caller.IsLocal) counters.Limits.Add("rpc_rate");
        audit.Note(AuditRows.Of(caller, action, "", code, why, "refused", time.GetElapsedTime(arrived)), fold: !caller.IsProven || code == RpcCode.Busy, why);
        RpcReply reply = Took(Reply("", action, code) with { Message = why }, arrived);
        return code == RpcCode.Stale ? reply with { Time = time.GetUtcNow() } : reply;
    }

    /// <summary>Does what is asked; null when the request is not meant for this node.</summary>
    /// <param name="request">Read strictly.</param>
    /// <param name="caller">Authenticated.</param>
    /// <param name="arrived">Monotonic timestamp of the arrival, for <c>ttl_ms</c>.</param>
    /// <param name="stop">Ends waits.</param>
    public async Task<RpcReply?> HandleAsync(RpcRequest request, RpcCaller caller, long arrived, CancellationToken stop)
    {
        if (request.Filter is { } filter && !filter.Matches(node.Name, node.Labels)) return null;
        string action = RpcActions.Name(request.Action);
        if (!caller.IsProven && !unproven.TryTake())
        {
            counters.Limits.Add("rpc_rate");
            return Busy(request, caller, action, $"more than {RequestRate.Limit} requests a second of callers that nobody has proved; try again in a moment", arrived);
        }

        if (policy.Refuses(caller, request) is { } why)
        {
            counters.Requests(action).Add("denied");
            LogMessages.RequestDenied(log, action, caller.Name, why);
            RpcReply denied = Reply(request.Id, action, RpcCode.Denied) with { Message = why };
            if (RpcActions.IsEffect(request.Action)) denied = await AuditedAsync(request, caller, denied, arrived, stop);
            else audit.Note(AuditRows.Of(request, caller, denied, "denied", time.GetElapsedTime(arrived)), fold: !caller.IsProven);
            return Took(denied, arrived);
        }

        if (Interlocked.Increment(ref active) > ActiveLimit)
        {
            Interlocked.Decrement(ref active);
            counters.Limits.Add("rpc_active");
            return Busy(request, caller, action, $"{ActiveLimit} requests are in work; try again in a moment", arrived);
        }

        try
        {
            RpcReply reply = Took(await DoAsync(request, caller, action, arrived, stop), arrived);
            Count(request, caller, reply, action, arrived);
            return reply;
        }
        finally
        {
            Interlocked.Decrement(ref active);
        }
    }

    private async Task<RpcReply> DoAsync(RpcRequest request, RpcCaller caller, string action, long arrived, CancellationToken stop)
    {
        if (request.Args is HistoryArgs asked)
        {
            if (history is null || !caller.IsLocal) return Refuse(caller, action, new RpcProblem(RpcCode.UnknownAction, "history is on the local socket only", request.Id), arrived);
            return await history.ReadAsync(asked, Reply(request.Id, action, RpcCode.Ok), stop);
        }

        if (request.Args is MeshArgs or ProbeArgs)
        {
            // Counters and a few packets: nothing of a machine, so the loop is not asked.
            RpcReply empty = Reply(request.Id, action, RpcCode.Ok);
            if (request.Args is ProbeArgs && mesh is not null && await AllowAsync(request, caller, empty, arrived, stop) is { } refused) return refused;
            return mesh is null ? empty with { Code = RpcCode.NotFound, Message = "this node has no mesh" } : await mesh.AnswerAsync(request, empty, stop);
        }

        var answer = new TaskCompletionSource<RpcReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = loop.TryPost(() => OnLoop(request, caller, action, arrived, answer));
        if (!posted)
        {
            counters.Limits.Add("rpc_active");
            return Busy(request, caller, action, "too much waits for the loop; try again in a moment", arrived);
        }

        return await answer.Task.WaitAsync(stop);
    }

    // A flood of what is denied must not wait behind itself: when the loop is full the answer goes without its row in the store.
    private async Task<RpcReply> AuditedAsync(RpcRequest request, RpcCaller caller, RpcReply denied, long arrived, CancellationToken stop)
    {
        var answer = new TaskCompletionSource<RpcReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        return loop.TryPost(() => effects.Refuse(request, caller, denied, "denied", arrived, answer)) ? await answer.Task.WaitAsync(stop) : denied;
    }

    private async Task<RpcReply?> AllowAsync(RpcRequest request, RpcCaller caller, RpcReply empty, long arrived, CancellationToken stop)
    {
        var answer = new TaskCompletionSource<RpcReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = loop.TryPost(() =>
        {
            if (WhyExpired(request, arrived) is { } expired)
            {
                audit.Note(AuditRows.Of(request, caller, expired, "refused", time.GetElapsedTime(arrived)), fold: !caller.IsProven);
                answer.SetResult(expired);
            }
            else
            {
                effects.Allow(request, caller, empty, arrived, answer);
            }
        });
        return posted ? await answer.Task.WaitAsync(stop) : Busy(request, caller, RpcActions.Name(request.Action), "too much waits for the loop; try again in a moment", arrived);
    }

    // What has not started by then does not start.
    private RpcReply? WhyExpired(RpcRequest request, long arrived) => time.GetElapsedTime(arrived).TotalMilliseconds > request.TtlMs
        ? RpcEffects.Expired(Reply(request.Id, RpcActions.Name(request.Action), RpcCode.Expired), request)
        : null;

    private void OnLoop(RpcRequest request, RpcCaller caller, string action, long arrived, TaskCompletionSource<RpcReply> answer)
    {
        if (WhyExpired(request, arrived) is { } expired)
        {
            if (RpcActions.IsEffect(request.Action)) effects.Refuse(request, caller, expired, "refused", arrived, answer);
            else answer.SetResult(expired);
            return;
        }

        RpcReply empty = Reply(request.Id, action, RpcCode.Ok);
        if (RpcActions.IsEffect(request.Action)) effects.Do(request, caller, empty, arrived, answer);
        else reads.Answer(request, caller, empty, answer);
    }

    // Effects have left their row before they ran, and whoever was refused on the way in has his.
    private void Count(RpcRequest request, RpcCaller caller, RpcReply reply, string action, long arrived)
    {
        counters.Duration(action).Observe(time.GetElapsedTime(arrived));
        string decision = reply.Code switch
        {
            RpcCode.Denied => "denied",
            RpcCode.Expired or RpcCode.Busy or RpcCode.UnknownAction => "refused",
            _ => "allowed",
        };
        // Those two are counted where they are said.
        if (reply.Code is RpcCode.Busy or RpcCode.UnknownAction) return;
        counters.Requests(action).Add(decision);
        if (RpcActions.IsEffect(request.Action) || request.Action == RpcAction.Probe) return;
        AuditData row = AuditRows.Of(request, caller, reply, decision, time.GetElapsedTime(arrived));
        if (decision == "allowed") audit.Read(row);
        else audit.Note(row, fold: !caller.IsProven);
    }

    private RpcReply Busy(RpcRequest request, RpcCaller caller, string action, string why, long arrived)
    {
        counters.Requests(action).Add("refused");
        RpcReply busy = Took(Reply(request.Id, action, RpcCode.Busy) with { Message = why }, arrived);
        audit.Note(AuditRows.Of(request, caller, busy, "refused", time.GetElapsedTime(arrived)), fold: true);
        return busy;
    }

    private RpcReply Reply(string id, string action, RpcCode code) => new() { Id = id, Node = node.Name, Action = action, Code = code };

    private RpcReply Took(RpcReply reply, long arrived) => reply with { TookMs = (int)Math.Min(int.MaxValue, time.GetElapsedTime(arrived).TotalMilliseconds) };
}
