using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Scout.Protocol.Rpc;

/// <summary>Why a request was not read: goes into the reply.</summary>
/// <param name="Code"><c>bad_request</c> or <c>unsupported</c>.</param>
/// <param name="Message">Names the field.</param>
/// <param name="Id">Of the request, when it could be read; else empty.</param>
public sealed record RpcProblem(RpcCode Code, string Message, string Id)
{
    /// <summary>As asked, for the reply; empty when it could not be read, or stands in the subject.</summary>
    public string Action { get; init; } = "";
}

/// <summary>Reads requests strictly: an unknown or doubled field, a wrong type, a value out of its range is <c>bad_request</c> and named (nats.md 14).</summary>
public static class RpcRequestReader
{
    /// <summary>Among the kinds of <c>history</c>: rows of the audit.</summary>
    internal const string AuditWord = "audit";

    /// <summary>Reads a request for an action.</summary>
    public static bool TryRead(
        RpcAction action, ReadOnlyMemory<byte> json, [NotNullWhen(true)] out RpcRequest? request, [NotNullWhen(false)] out RpcProblem? problem)
    {
        request = null;
        if (json.Length > RpcLimits.MaxRequest)
        {
            problem = new RpcProblem(RpcCode.BadRequest, $"the request is over {RpcLimits.MaxRequest} bytes", "");
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            return TryRead(action, document.RootElement, out request, out problem);
        }
        catch (JsonException failure)
        {
            problem = new RpcProblem(RpcCode.BadRequest, "no valid JSON: " + Shown.Clip(failure.Message, 200), "");
            return false;
        }
        catch (InvalidOperationException)
        {
            problem = new RpcProblem(RpcCode.BadRequest, "a name in it is not valid UTF-8", "");
            return false;
        }
    }

    private static bool TryRead(RpcAction action, JsonElement root, out RpcRequest? request, out RpcProblem? problem)
    {
        request = null;
        var wrong = new StrictObject.Problem();
        var top = new StrictObject(root, "", wrong);
        string? schema = top.Text("schema", 64, required: true);
        string? id = top.Text("id", 64, required: true);
        if (id is not null && !IsId(id))
        {
            wrong.Say("'id' must be 1 to 64 of A-Z a-z 0-9 . _ : -");
            id = null;
        }

        if (schema is not null && schema != RpcRequest.Schema)
        {
            // Another version may have other fields: say that before complaining about them.
            problem = new RpcProblem(RpcCode.Unsupported, $"schema '{Shown.Clip(schema)}' is not spoken here; {RpcRequest.Schema} is", id ?? "");
            return false;
        }

        long ttl = top.Number("ttl_ms", 1, RpcLimits.MaxTtl, 5000);
        long spread = top.Number("reply_spread_ms", 0, RpcLimits.MaxReplySpread, 0);
        NodeFilter? filter = Filter(top.Object("filter"));
        StrictObject args = top.Object("args") ?? new StrictObject(Empty, "args", wrong);
        RpcArgs? parsed = Args(action, args, wrong);
        args.End();
        top.End();
        if (wrong.Text is { } text || parsed is null || id is null)
        {
            problem = new RpcProblem(RpcCode.BadRequest, wrong.Text ?? "not a request", id ?? "");
            return false;
        }

        problem = null;
        request = new RpcRequest { Id = id, TtlMs = (int)ttl, ReplySpreadMs = (int)spread, Filter = filter, Args = parsed };
        return true;
    }

    /// <summary>1 to 64 of <c>[A-Za-z0-9._:-]</c>.</summary>
    public static bool IsId(ReadOnlySpan<char> id)
    {
        if (id.Length is 0 or > 64) return false;
        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or ':' or '-')) return false;
        }

        return true;
    }

    private static JsonElement Empty { get; } = JsonDocument.Parse("{}").RootElement.Clone();

    private static NodeFilter? Filter(StrictObject? filter)
    {
        if (filter is null) return null;
        var read = new NodeFilter(Patterns(filter, "nodes"), filter.Labels("labels"));
        filter.End();
        return read;
    }

    private static RpcArgs? Args(RpcAction action, StrictObject args, StrictObject.Problem wrong) => action switch
    {
        RpcAction.Ping => new PingArgs(),
        RpcAction.Facts => new FactsArgs(args.Texts("keys", 100, 128, static key => key.Length > 0, "name of a fact")),
        RpcAction.Machines => new MachinesArgs(
            Patterns(args, "machines"), args.Labels("labels"), args.Texts("states", 100, Names.MaxLength, static state => Names.IsMachine(state), "name of a state"), Name(args, "after", wrong, required: false)),
        RpcAction.Machine => Name(args, "machine", wrong) is { } machine ? new MachineArgs(machine) : null,
        RpcAction.Check => Pair(Selection(args, wrong), args.Number("wait_ms", 0, RpcLimits.MaxWait, 0)) is ({ } selection, var wait) ? new CheckArgs(selection, (int)wait) : null,
        RpcAction.Transition => Pair(Name(args, "machine", wrong), Name(args, "transition", wrong)) is ({ } machine, { } transition) ? new TransitionArgs(machine, transition) : null,
        RpcAction.Maintenance => Maintenance(args, wrong),
        RpcAction.Resume => Selection(args, wrong) is { } selection ? new ResumeArgs(selection) : null,
        RpcAction.Acknowledge => Acknowledge(args, wrong),
        RpcAction.Mesh => new MeshArgs(Node(args, "after", wrong, required: false)),
        RpcAction.Probe => Probe(args, wrong),
        RpcAction.History => History(args, wrong),
        _ => null,
    };

    private static (T1 First, T2 Second) Pair<T1, T2>(T1 first, T2 second) => (first, second);

    private static ImmutableArray<string> Patterns(StrictObject from, string name) =>
        from.Texts(name, RpcLimits.MaxPatterns, RpcLimits.MaxPattern, static pattern => Glob.IsValid(pattern), "name or pattern (* ? [a-z])");

    private static string? Name(StrictObject args, string field, StrictObject.Problem wrong, bool required = true)
    {
        if (args.Text(field, RpcLimits.MaxPattern, required) is not { } name) return null;
        if (Names.IsMachine(name)) return name;
        wrong.Say($"'args.{field}' must be a name ([A-Za-z0-9][A-Za-z0-9_-]*, at most 63)");
        return null;
    }

    private static MachineSelection? Selection(StrictObject args, StrictObject.Problem wrong)
    {
        ImmutableArray<string> machines = Patterns(args, "machines");
        ImmutableSortedDictionary<string, string> labels = args.Labels("labels");
        bool all = args.Flag("all");
        if (all && (machines.Length > 0 || labels.Count > 0)) wrong.Say("'args.all' excludes 'args.machines' and 'args.labels'");
        if (!all && machines.IsEmpty && labels.IsEmpty) wrong.Say("nothing is selected: give 'args.machines', 'args.labels' or 'args.all'");
        return wrong.Text is not null ? null : all ? MachineSelection.Everything : MachineSelection.Of(machines, labels);
    }

    private static MaintenanceArgs? Maintenance(StrictObject args, StrictObject.Problem wrong)
    {
        MachineSelection? selection = Selection(args, wrong);
        long seconds = args.Number("for_s", 1, RpcLimits.MaxForSeconds, 0);
        DateTimeOffset? until = args.Time("until");
        bool open = args.Flag("open_ended");
        string reason = args.Text("reason", RpcLimits.MaxReason) ?? "";
        int ends = (seconds > 0 ? 1 : 0) + (until is null ? 0 : 1) + (open ? 1 : 0);
        if (ends != 1) wrong.Say("exactly one of 'args.for_s', 'args.until' and 'args.open_ended': true says when it ends");
        return selection is null ? null : new MaintenanceArgs(selection, seconds > 0 ? seconds : null, until, open, reason);
    }

    private static AcknowledgeArgs? Acknowledge(StrictObject args, StrictObject.Problem wrong)
    {
        MachineSelection? selection = Selection(args, wrong);
        DateTimeOffset? until = args.Time("until");
        string reason = args.Text("reason", RpcLimits.MaxReason) ?? "";
        return selection is null ? null : new AcknowledgeArgs(selection, until, reason);
    }

    private static string? Node(StrictObject args, string field, StrictObject.Problem wrong, bool required = true)
    {
        if (args.Text(field, RpcLimits.MaxPattern, required) is not { } name) return null;
        if (Names.IsNode(name)) return name;
        wrong.Say($"'args.{field}' must be the name of a node ([a-z0-9][a-z0-9_-]*, at most 63)");
        return null;
    }

    private static ProbeArgs? Probe(StrictObject args, StrictObject.Problem wrong)
    {
        string? target = Node(args, "target", wrong);
        string proto = args.Text("proto", 8) ?? "udp";
        bool tcp = proto == "tcp";
        if (!tcp && proto != "udp") wrong.Say("'args.proto' must be udp or tcp");
        long packets = args.Number("packets", 1, tcp ? 1 : ProbeArgs.MaxPackets, tcp ? 1 : ProbeArgs.MaxPackets);
        return target is null ? null : new ProbeArgs(target, (int)packets, tcp);
    }

    private static HistoryArgs? History(StrictObject args, StrictObject.Problem wrong)
    {
        ImmutableArray<string> machines = args.Texts(
            "machines", RpcLimits.MaxPatterns, RpcLimits.MaxPattern, static pattern => pattern == Names.NodeItself || Glob.IsValid(pattern), "name or pattern (* ? [a-z])");
        ImmutableArray<string> words =
            args.Texts("kinds", 5, 16, static word => word == AuditWord || Subjects.TryParseKind(word, out _), "kind (transition check state watcher audit)");
        EventSequence? after = null;
        if (args.Text("after", 64) is { } text)
        {
            if (EventSequence.TryParse(text, out EventSequence sequence)) after = sequence;
            else wrong.Say("'args.after' must be a sequence, such as 1795221600.000000001234");
        }

        return new HistoryArgs(
            machines,
            [.. words.Where(static word => word != AuditWord).Select(Kind)],
            args.Time("since"),
            args.Time("until"),
            after,
            (int)args.Number("limit", 1, RpcLimits.MaxHistoryLimit, RpcLimits.DefaultHistoryLimit),
            (int)args.Number("wait_ms", 0, RpcLimits.MaxHistoryWait, 0))
        { Audit = words.Contains(AuditWord) };
    }

    private static EventKind Kind(string word) => Subjects.TryParseKind(word, out EventKind kind) ? kind : throw new ArgumentException("not a kind", nameof(word));
}
