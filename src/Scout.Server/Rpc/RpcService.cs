using System.Text.Json;
using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Server.Logging;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Store;

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
    private readonly NodeCounters counters;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly RequestRate unproven;
    private readonly RpcMesh? mesh;
    private int active;

    public RpcService(
        NodeLoop loop, RpcReads reads, RpcEffects effects, RpcHistory? history, RpcNode node, IRequestPolicy policy, NodeCounters counters, TimeProvider time, ILogger log,
        RpcMesh? mesh = null)
    {
        this.mesh = mesh;
        this.loop = loop;
        this.reads = reads;
        this.effects = effects;
        this.history = history;
        this.node = node;
        this.policy = policy;
        this.counters = counters;
        this.time = time;
        this.log = log;
        unproven = new RequestRate(time);
    }

    public string NodeName => node.Name;

    /// <summary>Answers what could not be read.</summary>
    public RpcReply Refuse(string action, RpcProblem problem)
    {
        counters.Requests(action).Add("refused");
        return Reply(problem.Id, action, problem.Code) with { Message = problem.Message };
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
            return Busy(request, action, $"more than {RequestRate.Limit} requests a second of callers that nobody has proved; try again in a moment", arrived);
        }

        if (policy.Refuses(caller, request) is { } why)
        {
            counters.Requests(action).Add("denied");
            LogMessages.RequestDenied(log, action, caller.Name, why);
            RpcReply denied = Reply(request.Id, action, RpcCode.Denied) with { Message = why };
            if (RpcActions.IsEffect(request.Action)) denied = await AuditedAsync(request, caller, denied, stop);
            return Took(denied, arrived);
        }

        if (Interlocked.Increment(ref active) > ActiveLimit)
        {
            Interlocked.Decrement(ref active);
            counters.Limits.Add("rpc_active");
            return Busy(request, action, $"{ActiveLimit} requests are in work; try again in a moment", arrived);
        }

        try
        {
            counters.Requests(action).Add("allowed");
            RpcReply reply = Took(await DoAsync(request, caller, action, arrived, stop), arrived);
            counters.Duration(action).Observe(time.GetElapsedTime(arrived));
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
            if (history is null || !caller.IsLocal) return Reply(request.Id, action, RpcCode.UnknownAction) with { Message = "history is on the local socket only" };
            return await history.ReadAsync(asked, Reply(request.Id, action, RpcCode.Ok), stop);
        }

        if (request.Args is MeshArgs or ProbeArgs)
        {
            // Counters and a few packets: nothing of a machine, so the loop is not asked.
            RpcReply empty = Reply(request.Id, action, RpcCode.Ok);
            return mesh is null ? empty with { Code = RpcCode.NotFound, Message = "this node has no mesh" } : await mesh.AnswerAsync(request, empty, stop);
        }

        var answer = new TaskCompletionSource<RpcReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = loop.TryPost(() => OnLoop(request, caller, action, arrived, answer));
        if (!posted)
        {
            counters.Limits.Add("rpc_active");
            return Reply(request.Id, action, RpcCode.Busy) with { Message = "too much waits for the loop; try again in a moment" };
        }

        return await answer.Task.WaitAsync(stop);
    }

    // A flood of what is denied must not wait behind itself: when the loop is full the answer goes without its row.
    private async Task<RpcReply> AuditedAsync(RpcRequest request, RpcCaller caller, RpcReply denied, CancellationToken stop)
    {
        var answer = new TaskCompletionSource<RpcReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        return loop.TryPost(() => effects.Refuse(request, caller, denied, "denied", answer)) ? await answer.Task.WaitAsync(stop) : denied;
    }

    private void OnLoop(RpcRequest request, RpcCaller caller, string action, long arrived, TaskCompletionSource<RpcReply> answer)
    {
        if (time.GetElapsedTime(arrived).TotalMilliseconds > request.TtlMs)
        {
            RpcReply expired = Reply(request.Id, action, RpcCode.Expired) with { Message = $"ttl_ms {request.TtlMs} passed before it could start; nothing was done" };
            if (RpcActions.IsEffect(request.Action)) effects.Refuse(request, caller, expired, "refused", answer);
            else answer.SetResult(expired);
            return;
        }

        RpcReply empty = Reply(request.Id, action, RpcCode.Ok);
        if (RpcActions.IsEffect(request.Action)) effects.Do(request, caller, empty, answer);
        else reads.Answer(request, empty, answer);
    }

    private RpcReply Busy(RpcRequest request, string action, string why, long arrived)
    {
        counters.Requests(action).Add("refused");
        return Took(Reply(request.Id, action, RpcCode.Busy) with { Message = why }, arrived);
    }

    private RpcReply Reply(string id, string action, RpcCode code) => new() { Id = id, Node = node.Name, Action = action, Code = code };

    private RpcReply Took(RpcReply reply, long arrived) => reply with { TookMs = (int)Math.Min(int.MaxValue, time.GetElapsedTime(arrived).TotalMilliseconds) };
}
