using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>What a watch counted since it began; what was not used is counted by reason.</summary>
public sealed class FleetCounters
{
    private readonly long[] opened = new long[Enum.GetValues<MeshFaultKind>().Length];

    public long LossMessages { get; internal set; }

    public long Reports { get; internal set; }

    /// <summary>Sender is not in the roster.</summary>
    public long UnknownSender { get; internal set; }

    /// <summary>Sender spoke more than 25 times a second.</summary>
    public long Flooded { get; internal set; }

    /// <summary>Number was not above the last one.</summary>
    public long Repeated { get; internal set; }

    /// <summary>From an earlier life of the sender.</summary>
    public long Outdated { get; internal set; }

    /// <summary>Was no telemetry.</summary>
    public long Malformed { get; set; }

    /// <summary>Losses of a path beyond what it can have sent.</summary>
    public long TooManyLosses { get; internal set; }

    /// <summary>Losses to nodes that are not in the mesh.</summary>
    public long StrangeLosses { get; internal set; }

    public long TooManyNodes { get; internal set; }

    /// <summary>Faults since the start, by kind.</summary>
    public long Faults(MeshFaultKind kind) => opened[(int)kind];

    internal void Opened(MeshFaultKind kind) => opened[(int)kind]++;
}
