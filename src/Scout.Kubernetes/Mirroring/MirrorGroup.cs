using Microsoft.Extensions.Logging;

namespace Scout.Kubernetes;

/// <summary>One client and the mirrors that somebody follows with it. Mirrors are added while it runs; all end with it. May be used from any thread.</summary>
public sealed class MirrorGroup : IAsyncDisposable
{
    private readonly KubernetesClient client;
    private readonly int seed;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private ImmutableArray<Member> members = [];
    private bool disposed;

    /// <param name="to">The API server.</param>
    /// <param name="options">Of the client.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">For people.</param>
    public MirrorGroup(ClusterConnection to, KubernetesClientOptions options, TimeProvider time, ILogger log)
    {
        client = new KubernetesClient(to, options, time, log);
        seed = options.Seed;
        Namespace = to.Namespace;
        Server = to.Server;
    }

    /// <summary>The API server.</summary>
    public Uri Server { get; }

    /// <summary>The pod's own namespace.</summary>
    public string Namespace { get; }

    /// <summary>A mirror that runs from here on. What was followed first is listed first: one list runs at a time.</summary>
    /// <param name="kind">Kind of the objects.</param>
    /// <param name="scope">Which of them.</param>
    /// <param name="changed">Called on the mirror's loop, one change at a time: it must only post to a mailbox.</param>
    /// <exception cref="ObjectDisposedException">The group has ended.</exception>
    public Mirror<T> Follow<T>(ResourceKind<T> kind, Scope scope, Action<MirrorChange<T>> changed) where T : KubernetesObject
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            var mirror = new Mirror<T>(client, kind, scope, changed, seed + members.Length);
            CancellationToken ended = stop.Token;
            members = members.Add(new Member(mirror.Kind, () => mirror.Status, Task.Run(() => mirror.RunAsync(ended), CancellationToken.None)));
            return mirror;
        }
    }

    /// <summary>How each mirror is now, in the order in which they were followed.</summary>
    public IReadOnlyList<(string Kind, MirrorStatus Status)> Statuses
    {
        get
        {
            ImmutableArray<Member> now;
            lock (gate) now = members;
            return [.. now.Select(static one => (one.Kind, one.Status()))];
        }
    }

    /// <summary>What the server calls itself.</summary>
    /// <exception cref="KubernetesException">It was not told.</exception>
    public Task<ApiVersion> VersionAsync(CancellationToken ct) => client.VersionAsync(ct);

    /// <summary>What was asked and what is held, for metrics; mirrors of one kind are one row.</summary>
    public ClusterSample Sample()
    {
        ImmutableArray<Member> now;
        lock (gate) now = members;
        return new ClusterSample(
            [.. client.Counters.Requests.Select(static one => new RequestSample(one.Key.Kind, one.Key.Verb, one.Key.Code, one.Value)).OrderBy(static one => (one.Kind, one.Verb, one.Code))],
            [.. now.Select(static one => KeyValuePair.Create(one.Kind, one.Status())).GroupBy(static one => one.Key, static one => one.Value, StringComparer.Ordinal).OrderBy(static one => one.Key, StringComparer.Ordinal).Select(static one => MirrorSample.Of(one.Key, [.. one]))]);
    }

    public async ValueTask DisposeAsync()
    {
        ImmutableArray<Member> last;
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            last = members;
        }

        await stop.CancelAsync();
        await Task.WhenAll(last.Select(static one => one.Running));
        await client.DisposeAsync();
        stop.Dispose();
    }

    private sealed record Member(string Kind, Func<MirrorStatus> Status, Task Running);
}
