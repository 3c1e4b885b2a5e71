namespace Scout.Kubernetes;

/// <summary>Where a list comes from.</summary>
public enum ListFrom
{
    /// <summary>The API server's cache, in one answer: cheap for the cluster, may be a little behind.</summary>
    Cache,

    /// <summary>The newest state, page by page.</summary>
    Latest,
}

/// <summary>All objects of one version.</summary>
/// <param name="Items">The objects.</param>
/// <param name="ResourceVersion">The version from which a watch goes on.</param>
/// <param name="Unreadable">Items without a name, or not of the shape of their kind: left out.</param>
/// <param name="Oversized">Keys of the items that were too long to be read: they exist, and nothing more is known. An empty name: not even the key could be read.</param>
public sealed record Listing<T>(IReadOnlyList<T> Items, string ResourceVersion, int Unreadable, IReadOnlyList<ObjectKey> Oversized) where T : KubernetesObject;

/// <summary>What <c>/version</c> says.</summary>
/// <param name="GitVersion">As <c>v1.36.2</c>.</param>
/// <param name="Major">As <c>1</c>.</param>
/// <param name="Minor">As <c>36</c>; some providers add a <c>+</c>.</param>
public sealed record ApiVersion(string GitVersion, string Major, string Minor);
