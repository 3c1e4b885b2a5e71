using Scout.Broker.Mesh.Service;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Meshes;

/// <summary>What a broker remembers of the mesh. Only a fleet has one; a socket has not.</summary>
internal interface IMeshStore
{
    /// <summary>The bucket as it is now.</summary>
    /// <param name="remark">Takes remarks for people: what could not be read, and why.</param>
    /// <param name="stop">Ctrl-C.</param>
    Task<MeshDocuments> MeshAsync(Action<string> remark, CancellationToken stop);

    /// <summary>The last word on every fault that is still stored, cleared ones too, oldest first.</summary>
    /// <param name="remark">Takes remarks for people.</param>
    /// <param name="stop">Ctrl-C.</param>
    Task<IReadOnlyList<MeshFault>> FaultsAsync(Action<string> remark, CancellationToken stop);

    /// <summary>Hears the telemetry itself, until Ctrl-C.</summary>
    /// <param name="seen">Ten times a second what changed, and once a second the whole.</param>
    /// <param name="stop">Ctrl-C.</param>
    Task LiveAsync(Action<IReadOnlyList<FaultChange>, LivePage?> seen, CancellationToken stop);
}

/// <summary>The bucket <c>SCOUT_MESH</c>.</summary>
internal sealed record MeshDocuments
{
    /// <summary>False: there is no such bucket.</summary>
    public required bool Bucket { get; init; }

    public MeshSummary? Summary { get; init; }

    public ZoneMatrix? Zones { get; init; }

    /// <summary>Of the faults that the summary names.</summary>
    public IReadOnlyList<MeshFault> Faults { get; init; } = [];

    /// <summary>Open ones, in the order of the summary.</summary>
    public IReadOnlyList<MeshFault> Open => [.. Faults.Where(fault => fault.State != MeshFaultState.Cleared)];
}
