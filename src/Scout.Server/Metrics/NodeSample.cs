using Scout.Server.Mesh.Statistics;
using Scout.Server.Runs;
using Scout.Kubernetes;
using Scout.Traffic;

namespace Scout.Server.Metrics;

/// <summary>Everything of the node that is rendered, at one moment.</summary>
internal sealed record NodeSample
{
    public required string Node { get; init; }

    public required string Version { get; init; }

    public string Zone { get; init; } = "";

    public string Region { get; init; } = "";

    /// <summary><c>dev</c> or <c>secure</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>False only in the textfile that a clean stop leaves.</summary>
    public bool Up { get; init; } = true;

    /// <summary>By name in ordinal order, deleted ones left out.</summary>
    public IReadOnlyList<MachineSample> Machines { get; init; } = [];

    public int DefinitionsRefused { get; init; }

    public long ReloadsApplied { get; init; }

    public long ReloadsRefused { get; init; }

    /// <summary>Wall clock of the last turn of the loop.</summary>
    public DateTimeOffset LastTick { get; init; }

    public int LoopQueue { get; init; }

    public int Slots { get; init; }

    public int RunsActive { get; init; }

    public int RunsWaiting { get; init; }

    public int RunsStuck { get; init; }

    public required NodeCounters Counters { get; init; }

    public StoreSample Store { get; init; } = new();

    public OutboxSample Outbox { get; init; } = new();

    public bool ConnectionUp { get; init; }

    public bool ConnectionRefused { get; init; }

    public long Reconnects { get; init; }

    /// <summary>Word of the node's standing with its fleet; null in dev mode and without a broker.</summary>
    public string? Enrolment { get; init; }

    /// <summary>Serial of the trust document in force; null without one.</summary>
    public long? TrustSerial { get; init; }

    /// <summary>Until the credentials expire; negative after it, null without any.</summary>
    public TimeSpan? CredentialsLeft { get; init; }

    /// <summary>Null without a mesh: then it has no series either.</summary>
    public MeshSnapshot? Mesh { get; init; }

    /// <summary>Null where no traffic is to be counted: then it has no series either.</summary>
    public TrafficSnapshot? Traffic { get; init; }

    /// <summary>What is read of the Kubernetes API; null: nothing.</summary>
    public ClusterSample? Cluster { get; init; }
}

/// <summary>The node store at one moment.</summary>
internal sealed record StoreSample
{
    public bool Degraded { get; init; }

    public long Bytes { get; init; }

    public long HeldBytes { get; init; }

    public long Commits { get; init; }

    public long TornTails { get; init; }

    public long Damaged { get; init; }

    public long BadSnapshots { get; init; }

    public long Corrupt { get; init; }

    public long LostRecords { get; init; }

    /// <summary>Steady results that were not kept, because too much was held.</summary>
    public long HeldDropped { get; init; }
}

/// <summary>The outbox at one moment. Lists of counts are by <see cref="NodeCounters.Kinds"/>.</summary>
internal sealed record OutboxSample
{
    public long Events { get; init; }

    public long Bytes { get; init; }

    /// <summary>The higher of both bounds, 0 to 1.</summary>
    public double Fill { get; init; }

    /// <summary>Null when it is empty.</summary>
    public DateTimeOffset? Oldest { get; init; }

    public long Sequence { get; init; }

    public IReadOnlyList<long> Published { get; init; } = [0, 0, 0, 0, 0];

    public IReadOnlyList<long> Dropped { get; init; } = [0, 0, 0, 0, 0];

    public long SetAside { get; init; }

    public long Resent { get; init; }

    public long Suspicious { get; init; }
}

/// <summary>What the node counts while it lives. Any thread may add.</summary>
internal sealed class NodeCounters
{
    /// <summary>The actions of RPC, and <c>other</c> for what is none.</summary>
    public static readonly string[] Actions =
        ["ping", "machines", "machine", "check", "transition", "maintenance", "resume", "acknowledge", "facts", "history", "other"];

    /// <summary>Kinds of events.</summary>
    public static readonly string[] Kinds = ["transition", "check", "state", "watcher", "lifecycle"];

    /// <summary>Every bound of the table in server.md section 8.</summary>
    public static readonly string[] LimitNames =
    [
        "output", "stderr", "output_kill", "event_size", "perfdata_items", "series_machine", "series_node", "series_name", "slots", "orphans", "spawners",
        "outbox", "held", "rpc_rate", "rpc_active", "rpc_requests", "socket", "http", "machine_data", "chained", "definitions", "subscription", "log", "audit_kinds", "audit_lines",
    ];

    private static readonly string[] Decisions = ["allowed", "denied", "refused"];

    private readonly Dictionary<string, LabelledCounter> requests = Actions.ToDictionary(action => action, _ => new LabelledCounter(Decisions));
    private readonly Dictionary<string, Histogram> durations = Actions.ToDictionary(action => action, _ => new Histogram());
    private long textfileErrors;
    private long logDropped;

    public RunCounters Runs { get; } = new();

    public Histogram StoreSync { get; } = new();

    public LabelledCounter Limits { get; } = new(LimitNames);

    public LabelledCounter Orphans { get; } = new("reaped", "ended", "kept");

    public long TextfileErrors => Interlocked.Read(ref textfileErrors);

    public long LogDropped => Interlocked.Read(ref logDropped);

    /// <summary>By decision: <c>allowed denied refused</c>.</summary>
    public LabelledCounter Requests(string action) => requests.GetValueOrDefault(action) ?? requests["other"];

    public Histogram Duration(string action) => durations.GetValueOrDefault(action) ?? durations["other"];

    public void CountTextfileError() => Interlocked.Increment(ref textfileErrors);

    public void CountLogDropped()
    {
        Interlocked.Increment(ref logDropped);
        Limits.Add("log");
    }
}
