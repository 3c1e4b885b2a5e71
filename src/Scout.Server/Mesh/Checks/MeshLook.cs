using System.Collections.Concurrent;
using System.Collections.Immutable;
using Scout.Checks;
using Scout.Checks.Probes;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;
using Scout.Protocol.Streams;
using Scout.Server.Mesh.Planning;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Mesh.Checks;

/// <summary>
/// The <c>mesh</c> check of a node. It reads counters and sends nothing, but when somebody asks by FORCE_CHECK: then five packets to each peer, within the budget, decide who fails.
/// </summary>
internal sealed class MeshLook(NodeMesh? mesh, Func<NatsConnection?> line, TimeProvider time)
{
    public async ValueTask<ProbeResult> LookAsync(object options, ProbeContext context, bool forced, CancellationToken cancel)
    {
        var asked = (MeshCheckOptions)options;
        DateTimeOffset began = time.GetUtcNow();
        long start = time.GetTimestamp();
        ProbeResult result = asked.Scope == MeshScope.Fleet ? MeshVerdict.Judge(await FleetAsync(asked.Timeout, cancel), began)
            : mesh is null ? Off(began)
            : MeshVerdict.Judge(asked, forced ? await AskAsync(mesh, asked, cancel) : Input(mesh), began);
        return result with { Duration = time.GetElapsedTime(start) };
    }

    private static ProbeResult Off(DateTimeOffset at) => new()
    {
        Status = CheckStatus.Unknown,
        Reason = ProbeReason.Local,
        Summary = "MESH UNKNOWN: this node has no mesh (mesh.enabled, or no port for it: see the log)",
        StartedAt = at,
    };

    private static MeshCheckInput Input(NodeMesh mesh, ConcurrentDictionary<string, AskedProbe>? answers = null)
    {
        MeshView view = mesh.View;
        ImmutableArray<PeerStanding> standings = mesh.Statistics.Standings(MeshClock.Now(mesh.Time));
        return new MeshCheckInput(
            [.. standings.Where(static one => one.Plane == 0).Select(one => Peer(one, mesh.StateOf(one.Name), answers?.GetValueOrDefault(one.Name)))],
            view.Topology.Count,
            name => view.Topology.RankOf(name) >= 0,
            mesh.Statistics.SuspectsSelf);
    }

    private static MeshCheckPeer Peer(PeerStanding one, MeshNodeState state, AskedProbe? asked)
    {
        // Fewer than three packets that were let out prove nothing: then the counters decide.
        bool decided = asked is { Decided: >= 3 };
        bool failing = decided ? asked!.Decided - asked.Answered >= 3 : one.Failing;
        TimeSpan? rtt = one.RttNanoseconds is { } time ? MeshClock.Span(time) : null;
        return new MeshCheckPeer(one.Name, one.Zone, state, failing, one.FailedLately, one.Window, rtt);
    }

    /// <summary>Five packets to each peer of the set, as fast as the budget allows and no longer than the check may take.</summary>
    private async Task<MeshCheckInput> AskAsync(NodeMesh mesh, MeshCheckOptions options, CancellationToken cancel)
    {
        using var over = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(100, options.Timeout.TotalMilliseconds * 0.8)), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        MeshCheckPeer[] set = [.. Input(mesh).Peers.Where(peer => options.Scope switch { MeshScope.Peer => peer.Name == options.Name, MeshScope.Zone => peer.Zone == options.Name, _ => true })];
        var answers = new ConcurrentDictionary<string, AskedProbe>(StringComparer.Ordinal);
        var waits = new List<Task>();
        TimeSpan pause = TimeSpan.FromSeconds((double)AskedProbe.Most / Math.Max(1, mesh.Options.ReactiveBudget));
        try
        {
            foreach (MeshCheckPeer peer in set)
            {
                waits.Add(OneAsync(mesh, peer.Name, answers, either.Token));
                if (waits.Count < set.Length) await Task.Delay(pause, time, either.Token);
            }

            await Task.WhenAll(waits).WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // What was decided by now counts.
            cancel.ThrowIfCancellationRequested();
        }

        return Input(mesh, answers);
    }

    private static async Task OneAsync(NodeMesh mesh, string peer, ConcurrentDictionary<string, AskedProbe> answers, CancellationToken cancel)
    {
        if (await mesh.Engine.AskAsync(NodeId.Of(peer), 0, AskedProbe.Most, cancel) is { Decided: > 0 } asked) answers[peer] = asked;
    }

    private async Task<MeshFleetInput> FleetAsync(TimeSpan timeout, CancellationToken cancel)
    {
        if (line() is not { ConnectionState: NatsConnectionState.Open } connection) return new MeshFleetInput(null, [], "no line to a broker");
        using var over = new CancellationTokenSource(timeout * 0.8, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        try
        {
            INatsKVStore bucket = new NatsKVContext(new NatsJSContext(connection)).GetStoreHandle(Subjects.MeshBucket);
            if (await GetAsync(bucket, MeshSummary.Key, either.Token) is not { } json) return new MeshFleetInput(null, [], "the broker has written no summary of the mesh");
            if (!MeshSummary.TryRead(json, out MeshSummary? summary, out string? wrong)) return new MeshFleetInput(null, [], $"the summary of the mesh is not readable: {wrong}");
            var faults = ImmutableArray.CreateBuilder<MeshFault>();
            foreach (string id in summary.Faults.Take(128))
            {
                if (await GetAsync(bucket, "fault." + id, either.Token) is { } one && MeshFault.TryRead(one, out MeshFault? fault, out _)) faults.Add(fault);
            }

            return new MeshFleetInput(summary, faults.ToImmutable(), "");
        }
        catch (Exception error) when (error is NatsException || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new MeshFleetInput(null, [], "the broker does not answer: " + (error is NatsException ? error.Message : "no time left"));
        }
    }

    /// <summary>A document of the broker; null when there is none, or when what stands there was steered there by somebody else.</summary>
    private static async ValueTask<byte[]?> GetAsync(INatsKVStore bucket, string key, CancellationToken cancel) =>
        await bucket.TryGetEntryAsync<byte[]>(key, cancel) is { Operation: NatsKVOperation.Put, Value: { } json, Headers: { } headers }
        && StoredHeaders.Fit(headers.EachValue(), EventDelivery.DirectGet, StreamCatalog.Mesh, Subjects.MeshPrefix + key)
            ? json
            : null;
}
