using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Roster;
using Scout.Protocol.Security.Audit;

namespace Scout.Broker.Provisioning;

/// <summary>Writes the audit of the provisioner, and the first roster entry of a node, so that it stands there from the moment it is let in.</summary>
/// <param name="fleet">The provisioner's line in the account of the fleet.</param>
/// <param name="write">Takes a line of <c>audit.jsonl</c>.</param>
/// <param name="log">An alarm is said aloud too.</param>
/// <param name="time">Clock of the rows.</param>
internal sealed class ProvisioningRecord(NatsConnection fleet, Action<byte[]> write, ILogger log, TimeProvider time) : IProvisioningRecord
{
    private const string Source = "provisioner";
    private const string Alarm = "alarm:";

    public void Audit(AuditData row)
    {
        write(AuditLine.ToBytes(time.GetUtcNow(), Source, row));
        if (row.Message?.StartsWith(Alarm, StringComparison.Ordinal) == true) BrokerLog.EnrolmentAlarm(log, row.Message);
        else BrokerLog.Provisioned(log, row.Action, row.Machines is { Length: > 0 } nodes ? nodes[0] : row.Caller, row.Code);
    }

    public async Task EnrolledAsync(NodeRecord node, CancellationToken stop)
    {
        INatsKVStore roster = new NatsKVContext(new NatsJSContext(fleet)).GetStoreHandle(Subjects.RosterBucket);
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
}
