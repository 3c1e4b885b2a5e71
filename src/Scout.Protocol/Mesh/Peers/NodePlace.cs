using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Protocol.Json;

namespace Scout.Protocol.Mesh;

/// <summary>
/// What the broker says of a node (mesh.md 3): where it stands, from Kubernetes, and that nobody hears it. Key <c>NODE.place</c> of the roster's bucket. Absent fields: not known.
/// </summary>
public sealed record NodePlace
{
    public const int MaxBytes = 4 * 1024;

    private static readonly NodePlace Nothing = new();

    public int V { get; init; } = 1;

    public string? Zone { get; init; }

    public string? Region { get; init; }

    public bool? Ready { get; init; }

    /// <summary>Cordoned.</summary>
    public bool? Unschedulable { get; init; }

    /// <summary>Name of the server's pod.</summary>
    public string? Pod { get; init; }

    /// <summary>The pod is being deleted: as good as a goodbye.</summary>
    public bool? Deleting { get; init; }

    /// <summary>A person put the node into maintenance.</summary>
    public bool? Maintenance { get; init; }

    /// <summary>It said nothing for three beats. Nodes may not hear the lifecycle of each other (security.md 5), so the broker tells them; absent when it speaks.</summary>
    public bool? Silent { get; init; }

    /// <summary>Nothing is known.</summary>
    [JsonIgnore]
    public bool IsEmpty => this == Nothing;

    /// <summary>It comes from a cluster.</summary>
    [JsonIgnore]
    public bool IsOfCluster => !(this with { Silent = null, Maintenance = null }).IsEmpty;

    /// <summary>Faults of it do not page.</summary>
    [JsonIgnore]
    public bool InMaintenance => Maintenance == true || Unschedulable == true || Ready == false;

    /// <summary>The cluster runs a server there, or is about to: who is silent all the same is missing.</summary>
    [JsonIgnore]
    public bool IsExpected => Pod is { Length: > 0 } && Deleting != true;

    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer)) JsonSerializer.Serialize(writer, this, MeshJsonContext.Default.NodePlace);
        return buffer.WrittenSpan.ToArray();
    }

    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out NodePlace? place, [NotNullWhen(false)] out string? error)
    {
        if (!MeshJson.TryRead(json, MaxBytes, MeshJsonContext.Default.NodePlace, out place, out error)) return false;
        error = place.V != 1 ? "its version is not 1"
            : place.Zone is { Length: > 0 } zone && !Names.IsNode(zone) ? "its zone is no name"
            : place.Region is { Length: > 0 } region && !Names.IsNode(region) ? "its region is no name"
            : null;
        if (error is null) return true;
        place = null;
        return false;
    }
}
