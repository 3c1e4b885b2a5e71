using System.Collections.Immutable;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Server.Events;
using Scout.Server.Loop;
using Scout.Server.Security.Audit;
using Scout.Server.Store;

namespace Scout.Server.Rpc;

/// <summary>
/// What changes machines: <c>check transition maintenance resume acknowledge</c>. First what is allowed and would be done goes to the disk as a row of the audit; only
/// then it is done, as one commit, and answered when that is on disk (security.md 7, 9). So a disk that is full when a request comes changes nothing. The same id of
/// the same caller gets the same outcome again and does nothing. On the loop.
/// </summary>
internal sealed class RpcEffects(
    NodeCore core, INodeJournal journal, IRequestPolicy policy, AuditTrail audit, RpcNode node, Func<TimeSpan, Action, IDisposable> later, Func<Guid> newId, TimeProvider time)
{
    private readonly Dictionary<(string Caller, string Id), Task<RpcReply>> underWay = [];

    /// <summary>What stands before the nonce of a request that did nothing, among the requests the store remembers; no id of a request has a blank.</summary>
    private const string NonceOnly = "nonce ";

    /// <param name="request">Read strictly.</param>
    /// <param name="caller">Who asked.</param>
    /// <param name="empty">The answer, to be filled.</param>
    /// <param name="arrived">Monotonic timestamp.</param>
    /// <param name="answer">Gets the answer.</param>
    public void Do(RpcRequest request, RpcCaller caller, RpcReply empty, long arrived, TaskCompletionSource<RpcReply> answer)
    {
        if (underWay.TryGetValue((caller.Name, request.Id), out Task<RpcReply>? other))
        {
            _ = other.ContinueWith(
                static (done, state) => ((TaskCompletionSource<RpcReply>)state!).TrySetResult(done.Result), answer, CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            return;
        }

        if (journal.FindRequest(caller.Name, request.Id) is { } known && RpcReplyReader.TryRead(known.Outcome, out RpcReply? recorded, out _))
        {
            // While commits fail it may be in memory alone: what is answered must be on disk.
            audit.Read(AuditRows.Of(caller, empty.Action, request.Id, recorded.Code, "the same request again: answered from memory", "allowed", time.GetElapsedTime(arrived)));
            answer.SetResult(core.Sink.CanCommit ? recorded : empty with
            {
                Code = RpcCode.Internal,
                Message = $"the node store cannot write: {core.Sink.DegradedReason}; this request was taken before, ask again when the disk is back",
            });
            return;
        }

        if (!core.Sink.CanCommit)
        {
            RpcReply refused = empty with { Code = RpcCode.Internal, Message = $"the node store cannot write, so nothing was changed: {core.Sink.DegradedReason}" };
            audit.Note(AuditRows.Of(request, caller, refused, "refused", time.GetElapsedTime(arrived)), fold: !caller.IsProven);
            answer.SetResult(refused);
            return;
        }

        IReadOnlyList<string> targets = Select(request.Args, out IReadOnlyList<string> missing);
        if (targets.Count == 0 && missing.Count == 0)
        {
            Refuse(request, caller, empty with { Code = RpcCode.NotFound, Message = "no machine matches" }, "allowed", arrived, answer);
            return;
        }

        var work = new EffectWork(request, caller, empty, targets.Count + missing.Count);
        foreach (string name in missing) work.Results.Add(NotFound(request.Args, name, $"no machine '{name}' on {node.Name}"));
        foreach (string name in targets) Judge(work, name);
        RpcReply judged = work.Reply();
        underWay.Add((caller.Name, request.Id), answer.Task);
        core.Sink.Begin();
        Audit(work, judged, arrived);
        if (work.Allowed.Count == 0)
        {
            core.Sink.End(Remembered(work, judged), failure => Finish(work, answer, failure is null ? judged : Unwritten(work, failure)));
            return;
        }

        // Without an outcome it holds the nonce: the same request is known if the node ends before this one is done, and runs when it is asked anew.
        core.Sink.End(Known(work, ReadOnlyMemory<byte>.Empty), failure =>
        {
            if (failure is not null) Drop(work, Unwritten(work, failure), arrived, answer);
            else if (time.GetElapsedTime(arrived).TotalMilliseconds > request.TtlMs) Drop(work, Expired(empty, request), arrived, answer);
            else Execute(work, arrived, answer);
        });
    }

    /// <summary>Answers without changing a machine. The row of the audit is written first; a disk that refuses it does not keep the answer back, for nothing was done.</summary>
    /// <param name="request">An effect.</param>
    /// <param name="caller">Who asked.</param>
    /// <param name="reply">The answer.</param>
    /// <param name="decision"><c>allowed</c> when there was nothing to do, <c>denied</c>, or <c>refused</c>.</param>
    /// <param name="arrived">Monotonic timestamp.</param>
    /// <param name="answer">Gets the answer.</param>
    public void Refuse(RpcRequest request, RpcCaller caller, RpcReply reply, string decision, long arrived, TaskCompletionSource<RpcReply> answer)
    {
        AuditData row = AuditRows.Of(request, caller, reply, decision, time.GetElapsedTime(arrived));
        if (!core.Sink.CanCommit)
        {
            audit.Note(row, fold: !caller.IsProven);
            answer.TrySetResult(reply);
            return;
        }

        core.Sink.Begin();
        core.Sink.Audit(row, newId(), time.GetUtcNow());
        core.Sink.End(OnlyNonce(caller), _ => answer.TrySetResult(reply));
    }

    /// <summary>Writes the row of an effect that is not one on machines (<c>probe</c>), and says whether it may run.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="caller">Who asked.</param>
    /// <param name="empty">The answer, to be filled.</param>
    /// <param name="arrived">Monotonic timestamp.</param>
    /// <param name="allowed">Gets null when the row is on disk, or the answer that says why nothing was done.</param>
    public void Allow(RpcRequest request, RpcCaller caller, RpcReply empty, long arrived, TaskCompletionSource<RpcReply?> allowed)
    {
        AuditData row = AuditRows.Of(request, caller, empty, "allowed", time.GetElapsedTime(arrived));
        if (!core.Sink.CanCommit)
        {
            RpcReply refused = empty with { Code = RpcCode.Internal, Message = $"the node store cannot write, so nothing was done: {core.Sink.DegradedReason}" };
            audit.Note(row with { Decision = "refused", Code = RpcCodes.Name(RpcCode.Internal), Message = refused.Message }, fold: !caller.IsProven);
            allowed.TrySetResult(refused);
            return;
        }

        core.Sink.Begin();
        core.Sink.Audit(row, newId(), time.GetUtcNow());
        core.Sink.End(OnlyNonce(caller), failure => allowed.TrySetResult(
            failure is null ? null : empty with { Code = RpcCode.Internal, Message = $"the node store cannot write, so nothing was done: {failure}" }));
    }

    private static RpcCode CodeOf(CommandCode code) => code switch
    {
        CommandCode.Ok => RpcCode.Ok,
        CommandCode.NotFound => RpcCode.NotFound,
        CommandCode.NotAllowed => RpcCode.NotAllowed,
        CommandCode.Unavailable => RpcCode.Internal,
        _ => RpcCode.BadRequest,
    };

    private static RpcResult NotFound(RpcArgs args, string machine, string message) => args is CheckArgs
        ? new CheckResult { Machine = machine, Code = RpcCode.NotFound, Message = message }
        : new ChangeResult { Machine = machine, Code = RpcCode.NotFound, Message = message };

    private IReadOnlyList<string> Select(RpcArgs args, out IReadOnlyList<string> missing)
    {
        missing = [];
        MachineSelection? selection = args switch
        {
            CheckArgs check => check.Selection,
            MaintenanceArgs maintenance => maintenance.Selection,
            ResumeArgs resume => resume.Selection,
            AcknowledgeArgs acknowledge => acknowledge.Selection,
            _ => null,
        };
        if (selection is null)
        {
            string machine = ((TransitionArgs)args).Machine;
            if (Exists(machine)) return [machine];
            missing = [machine];
            return [];
        }

        missing = [.. selection.Missing(Exists).Distinct(StringComparer.Ordinal)];
        // Exact names alone need no walk over all machines.
        if (!selection.All && selection.Labels.Count == 0 && !selection.Machines.Any(name => Glob.IsPattern(name)))
        {
            return [.. selection.Machines.Where(Exists).Distinct(StringComparer.Ordinal)];
        }

        return [.. core.Host.Views().Where(view => !view.Deleted && selection.Matches(view.Name, MachineLabels.Of(view.Definition))).Select(view => view.Name)];
    }

    private bool Exists(string machine) => core.Host.Find(machine) is { Deleted: false };

    /// <summary>Whether the policy lets the caller, and whether the machine would do it.</summary>
    private void Judge(EffectWork work, string machine)
    {
        MachineView? view = core.Host.Find(machine);
        if (view is not null && policy.Refuses(work.Caller, work.Request, machine, MachineLabels.Of(view.Definition)) is { } why)
        {
            work.Results.Add(work.Request.Args is CheckArgs
                ? new CheckResult { Machine = machine, Code = RpcCode.Denied, Message = why, From = view.State }
                : new ChangeResult { Machine = machine, Code = RpcCode.Denied, Message = why, From = view.State });
            return;
        }

        CommandReply? refusal = core.Host.Refusal(CommandOf(work, machine));
        if (refusal is null) work.Allowed.Add(work.Results.Count);
        else if (refusal.Code == CommandCode.NotAllowed) core.CountRefused(machine);
        work.Results.Add(refusal is null ? Promised(work.Request.Args, machine) : ResultOf(work, refusal));
    }

    private static RpcResult Promised(RpcArgs args, string machine) =>
        args is CheckArgs ? new CheckResult { Machine = machine, Code = RpcCode.Pending } : new ChangeResult { Machine = machine, Code = RpcCode.Ok };

    /// <summary>The row is on disk: now it is done. What a machine meanwhile did of itself may have made another outcome of it, which then has a row of its own.</summary>
    private void Execute(EffectWork work, long arrived, TaskCompletionSource<RpcReply> answer)
    {
        bool asJudged = true;
        core.Sink.Begin();
        foreach (int place in work.Allowed)
        {
            CommandReply reply = core.Host.Execute(CommandOf(work, work.Results[place].Machine!));
            if (reply.Code == CommandCode.NotAllowed) core.CountRefused(reply.Machine);
            // Listened for at once: a builtin has its result in the very same step, before the request is settled.
            if (reply is { Code: CommandCode.Ok, ForcedRun: { } run } && WaitMs(work) > 0) work.Await(core, run, place);
            work.Results[place] = ResultOf(work, reply);
            asJudged &= reply.Code == CommandCode.Ok;
        }

        RpcReply done = work.Reply();
        if (!asJudged) Audit(work, done, arrived);
        core.Sink.End(Remembered(work, done), failure => Settled(work, failure, answer));
    }

    private static RpcResult ResultOf(EffectWork work, CommandReply reply) => work.Request.Args is CheckArgs
        ? new CheckResult
        {
            Machine = reply.Machine,
            Code = reply is { Code: CommandCode.Ok, ForcedRun: not null } ? RpcCode.Pending : CodeOf(reply.Code),
            Message = MachineSummaries.Empty(reply.Message),
            From = reply.From,
            To = reply.To,
            Allowed = reply.Allowed.IsDefaultOrEmpty ? null : reply.Allowed,
            Event = reply.Event?.ToString(),
        }
        : new ChangeResult
        {
            Machine = reply.Machine,
            Code = CodeOf(reply.Code),
            Message = MachineSummaries.Empty(reply.Message),
            From = reply.From,
            To = reply.To,
            Until = reply.Until,
            Caller = work.Request.Args is AcknowledgeArgs && reply.Code == CommandCode.Ok ? work.Caller.Name : null,
            Allowed = reply.Allowed.IsDefaultOrEmpty ? null : reply.Allowed,
            Event = reply.Event?.ToString(),
        };

    private void Audit(EffectWork work, RpcReply reply, long arrived) =>
        core.Sink.Audit(AuditRows.Of(work.Request, work.Caller, reply, time.GetElapsedTime(arrived)), newId(), time.GetUtcNow());

    // The row said `allowed`; the one behind it says that nothing came of it. While the disk refuses, both wait in memory with all else.
    private void Drop(EffectWork work, RpcReply refused, long arrived, TaskCompletionSource<RpcReply> answer)
    {
        core.Sink.Begin();
        core.Sink.Audit(AuditRows.Of(work.Request, work.Caller, refused, "refused", time.GetElapsedTime(arrived)), newId(), time.GetUtcNow());
        core.Sink.End(request: null, static _ => { });
        Finish(work, answer, refused);
    }

    /// <summary>What has not begun within its time does not begin.</summary>
    public static RpcReply Expired(RpcReply empty, RpcRequest request) =>
        empty with { Code = RpcCode.Expired, Message = $"ttl_ms {request.TtlMs} passed before it could start; nothing was done" };

    private static RpcReply Unwritten(EffectWork work, string failure) =>
        work.Empty with { Code = RpcCode.Internal, Message = $"the node store cannot write, so nothing was changed: {failure}" };

    private MachineCommand CommandOf(EffectWork work, string machine)
    {
        var command = new MachineCommand { Kind = CommandKind.Check, Machine = machine, Caller = work.Caller.Name, RequestId = work.Request.Id };
        return work.Request.Args switch
        {
            TransitionArgs transition => command with { Kind = CommandKind.Transition, Transition = transition.Transition },
            MaintenanceArgs maintenance => command with
            {
                Kind = CommandKind.Maintenance,
                Reason = maintenance.Reason,
                Until = maintenance.Until ?? (maintenance.ForS is { } seconds ? time.GetUtcNow().AddSeconds(seconds) : null),
            },
            ResumeArgs => command with { Kind = CommandKind.Resume },
            AcknowledgeArgs acknowledge => command with { Kind = CommandKind.Acknowledge, Reason = acknowledge.Reason, Until = acknowledge.Until },
            _ => command,
        };
    }

    private void Settled(EffectWork work, string? failure, TaskCompletionSource<RpcReply> answer)
    {
        if (failure is not null)
        {
            Finish(work, answer, work.Empty with
            {
                Code = RpcCode.Internal,
                Message = $"the node store cannot write: {failure}; the change is held in memory, is lost if the node ends now, and is kept when the disk is back",
            });
            return;
        }

        if (work.Left == 0)
        {
            Complete(work, answer);
            return;
        }

        IDisposable timer = later(TimeSpan.FromMilliseconds(WaitMs(work)), () =>
        {
            if (work.Left == 0) return;
            work.Forget(core);
            Complete(work, answer);
        });
        work.AllArrived = () =>
        {
            timer.Dispose();
            Complete(work, answer);
        };
    }

    private KnownRequest Remembered(EffectWork work, RpcReply reply) => Known(work, RpcReplyWriter.ToBytes(reply));

    private KnownRequest Known(EffectWork work, ReadOnlyMemory<byte> outcome) => new(work.Request.Id, work.Caller.Name, outcome, NonceText(work.Caller), time.GetUtcNow());

    // Nothing to answer again; but should the policy change and the node start anew within the minute in which it is fresh, it must not run then.
    private KnownRequest? OnlyNonce(RpcCaller caller) =>
        caller.Nonce is null ? null : new KnownRequest(NonceOnly + caller.Nonce, caller.Name, ReadOnlyMemory<byte>.Empty, NonceText(caller), time.GetUtcNow());

    private static string NonceText(RpcCaller caller) => caller.Nonce is null ? "" : $"{caller.Key} {caller.Nonce}";

    private static int WaitMs(EffectWork work) => work.Request.Args is CheckArgs check ? check.WaitMs : 0;

    private static CheckResult Of(RpcResult before, ForcedResult result)
    {
        MachineView view = result.View;
        LastResult? last = view.Record.Check?.LastResult;
        return ((CheckResult)before) with
        {
            Code = RpcCode.Ok,
            Message = null,
            From = result.From,
            To = view.State,
            Status = last is null ? null : MachineView.StatusName(last.Status),
            Reason = last?.Reason,
            Output = last?.Output,
            LongOutput = last is null ? null : MachineSummaries.Empty(last.LongOutput),
            Perfdata = last is null ? null : MachineSummaries.PerfData(last.PerfData),
            DurationMs = last is null ? null : MachineSummaries.Milliseconds(last.Duration),
            Hard = view.Hard,
            Soft = view.Soft,
            Attempt = view.Record.Check?.DoubtCount,
            Allowed = view.Allowed,
            Event = result.Event?.ToString(),
        };
    }

    private void Complete(EffectWork work, TaskCompletionSource<RpcReply> answer)
    {
        RpcReply reply = work.Reply();
        // The same id again gets the result that its first asker got, not the `pending` that was kept with the command.
        if (work.Waited) journal.Commit(new StoreCommit { Request = Remembered(work, reply) }, sync: false, done: null);
        Finish(work, answer, reply);
    }

    private void Finish(EffectWork work, TaskCompletionSource<RpcReply> answer, RpcReply reply)
    {
        underWay.Remove((work.Caller.Name, work.Request.Id));
        answer.TrySetResult(reply);
    }

    private sealed class EffectWork(RpcRequest request, RpcCaller caller, RpcReply empty, int count)
    {
        public RpcRequest Request => request;

        public RpcCaller Caller => caller;

        public RpcReply Empty => empty;

        public List<RpcResult> Results { get; } = new(count);

        /// <summary>Places of those machines that are allowed and would do it.</summary>
        public List<int> Allowed { get; } = [];

        /// <summary>Forced runs whose result has not come yet.</summary>
        public int Left { get; private set; }

        /// <summary>Called when the last one has come; nothing until the request is settled.</summary>
        public Action AllArrived { get; set; } = static () => { };

        /// <summary>A forced run was waited for.</summary>
        public bool Waited => Awaited.Count > 0;

        private List<(long Run, Action<ForcedResult> Callback)> Awaited { get; } = [];

        /// <summary>Puts the result of a forced run in its place when it comes.</summary>
        public void Await(NodeCore core, long run, int place)
        {
            Left++;
            void Arrived(ForcedResult result)
            {
                Results[place] = Of(Results[place], result);
                if (--Left == 0) AllArrived();
            }

            Awaited.Add((run, Arrived));
            core.WhenForced(run, Arrived);
        }

        /// <summary>The time is over: what has not come stays <c>pending</c>.</summary>
        public void Forget(NodeCore core)
        {
            foreach ((long run, Action<ForcedResult> callback) in Awaited) core.ForgetForced(run, callback);
        }

        public RpcReply Reply()
        {
            ImmutableArray<RpcResult> results = [.. Results];
            RpcCode code = RpcReply.Sum(results);
            return empty with { Code = code, Results = results, Message = results.Length == 1 ? results[0].Message : null };
        }
    }
}
