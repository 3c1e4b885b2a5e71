namespace Scout.Protocol;

/// <summary>Last token of an event's subject.</summary>
public enum EventKind
{
    Transition,
    Check,
    State,
    Watcher,
}

/// <summary>Last token of a lifecycle event's subject.</summary>
public enum LifecycleKind
{
    Startup,
    Alive,
    Shutdown,
}

/// <summary>Whom a request is addressed to.</summary>
public enum RpcScope
{
    Node,
    Group,
    All,
}

/// <summary>Parts of <c>scout.event.&lt;node&gt;.&lt;machine&gt;.&lt;kind&gt;</c>.</summary>
public readonly record struct EventSubject(string Node, string Machine, EventKind Kind);

/// <summary>Parts of <c>scout.lifecycle.&lt;node&gt;.&lt;kind&gt;</c>.</summary>
public readonly record struct LifecycleSubject(string Node, LifecycleKind Kind);

/// <summary>Parts of <c>scout.rpc.{node.NODE|group.GROUP|all}.ACTION</c>.</summary>
/// <param name="Scope">Node, group or all.</param>
/// <param name="Name">Of the node or group; empty for all.</param>
/// <param name="Action">As it stands there; may be no action we know.</param>
public readonly record struct RpcSubject(RpcScope Scope, string Name, string Action);

/// <summary>Telemetry of the mesh.</summary>
public enum MeshSubjectKind
{
    Loss,
    Report,
}

/// <summary>Parts of <c>scout.mesh.{loss|report}.NODE</c>.</summary>
public readonly record struct MeshSubject(MeshSubjectKind Kind, string Node);
