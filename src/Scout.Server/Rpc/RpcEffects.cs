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
/// What changes machines: <c>check transition maintenance resume acknowledge</c>. One request is one commit, and is answered when that is on disk. The
/// same id of the same caller gets the same outcome again and does nothing. On the loop.
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
        underWay.Add((caller.Name, request.Id), answer.Task);
        core.Sink.Begin();
        foreach (string name in targets) Execute(work, name);
        RpcReply reply = work.Reply();
        DateTimeOffset now = time.GetUtcNow();
        core.Sink.End(Remembered(work, reply), AuditRows.Of(request, caller, reply, time.GetElapsedTime(arrived)), newId(), now, failure => Settled(work, failure, answer));
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
        core.Sink.End(OnlyNonce(caller), row, newId(), time.GetUtcNow(), _ => answer.TrySetResult(reply));
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
        core.Sink.End(OnlyNonce(caller), row, newId(), time.GetUtcNow(), failure => allowed.TrySetResult(
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

    private void Execute(EffectWork work, string machine)
    {
        RpcArgs args = work.Request.Args;
        MachineView? view = core.Host.Find(machine);
        if (view is not null && policy.Refuses(work.Caller, work.Request, machine, MachineLabels.Of(view.Definition)) is { } why)
        {
            work.Results.Add(args is CheckArgs
                ? new CheckResult { Machine = machine, Code = RpcCode.Denied, Message = why, From = view.State }
                : new ChangeResult { Machine = machine, Code = RpcCode.Denied, Message = why, From = view.State });
            return;
        }

        CommandReply reply = core.Host.Execute(CommandOf(work, machine));
        if (reply.Code == CommandCode.NotAllowed) core.CountRefused(machine);
        if (args is CheckArgs)
        {
            // Listened for at once: a builtin has its result in the very same step, before the request is settled.
            if (reply is { Code: CommandCode.Ok, ForcedRun: { } run } && WaitMs(work) > 0) work.Await(core, run, work.Results.Count);
            work.Results.Add(new CheckResult
            {
                Machine = machine,
                Code = reply is { Code: CommandCode.Ok, ForcedRun: not null } ? RpcCode.Pending : CodeOf(reply.Code),
                Message = MachineSummaries.Empty(reply.Message),
                From = reply.From,
                To = reply.To,
                Allowed = reply.Allowed.IsDefaultOrEmpty ? null : reply.Allowed,
                Event = reply.Event?.ToString(),
            });
        }
        else
        {
            work.Results.Add(new ChangeResult
            {
                Machine = machine,
                Code = CodeOf(reply.Code),
                Message = MachineSummaries.Empty(reply.Message),
                From = reply.From,
                To = reply.To,
                Until = reply.Until,
                Caller = args is AcknowledgeArgs && reply.Code == CommandCode.Ok ? work.Caller.Name : null,
                Allowed = reply.Allowed.IsDefaultOrEmpty ? null : reply.Allowed,
                Event = reply.Event?.ToString(),
            });
        }
    }

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

    private KnownRequest Remembered(EffectWork work, RpcReply reply) =>
        new(work.Request.Id, work.Caller.Name, RpcReplyWriter.ToBytes(reply), NonceText(work.Caller), time.GetUtcNow());

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
