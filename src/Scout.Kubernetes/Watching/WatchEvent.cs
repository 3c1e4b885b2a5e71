namespace Scout.Kubernetes;

/// <summary>What a line of a watch says.</summary>
public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Only a version: nothing happened up to it.</summary>
    Bookmark,

    /// <summary>The server ends the watch; <see cref="WatchEvent{T}.Error"/> says why.</summary>
    Error,

    /// <summary>A type that this client does not know.</summary>
    Unknown,

    /// <summary>Not JSON, or without what an event must have.</summary>
    Unreadable,

    /// <summary>Longer than the bound; skipped.</summary>
    Oversized,
}

/// <summary>One line of a watch.</summary>
/// <param name="Type">What it says.</param>
/// <param name="Object">The object, of <c>Added</c>, <c>Modified</c> and <c>Deleted</c>.</param>
/// <param name="ResourceVersion">The version to go on from; empty when the line has none.</param>
/// <param name="Error">Of <c>Error</c>.</param>
public readonly record struct WatchEvent<T>(WatchEventType Type, T? Object, string ResourceVersion, KubernetesException? Error = null) where T : KubernetesObject;
