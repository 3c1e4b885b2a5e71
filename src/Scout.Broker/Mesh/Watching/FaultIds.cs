using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>Ids of faults: <c>f-</c> and twelve hexadecimal digits from a seed.</summary>
internal sealed class FaultIds(ulong seed)
{
    private ulong count;

    public string Next() => $"f-{MeshHash.H(++count, seed) >> 16:x12}";
}
