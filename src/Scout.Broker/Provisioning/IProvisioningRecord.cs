using Scout.Protocol.Events;

namespace Scout.Broker.Provisioning;

/// <summary>What the provisioner writes down and tells.</summary>
internal interface IProvisioningRecord
{
    /// <summary>A row of the audit. It is on its way to the disk when this returns.</summary>
    void Audit(AuditData row);

    /// <summary>A node was let in: its first entry in the roster, until it writes its own.</summary>
    Task EnrolledAsync(NodeRecord node, CancellationToken stop);

    /// <summary>Whether the roster's entry of a node was written by the node itself, with the key it was given.</summary>
    Task<bool> HasSpokenAsync(NodeRecord node, CancellationToken stop);
}
