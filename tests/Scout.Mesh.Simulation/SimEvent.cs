using Scout.Server.Mesh.Probing;

namespace Scout.Mesh.Simulation;

internal enum SimEventKind : byte
{
    /// <summary>The prober has something due.</summary>
    Wake,
    Reply,
    Beat,
    Soon,

    /// <summary>A frozen node goes on.</summary>
    Thaw,

    /// <summary>The broker looks.</summary>
    Evaluate,
    Telemetry,

    /// <summary>A step of the script, or of the fleet itself.</summary>
    Call,
}

internal readonly record struct SimEvent(SimEventKind Kind, SimNode? Node, int Handle = 0, uint Sequence = 0, uint Reflected = 0, PeerAnswer Answer = PeerAnswer.None, uint Incarnation = 0, object? What = null);
