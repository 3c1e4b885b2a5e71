using System.Collections.Immutable;

namespace Scout.Server.Mesh.Peers;

/// <summary>Where peers come from. A source keeps its last list whatever happens to what it reads from.</summary>
internal interface IPeerSource : IAsyncDisposable
{
    /// <summary>Word of the configuration: <c>roster static file dns kubernetes</c>.</summary>
    string Kind { get; }

    /// <summary>False until the first whole list is there; so long the list that was saved on disk stands in.</summary>
    bool IsReady { get; }

    /// <summary>The last list; any thread.</summary>
    ImmutableArray<PeerSeen> Peers { get; }

    /// <summary>When the list was last known to be right, monotonic ns; null: never.</summary>
    long? ConfirmedAt { get; }

    /// <summary>Begins; <paramref name="changed"/> is called after each change, from any thread.</summary>
    void Start(Action changed);
}
