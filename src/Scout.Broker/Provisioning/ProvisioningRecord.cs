using Microsoft.Extensions.Logging;
using Scout.Auditing;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Reading;
using Scout.Protocol.Roster;
using Scout.Protocol.Security.Audit;
using Scout.Protocol.Streams;

namespace Scout.Broker.Provisioning;

/// <summary>Writes the audit of the provisioner, and the first roster entry of a node, so that it stands there from the moment it is let in.</summary>
/// <remarks>Refusals are folded (security.md 9): whoever holds a spent token could else write so many that the rows that matter are rotated away.</remarks>
internal sealed class ProvisioningRecord : IProvisioningRecord, IDisposable
{
    private const string Source = "provisioner";
    private const string Alarm = "alarm:";

    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Func<NatsConnection> fleet;
    private readonly Action<byte[]> write;
    private readonly ILogger log;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly AuditFolds refusals = new();
    private readonly ITimer beat;

    /// <param name="fleet">The provisioner's line in the account of the fleet.</param>
    /// <param name="write">Takes a line of <c>audit.jsonl</c>.</param>
    /// <param name="log">An alarm is said aloud too.</param>
    /// <param name="time">Clock of the rows.</param>
    public ProvisioningRecord(Func<NatsConnection> fleet, Action<byte[]> write, ILogger log, TimeProvider time)
    {
        this.fleet = fleet;
        this.write = write;
        this.log = log;
        this.time = time;
        beat = time.CreateTimer(_ => Beat(), null, Period, Period);
    }

    public void Audit(AuditData row)
    {
        AuditData? told = row;
        if (row.Decision != "allowed" && row.Role != "admin")
        {
            lock (gate) told = refusals.Take(row, row.Key ?? row.Message, out _);
        }

        if (told is null) return;
        Write(told);
        if (told.Message?.StartsWith(Alarm, StringComparison.Ordinal) == true) BrokerLog.EnrolmentAlarm(log, told.Message);
        else BrokerLog.Provisioned(log, told.Action, told.Machines is { Length: > 0 } nodes ? nodes[0] : told.Caller, told.Code);
    }

    public void Dispose()
    {
        beat.Dispose();
        Beat();
    }

    // Counts of the last minute.
    private void Beat()
    {
        List<AuditData> counted;
        lock (gate) counted = refusals.Told();
        foreach (AuditData row in counted) Write(row);
    }

    private void Write(AuditData row) => write(AuditLine.ToBytes(time.GetUtcNow(), Source, row));

    public async Task EnrolledAsync(NodeRecord node, CancellationToken stop)
    {
        INatsKVStore roster = new NatsKVContext(new NatsJSContext(fleet())).GetStoreHandle(Subjects.RosterBucket);
        var entry = new RosterEntry
        {
            Node = node.Node,
            Key = node.Key,
            Version = node.Facts?.Version ?? "",
            Os = node.Facts?.Os ?? "",
            Arch = node.Facts?.Arch ?? "",
            Mode = "secure",
            Groups = node.Groups.IsEmpty ? null : node.Groups,
            Machines = 0,
            Started = node.Since,
            AliveS = 300,
        };
        try
        {
            await roster.CreateAsync(node.Node, (ReadOnlyMemory<byte>)entry.ToBytes(), stop);
        }
        catch (NatsKVCreateException)
        {
            // It writes its own by now, which tells more.
        }
        catch (NatsException failure)
        {
            // The node's own entry comes when it connects.
            BrokerLog.RosterUnwritten(log, node.Node, failure.Message);
        }
    }

    public async Task<bool> HasSpokenAsync(NodeRecord node, CancellationToken stop)
    {
        INatsKVStore roster = new NatsKVContext(new NatsJSContext(fleet())).GetStoreHandle(Subjects.RosterBucket);
        if (await roster.TryGetEntryAsync<byte[]>(node.Node, stop) is not { Operation: NatsKVOperation.Put, Value: { } value } found) return false;
        // A copy that a server put there has a header too many, or names another subject (security.md 6, trap 3).
        if (!StoredHeaders.Fit(found.Headers?.EachValue() ?? [], EventDelivery.DirectGet, StreamCatalog.Roster, Subjects.RosterKey(node.Node))) return false;
        if (!RosterEntry.TryRead(node.Node, value, out RosterEntry? entry, out _)) return false;
        // The entry that we wrote when it was let in counts from that very moment; a node counts from its own start.
        return entry.Key == node.Key && entry.Started != node.Since;
    }
}
