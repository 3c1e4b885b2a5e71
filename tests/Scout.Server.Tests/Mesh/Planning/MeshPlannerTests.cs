using System.Collections.Immutable;
using System.Net;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Planning;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Tests.Mesh.Planning;

public sealed class MeshPlannerTests
{
    private const long Second = MeshClock.Second;

    [Fact]
    public void In_a_small_fleet_everybody_is_a_neighbour()
    {
        MeshView view = Make().Plan(Fleet(5), "a", 0);
        Assert.Equal(["n1", "n2", "n3", "n4"], view.Plan.Paths.Select(path => path.Peer));
        Assert.All(view.Plan.Paths, path => Assert.Equal(PathRole.Neighbour, path.Role));
        Assert.Equal((ProbeKind.Full, null), (view.Plan.Kind, view.Plan.Far));
        Assert.Equal(4, view.InProbers.Count);
    }

    [Fact]
    public void In_rings_the_neighbours_are_those_of_the_topology_and_all_others_can_be_reached()
    {
        MeshView view = Make("n0", MeshTopologyKind.Rings).Plan(Fleet(30), "a", 0);
        Assert.Equal("n1 n19 n21 n22 n26 n27 n28 n29 n3 n6".Split(' '), view.Neighbours.Order(StringComparer.Ordinal));
        Assert.Equal(29, view.Plan.Paths.Length);
        Assert.Equal(10, view.Plan.Paths.Count(path => path.Role == PathRole.Neighbour));
        var targets = new FarTarget[IFarTargets.Most];
        var shifted = new HashSet<string>();
        for (long t = 0; t < 29; t++)
        {
            int count = view.Plan.Far!.Choose(t, targets);
            Assert.Equal(ProbeKind.Shift, targets[0].Kind);
            shifted.Add(view.Plan.Paths[targets[0].Path].Peer);
            Assert.InRange(count, 1, IFarTargets.Most);
        }

        Assert.Equal(29, shifted.Count);
    }

    [Fact]
    public void Who_leaves_is_kept_for_a_while_without_counting_and_then_dropped()
    {
        MeshPlanner planner = Make();
        planner.Plan(Fleet(5), "a", 0);
        ImmutableArray<Peer> leaving = [.. Fleet(5).Select(peer => peer.Name == "n2" ? peer with { State = MeshNodeState.Leaving } : peer)];
        MeshView view = planner.Plan(leaving, "a", Second);
        Assert.True(view.Plan.Paths.Single(path => path.Peer == "n2").Leaving);
        Assert.DoesNotContain("n2", view.Neighbours);
        Assert.Equal(3 * Second, view.HeldUntil);
        view = planner.Plan(leaving, "a", 3 * Second);
        Assert.DoesNotContain(view.Plan.Paths, path => path.Peer == "n2");
        Assert.Equal(long.MaxValue, view.HeldUntil);
    }

    [Fact]
    public void Old_edges_of_the_rings_are_held_while_new_ones_begin()
    {
        MeshPlanner planner = Make("n0", MeshTopologyKind.Rings);
        MeshView before = planner.Plan(Fleet(30), "a", 0);
        MeshView after = planner.Plan([.. Fleet(30).Where(peer => peer.Name is not ("n3" or "n22"))], "a", Second);
        Assert.Equal(10, after.Neighbours.Count);
        foreach (string old in before.Neighbours.Where(name => name is not ("n3" or "n22"))) Assert.Equal(PathRole.Neighbour, after.Plan.Paths.Single(path => path.Peer == old).Role);
        MeshView later = planner.Plan([.. Fleet(30).Where(peer => peer.Name is not ("n3" or "n22"))], "a", 3 * Second);
        Assert.Equal(10, later.Plan.Paths.Count(path => path.Role == PathRole.Neighbour));
    }

    [Fact]
    public void A_path_that_stays_the_same_stays_the_same_object()
    {
        MeshPlanner planner = Make();
        MeshView one = planner.Plan(Fleet(5), "a", 0);
        MeshView two = planner.Plan(Fleet(6), "a", Second);
        foreach (MeshPath path in one.Plan.Paths) Assert.Same(path, two.Plan.Paths.Single(other => other.Peer == path.Peer));
    }

    [Fact]
    public void With_two_planes_a_neighbour_has_two_paths()
    {
        MeshView view = Make(hostPlane: true).Plan([Of("n1", "10.0.0.1", "192.168.0.1"), Of("n2", "10.0.0.2")], "a", 0);
        Assert.Equal([("n1", 0), ("n1", 1), ("n2", 0)], view.Plan.Paths.Select(path => (path.Peer, (int)path.Plane)));
    }

    [Fact]
    public void A_node_that_is_to_probe_itself_does_so_beside_all_rings()
    {
        var own = new IPEndPoint(IPAddress.Parse("10.0.0.9"), 8621);
        object counts = new();
        var planner = new MeshPlanner("n0", new MeshTopologyOptions(), shift: true, hostPlane: false, 2 * Second, (_, _, _, _) => counts, own);
        MeshView view = planner.Plan([Of("n1", "10.0.0.1"), Of("n2", "10.0.0.2")], "a", 0);
        MeshPath self = view.Plan.Paths[^1];
        Assert.Equal(("n0", own.Address, 8621, true), (self.Peer, self.Address, self.Port, self.IsSelf));
        Assert.Equal(["n1", "n2"], view.Neighbours.Order(StringComparer.Ordinal));
        Assert.Same(self, planner.Plan([Of("n1", "10.0.0.1")], "a", Second).Plan.Paths[^1]);
        Assert.Same(view.Plan.Paths[0], planner.Plan([Of("n1", "10.0.0.1")], "a", Second).Plan.Paths[0]);
    }

    [Fact]
    public void A_node_alone_probes_nobody()
    {
        MeshView view = Make().Plan([], "", 0);
        Assert.Empty(view.Plan.Paths);
        Assert.Equal(1, view.Topology.Count);
    }

    private static MeshPlanner Make(string self = "n0", MeshTopologyKind kind = MeshTopologyKind.Auto, bool hostPlane = false) =>
        new(self, new MeshTopologyOptions { Kind = kind }, shift: true, hostPlane, 2 * Second, static (_, _, _, _) => null);

    private static ImmutableArray<Peer> Fleet(int count) => [.. Enumerable.Range(1, count - 1).Select(i => Of($"n{i}", $"10.0.0.{i}")).OrderBy(peer => peer.Name, StringComparer.Ordinal)];

    private static Peer Of(string name, params string[] addresses) =>
        new(new PeerSeen(name, "a", [.. addresses.Select(IPAddress.Parse)], 8620, 1, PeerWord.Up), MeshNodeState.Up, 0);
}
