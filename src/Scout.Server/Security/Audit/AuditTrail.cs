using Scout.Auditing;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Audit;
using Scout.Server.Loop;
using Scout.Server.Metrics;

namespace Scout.Server.Security.Audit;

/// <summary>
/// The audit of a node (security.md 9): a row for every request, whatever came of it. Effects and all that is refused or denied stand in the node store, from
/// where they go out as events; reads that were allowed stand in <c>audit.jsonl</c> alone, folded, for they change nothing and a watching screen asks every second.
/// </summary>
internal sealed class AuditTrail : IAsyncDisposable
{
    /// <summary>How often counts are told.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly AuditFolds refusals = new();
    private readonly AuditFolds reads = new();
    private readonly string node;
    private readonly NodeLoop loop;
    private readonly StepSink sink;
    private readonly AuditFile? file;
    private readonly NodeCounters counters;
    private readonly Func<Guid> newId;
    private readonly TimeProvider time;
    private long lost;

    /// <param name="node">Name of the node.</param>
    /// <param name="loop">Where the sink lives.</param>
    /// <param name="sink">Commits rows; each row it commits, of effects too, comes to the file.</param>
    /// <param name="file">Null: no file is kept.</param>
    /// <param name="counters">For what bounds cost.</param>
    /// <param name="newId">Of rows.</param>
    /// <param name="time">Wall clock.</param>
    public AuditTrail(string node, NodeLoop loop, StepSink sink, AuditFile? file, NodeCounters counters, Func<Guid> newId, TimeProvider time)
    {
        this.node = node;
        this.loop = loop;
        this.sink = sink;
        this.file = file;
        this.counters = counters;
        this.newId = newId;
        this.time = time;
        sink.Audited = Write;
    }

    /// <summary>Something was refused or denied, and nobody waits for the row. Any thread.</summary>
    /// <param name="row">What happened.</param>
    /// <param name="fold">It may come in floods: nobody is proved to have asked, or nothing was looked at.</param>
    /// <param name="fault">What makes it a kind of its own, from a closed list.</param>
    public void Note(AuditData row, bool fold, string? fault = null)
    {
        if (fold)
        {
            AuditData? told;
            bool overflow;
            lock (gate) told = refusals.Take(row, fault, out overflow);
            if (overflow) counters.Limits.Add("audit_kinds");
            if (told is null) return;
            row = told;
        }

        Commit(row);
    }

    /// <summary>A read was allowed and answered. Any thread.</summary>
    public void Read(AuditData row)
    {
        if (file is null) return;
        AuditData? told;
        bool overflow;
        lock (gate) told = reads.Take(row, null, out overflow);
        if (overflow) counters.Limits.Add("audit_kinds");
        if (told is not null) Write(time.GetUtcNow(), told);
    }

    /// <summary>Tells the counts of the last minute. On the loop.</summary>
    public void Beat()
    {
        List<AuditData> refused, read;
        lock (gate)
        {
            refused = refusals.Told();
            read = reads.Told();
        }

        long dropped = file?.Dropped ?? 0;
        if (dropped > lost) counters.Limits.Add("audit_lines", dropped - lost);
        lost = dropped;
        foreach (AuditData row in refused) OnLoop(row);
        foreach (AuditData row in read) Write(time.GetUtcNow(), row);
    }

    public ValueTask DisposeAsync() => file?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Commit(AuditData row)
    {
        // A loop that is full has other worries: the line in the file stays.
        if (!loop.TryPost(() => OnLoop(row))) Write(time.GetUtcNow(), row);
    }

    private void OnLoop(AuditData row)
    {
        if (!sink.CanCommit)
        {
            Write(time.GetUtcNow(), row);
            return;
        }

        sink.Begin();
        sink.Audit(row, newId(), time.GetUtcNow());
        sink.End(request: null, static _ => { });
    }

    private void Write(DateTimeOffset at, AuditData row) => file?.Write(AuditLine.ToBytes(at, node, row));
}
