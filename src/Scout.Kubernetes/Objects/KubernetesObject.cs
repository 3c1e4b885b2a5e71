namespace Scout.Kubernetes;

/// <summary>What every object has.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Uid">Differs between two objects that had the same name one after the other.</param>
/// <param name="ResourceVersion">Text that only the server understands: equal means unchanged, and there is no older or newer.</param>
/// <param name="Deleting">It has a <c>deletionTimestamp</c>: it is on its way out.</param>
public abstract record KubernetesObject(ObjectKey Key, string Uid, string ResourceVersion, bool Deleting);

/// <summary>An object of which only the metadata was asked.</summary>
public sealed record MetadataObject(ObjectKey Key, string Uid, string ResourceVersion, bool Deleting) : KubernetesObject(Key, Uid, ResourceVersion, Deleting)
{
    /// <summary>The wanted labels that it has.</summary>
    public LabelSet Labels { get; init; } = LabelSet.None;
}
