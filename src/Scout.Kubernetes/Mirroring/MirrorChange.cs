namespace Scout.Kubernetes;

public enum MirrorChangeType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Once, after the first full list.</summary>
    Synced,
}

/// <summary>A difference between what the mirror held and what it holds now.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Old">Before; null for <c>Added</c> and <c>Synced</c>.</param>
/// <param name="New">After; null for <c>Deleted</c> and <c>Synced</c>. Of <c>Deleted</c>, <paramref name="Old"/> is the last known content.</param>
public readonly record struct MirrorChange<T>(MirrorChangeType Type, T? Old, T? New) where T : KubernetesObject;
