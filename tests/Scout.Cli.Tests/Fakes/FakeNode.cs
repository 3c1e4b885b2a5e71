using System.Collections.Immutable;
using System.Text.Json;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Tests.Fakes;

/// <summary>A node that answers from a table: what it was asked stands in <see cref="Asked"/>.</summary>
internal sealed class FakeNode(string name)
{
    private readonly Lock gate = new();

    public string Name { get; } = name;

    public SortedDictionary<string, MachineSummary> Machines { get; } = new(StringComparer.Ordinal);

    /// <summary>Definition files that were never good.</summary>
    public List<(string File, string Error)> Refused { get; } = [];

    public List<RpcRequest> Asked { get; } = [];

    /// <summary>CloudEvents of the history, oldest first.</summary>
    public List<string> History { get; } = [];

    /// <summary>Events in one page of <c>history</c>.</summary>
    public int HistoryPage { get; set; } = 200;

    /// <summary>Machines in one page of <c>machines</c>.</summary>
    public int Page { get; set; } = int.MaxValue;

    /// <summary>Answers in place of the table, when it is not null.</summary>
    public Func<RpcRequest, RpcReply?>? Instead { get; set; }

    /// <summary>Requests get no answer at all.</summary>
    public bool Mute { get; set; }

    public FakeNode With(string machine, string state, string? output = null, Func<MachineSummary, MachineSummary>? change = null)
    {
        MachineSummary summary = Summary(state, output);
        Machines[machine] = change is null ? summary : change(summary);
        return this;
    }

    public static MachineSummary Summary(string state, string? output = null) => new()
    {
        Kind = "check",
        State = state,
        Since = DateTimeOffset.UnixEpoch.AddYears(60),
        Status = state is "OK" or "WARNING" or "CRITICAL" or "UNKNOWN" ? state : "OK",
        Hard = true,
        Output = output,
        Version = "1.0.0",
        Digest = "0123456789ab",
        LastResult = DateTimeOffset.UnixEpoch.AddYears(60),
    };

    public RpcReply? Answer(RpcRequest request)
    {
        lock (gate)
        {
            Asked.Add(request);
            if (Mute) return null;
            if (Instead?.Invoke(request) is { } instead) return instead with { Id = request.Id };
            RpcReply reply = request.Args switch
            {
                PingArgs => Reply(request, Ping()),
                FactsArgs => Reply(request, new FactsResult { Facts = JsonDocument.Parse("""{"os":"linux","cpus":2}""").RootElement }),
                MachinesArgs args => List(request, args),
                MachineArgs args => Reply(request, Detail(args.Machine)),
                CheckArgs args => Each(request, args.Selection, Check),
                MaintenanceArgs args => Each(request, args.Selection, (machine, summary) => Maintain(machine, summary, args)),
                ResumeArgs args => Each(request, args.Selection, Resume),
                AcknowledgeArgs args => Each(request, args.Selection, (machine, summary) => new ChangeResult { Machine = machine, Code = RpcCode.Ok, From = summary.State, To = summary.State, Until = args.Until }),
                TransitionArgs args => Reply(request, Transition(args)),
                HistoryArgs args => Page1(request, args),
                _ => Reply(request) with { Code = RpcCode.UnknownAction },
            };
            return reply;
        }
    }

    public RpcReply Reply(RpcRequest request, params RpcResult[] results) => new()
    {
        Id = request.Id,
        Node = Name,
        Action = RpcActions.Name(request.Action),
        Code = RpcReply.Sum(results) is var sum && results.Length == 0 ? RpcCode.Ok : sum,
        Results = [.. results],
    };

    /// <summary>How it stands with its fleet, and what it says of its line to the broker.</summary>
    public (string Word, string Broker)? Enrolment { get; set; }

    private PingResult Ping() => new()
    {
        Enrolment = Enrolment?.Word,
        Broker = Enrolment?.Broker,
        Version = "0.1.0",
        Started = DateTimeOffset.UnixEpoch.AddYears(60),
        Machines = Machines.Count,
        Problems = Machines.Values.Count(machine => machine.State is "WARNING" or "CRITICAL" or "UNKNOWN"),
        Outbox = new OutboxDepth(0, 0),
        Mode = "dev",
        Sequence = "1795221600.000000000042",
    };

    private RpcReply List(RpcRequest request, MachinesArgs args)
    {
        RpcResult[] lines =
        [
            .. Machines.Where(pair => Matches(args, pair.Key, pair.Value) && string.CompareOrdinal(pair.Key, args.After ?? "") > 0)
                .Select(pair => new MachineLine { Machine = pair.Key, Record = pair.Value }),
        ];
        if (args.After is null) lines = [.. lines, .. Refused.Select(one => new MachineLine { Refused = one.File, Message = one.Error })];
        RpcReply reply = Reply(request, [.. lines.Take(Page)]);
        return reply with { Code = RpcCode.Ok, Truncated = Math.Max(lines.Length - Page, 0) };
    }

    private static bool Matches(MachinesArgs args, string name, MachineSummary summary) =>
        (args.Machines.IsEmpty || args.Machines.Any(pattern => Glob.Matches(pattern, name)))
        && (args.States.IsEmpty || args.States.Contains(summary.State))
        && LabelSelector.Matches(args.Labels, summary.Labels ?? LabelSelector.None);

    private RpcReply Each(RpcRequest request, MachineSelection selection, Func<string, MachineSummary, RpcResult> each)
    {
        var results = Machines.Where(pair => selection.Matches(pair.Key, pair.Value.Labels ?? LabelSelector.None)).Select(pair => each(pair.Key, pair.Value)).ToList();
        results.AddRange(selection.Missing(Machines.ContainsKey).Select(name => new ChangeResult { Machine = name, Code = RpcCode.NotFound, Message = "no such machine" }));
        return Reply(request, [.. results]);
    }

    private static RpcResult Check(string machine, MachineSummary summary) => summary.Maintenance is { } maintenance
        ? new CheckResult { Machine = machine, Code = RpcCode.NotAllowed, Message = $"in maintenance: {maintenance.Reason}", From = summary.State, Allowed = ["RESUME"] }
        : new CheckResult
        {
            Machine = machine,
            Code = RpcCode.Ok,
            From = "OK",
            To = summary.State,
            Status = summary.Status,
            Reason = "exit",
            Output = summary.Output,
            DurationMs = 12,
            Hard = true,
            Perfdata = [new PerfDatumData("used", 97, "percent", "97%;80;90")],
        };

    private static ChangeResult Maintain(string machine, MachineSummary summary, MaintenanceArgs args) => new()
    {
        Machine = machine,
        Code = RpcCode.Ok,
        From = summary.State,
        To = "MAINTENANCE",
        Until = args.Until ?? (args.ForS is { } seconds ? DateTimeOffset.UnixEpoch.AddYears(60).AddSeconds(seconds) : null),
        Allowed = ["RESUME"],
        Event = "01a1fb93-4685-7a0f-95f5-5c94ec7de222",
    };

    private static ChangeResult Resume(string machine, MachineSummary summary) => summary.State == "MAINTENANCE"
        ? new ChangeResult { Machine = machine, Code = RpcCode.Ok, From = "MAINTENANCE", To = "UNKNOWN" }
        : new ChangeResult { Machine = machine, Code = RpcCode.NotAllowed, Message = $"RESUME is not allowed in {summary.State}; allowed: FORCE_CHECK, MAINTENANCE", From = summary.State, Allowed = ["FORCE_CHECK", "MAINTENANCE"] };

    private ChangeResult Transition(TransitionArgs args) => !Machines.TryGetValue(args.Machine, out MachineSummary? summary)
        ? new ChangeResult { Machine = args.Machine, Code = RpcCode.NotFound }
        : args.Transition == "repaired"
            ? new ChangeResult { Machine = args.Machine, Code = RpcCode.Ok, From = summary.State, To = "RUNNING" }
            : new ChangeResult { Machine = args.Machine, Code = RpcCode.NotAllowed, Message = $"{args.Transition} is not allowed in {summary.State}", From = summary.State, Allowed = ["repaired"] };

    private MachineDetail Detail(string machine) => !Machines.TryGetValue(machine, out MachineSummary? summary)
        ? new MachineDetail { Machine = machine, Code = RpcCode.NotFound, Message = "no such machine" }
        : new MachineDetail
        {
            Machine = machine,
            Record = summary,
            Transitions = [new TransitionInfo("FORCE_CHECK", "FORCE_CHECK", "look at once"), new TransitionInfo("MAINTENANCE", "MAINTENANCE", null)],
            Watchers =
            [
                new WatcherInfo { Name = "check", Type = "nagios", Active = true, IntervalMs = 60_000, What = "check_disk -w 20% -c 10% -p /", NextDue = DateTimeOffset.UnixEpoch.AddYears(60) },
                new WatcherInfo { Name = "remediate", Type = "exec", Active = false, Idle = "inactive in state OK" },
            ],
            Result = new ResultInfo
            {
                Status = summary.Status!,
                Reason = "exit",
                Output = summary.Output ?? "",
                LongOutput = "line two\n\u001b[31mred",
                ExitCode = 0,
                Started = DateTimeOffset.UnixEpoch.AddYears(60),
                Ended = DateTimeOffset.UnixEpoch.AddYears(60),
                DurationMs = 12,
                Perfdata = [new PerfDatumData("/", 97, "percent", "97%")],
            },
            File = "/etc/scout/machines/disk.yaml",
        };

    private static bool IsWanted(HistoryArgs args, string type) =>
        args.Kinds.IsEmpty ? !args.Audit || type == EventTypes.Audit : args.Kinds.Contains(EventTypes.KindOf(type)!.Value) || (args.Audit && type == EventTypes.Audit);

    private RpcReply Page1(RpcRequest request, HistoryArgs args)
    {
        ImmutableArray<JsonElement> events =
        [
            .. History.Select(text => JsonDocument.Parse(text).RootElement)
                .Where(one => args.After is not { } after || string.CompareOrdinal(one.GetProperty("sequence").GetString(), after.ToString()) > 0)
                .Where(one => IsWanted(args, one.GetProperty("type").GetString()!)),
        ];
        // As a node does: the newest without a place to begin, the oldest behind one.
        ImmutableArray<JsonElement> page = args.After is null ? [.. events.TakeLast(HistoryPage)] : [.. events.Take(HistoryPage)];
        return Reply(request, new HistoryResult { Events = page }) with { Truncated = events.Length - page.Length };
    }
}
