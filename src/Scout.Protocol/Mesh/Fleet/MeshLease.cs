using System.Diagnostics.CodeAnalysis;

namespace Scout.Protocol.Mesh;

/// <summary>Which broker publishes: document <c>lease</c> in the bucket <c>SCOUT_MESH</c>. Renewed each 2 s by its revision, lost when that does not change for 6 s.</summary>
public sealed record MeshLease
{
    public const string Key = "lease";
    public const int MaxBytes = 1024;

    /// <summary>Seconds between two renewals.</summary>
    public const int RenewSeconds = 2;

    /// <summary>Seconds without a renewal after which another may take it.</summary>
    public const int LostSeconds = 6;

    public int V { get; init; } = 1;

    public required string Broker { get; init; }

    /// <summary>When it was renewed; for people, nobody compares clocks.</summary>
    public required DateTimeOffset At { get; init; }

    public byte[] ToBytes() => MeshJson.ToBytes(this, MeshJsonContext.Default.MeshLease);

    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out MeshLease? lease, [NotNullWhen(false)] out string? error) =>
        MeshJson.TryRead(json, MaxBytes, MeshJsonContext.Default.MeshLease, out lease, out error);
}
