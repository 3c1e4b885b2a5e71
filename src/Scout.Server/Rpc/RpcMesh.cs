using System.Collections.Immutable;
using Scout.Protocol.Mesh;
using Scout.Protocol.Rpc;
using Scout.Server.Mesh;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Planning;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Rpc;

/// <summary>The actions <c>mesh</c> and <c>probe</c>: read counters, or send a few packets to a name of the roster. Neither goes through the loop.</summary>
internal sealed class RpcMesh(NodeMesh? mesh, TimeProvider time)
{
    /// <summary>Peers of one reply; a row is some 250 bytes.</summary>
    private const int MostRows = 400;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    public async Task<RpcReply> AnswerAsync(RpcRequest request, RpcReply empty, CancellationToken stop)
    {
        if (mesh is null) return empty with { Code = RpcCode.NotFound, Message = "this node has no mesh (mesh.enabled, or no port for it)" };
        return request.Args switch
        {
            MeshArgs rows => Rows(mesh, rows, empty),
            ProbeArgs probe => await ProbeAsync(mesh, probe, empty, stop),
            _ => empty with { Code = RpcCode.UnknownAction },
        };
    }

    private RpcReply Rows(NodeMesh own, MeshArgs wanted, RpcReply empty)
    {
        long now = MeshClock.Now(time);
        ImmutableArray<PeerStanding> all = own.Statistics.Standings(now);
        PeerStanding[] page = [.. all.Where(peer => wanted.After is null || string.CompareOrdinal(peer.Name, wanted.After) > 0)];
        var results = new List<RpcResult>();
        if (wanted.After is null) results.Add(new MeshResult { Self = Self(own, now) });
        results.AddRange(page.Take(MostRows).Select(peer => new MeshResult { Peer = Peer(own, peer) }));
        return empty with { Results = [.. results], Truncated = Math.Max(0, page.Length - MostRows) };
    }

    private static MeshSelf Self(NodeMesh own, long now)
    {
        MeshView view = own.View;
        (MeshCounts counts, MeshHistogramSample rtt) = own.Statistics.Whole(now);
        var buckets = new long[rtt.Cumulative.Length];
        for (int i = 0; i < buckets.Length; i++) buckets[i] = rtt.Cumulative[i] - (i == 0 ? 0 : rtt.Cumulative[i - 1]);
        return new MeshSelf
        {
            State = own.Announcement.State,
            Zone = view.Zone,
            Members = view.Topology.Count,
            Rings = view.Topology.IsFull ? 0 : view.Topology.Degree,
            Neighbours = view.Neighbours.Count,
            InProbers = own.Senders.Distinct(60 * MeshClock.Second),
            InProbersExpected = view.InProbers.Count,
            SuspectSelf = own.Statistics.SuspectsSelf,
            Loss = Math.Round(counts.Loss, 6),
            RttP50Ms = Milliseconds(MeshBuckets.Quantile(buckets, 0.5)),
            RttP99Ms = Milliseconds(MeshBuckets.Quantile(buckets, 0.99)),
            Late = counts.Late,
            Stalled = counts.Sent == 0 ? 0 : Math.Round((double)counts.Stalled / counts.Sent, 6),
            Source = own.Sources.Words,
            RosterAgeS = own.Sources.ConfirmedAt is { } at ? Math.Round(Math.Max(0, now - at) / 1e9, 1) : null,
            Conflicts = own.Conflicts is > 0 and var conflicts ? conflicts : null,
            Peers = MeshStates.ByName(view.Peers),
        };
    }

    private static MeshPeer Peer(NodeMesh own, PeerStanding peer) => new()
    {
        Node = peer.Name,
        Zone = peer.Zone,
        State = MeshNodeStates.Name(own.StateOf(peer.Name)),
        Plane = own.Options.HostPlane ? peer.Plane == 0 ? "pod" : "host" : null,
        Address = peer.Address,
        Failing = peer.Failing,
        Sent = peer.Window.Sent,
        Lost = peer.Window.Lost,
        LostForward = peer.Window.LostForward,
        LostReverse = peer.Window.LostReverse,
        Late = peer.Window.Late,
        Stalled = peer.Window.Stalled,
        Skipped = peer.Window.Skipped,
        Loss = Math.Round(peer.Window.Loss, 6),
        RttMs = Milliseconds(peer.RttNanoseconds / 1000.0),
        TcpOk = peer.TcpOk,
        TcpFailed = peer.TcpFailed,
        TcpMs = Milliseconds(peer.TcpNanoseconds / 1000.0),
        Last = peer.Last is { } last ? MeshOutcomeNames.Udp[(int)last] : null,
    };

    private async Task<RpcReply> ProbeAsync(NodeMesh own, ProbeArgs wanted, RpcReply empty, CancellationToken stop)
    {
        MeshView view = own.View;
        Peer? peer = view.Peers.FirstOrDefault(one => one.Name == wanted.Target);
        if (peer is null || peer.State == MeshNodeState.Gone) return empty with { Code = RpcCode.NotFound, Message = $"no node '{wanted.Target}' in the mesh of {own.Self}" };
        return wanted.Tcp ? await TcpAsync(own, peer, empty, stop) : await UdpAsync(own, peer, wanted.Packets, empty, stop);
    }

    private async Task<RpcReply> UdpAsync(NodeMesh own, Peer peer, int packets, RpcReply empty, CancellationToken stop)
    {
        AskedProbe asked;
        try
        {
            asked = await own.Engine.AskAsync(NodeId.Of(peer.Name), 0, packets, stop).WaitAsync(Patience, time, stop);
        }
        catch (TimeoutException)
        {
            return empty with { Code = RpcCode.Internal, Message = "the prober did not decide in time" };
        }

        if (!asked.IsPlanned) return empty with { Code = RpcCode.NotFound, Message = $"{peer.Name} is not in the plan of {own.Self} ({MeshNodeStates.Name(peer.State)})" };
        UdpOutcome[] outcomes = asked.Outcomes.ToArray();
        long[] times = asked.RoundTrips.ToArray();
        var result = new MeshProbeResult
        {
            Target = peer.Name,
            Zone = peer.Seen.Zone,
            Proto = "udp",
            Sent = outcomes.Length,
            Ok = asked.Answered,
            Outcomes = [.. outcomes.Select(static outcome => MeshOutcomeNames.Udp[(int)outcome])],
            RttMs = [.. times.Where((_, i) => outcomes[i] == UdpOutcome.Ok).Select(static nanoseconds => Math.Round(nanoseconds / 1e6, 3))],
        };
        return outcomes.Length > 0
            ? empty with { Results = [result] }
            : Spent(own, empty);
    }

    private static RpcReply Spent(NodeMesh own, RpcReply empty) =>
        empty with { Code = RpcCode.Busy, Message = $"the budget of {own.Options.ReactiveBudget} packets a second is spent; try again in a moment" };

    private async Task<RpcReply> TcpAsync(NodeMesh own, Peer peer, RpcReply empty, CancellationToken stop)
    {
        if (!await own.Engine.TakeBudgetAsync(stop)) return Spent(own, empty);
        long start = time.GetTimestamp();
        (PeerPong? pong, TcpOutcome outcome) = await PeerPing.RunAsync(peer.Seen.Addresses[0], peer.Seen.Port, own.Options.TcpTimeout, time, stop);
        double took = Math.Round(time.GetElapsedTime(start).TotalMilliseconds, 3);
        bool ok = pong?.Node == peer.Name;
        if (pong is not null && !ok) outcome = TcpOutcome.Identity;
        return empty with
        {
            Results =
            [
                new MeshProbeResult
                {
                    Target = peer.Name,
                    Zone = peer.Seen.Zone,
                    Proto = "tcp",
                    Sent = 1,
                    Ok = ok ? 1 : 0,
                    Outcomes = [MeshOutcomeNames.Tcp[(int)outcome]],
                    RttMs = ok ? [took] : [],
                },
            ],
        };
    }

    private static double? Milliseconds(double? micros) => micros is { } value ? Math.Round(value / 1000, 3) : null;
}
