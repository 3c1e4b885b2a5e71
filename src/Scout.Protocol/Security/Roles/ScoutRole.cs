namespace Scout.Protocol.Security.Roles;

/// <summary>Who somebody is to the fleet (security.md 5). Each role has a scoped signing key of its own, so that a key gives no more than its role.</summary>
public enum ScoutRole
{
    /// <summary>A machine that is watched.</summary>
    Node,

    /// <summary>Reads.</summary>
    Viewer,

    /// <summary>Reads, and asks nodes for effects.</summary>
    Operator,

    /// <summary>Puts definitions for nodes into the network.</summary>
    Deployer,

    /// <summary>The broker's provisioner, on the side of the fleet: renewals, administration, first roster entries.</summary>
    Provisioner,

    /// <summary>The broker's provisioner, on the side of those who are not enrolled yet.</summary>
    ProvisionerEnrol,

    /// <summary>Everything but speaking as a node.</summary>
    Admin,

    /// <summary>The broker's own reader and its part in the mesh.</summary>
    Broker,

    /// <summary>Draws events from a durable consumer that an admin made for it.</summary>
    Gateway,

    /// <summary>Holder of an enrolment token.</summary>
    Enroll,

    /// <summary>A node that slept past its expiry.</summary>
    Recover,
}

/// <summary>Account of the message broker in which a role lives: nothing crosses from one to another.</summary>
public enum AccountKind
{
    /// <summary>All of Scout.</summary>
    Fleet,

    /// <summary>Token holders and the provisioner.</summary>
    Provision,
}
