using System.Net;
using Scout.Kubernetes;
using Scout.Server.Mesh.Peers;

namespace Scout.Server.Tests.Mesh.Peers;

public sealed class ClusterPeersTests
{
    [Fact]
    public void A_server_pod_is_a_peer_under_its_nodes_name_with_addresses_of_both_families_and_the_nodes_zone()
    {
        PeerSeen peer = Assert.Single(Of([Pod("a", "Web-1.example.org", "10.1.0.5", "fd00::5")], [Node("Web-1.example.org") with { Zone = "Rack.B" }]).Peers);
        Assert.Equal(new PeerSeen("web-1_example_org", "rack_b", [IPAddress.Parse("10.1.0.5"), IPAddress.Parse("fd00::5")], 8620, 0, PeerWord.Up) { Pod = "a" }, peer);
    }

    [Fact]
    public void A_name_of_over_63_characters_is_shortened_and_stays_its_own()
    {
        string first = new string('a', 70) + ".x";
        string other = new string('a', 70) + ".y";
        ClusterPeers found = Of([Pod("a", first, "10.1.0.1"), Pod("b", other, "10.1.0.2")], []);
        Assert.Equal(2, found.Peers.Length);
        Assert.All(found.Peers, peer => Assert.Equal(63, peer.Name.Length));
        Assert.All(found.Peers, peer => Assert.StartsWith(new string('a', 54) + "-", peer.Name));
    }

    [Fact]
    public void A_deleted_pod_says_goodbye_and_its_successor_takes_its_place()
    {
        PodObject old = Pod("a", "n1", "10.1.0.1") with { Deleting = true };
        Assert.Equal(PeerWord.Leaving, Assert.Single(Of([old], []).Peers).Word);
        PeerSeen next = Assert.Single(Of([old, Pod("b", "n1", "10.1.0.2")], []).Peers);
        Assert.Equal((PeerWord.Up, IPAddress.Parse("10.1.0.2")), (next.Word, next.Addresses[0]));
    }

    [Theory]
    [InlineData(true, true, PeerWord.Maintenance)]
    [InlineData(false, false, PeerWord.Maintenance)]
    [InlineData(false, true, PeerWord.Up)]
    public void A_node_that_is_cordoned_or_not_ready_is_in_maintenance(bool cordoned, bool ready, object word) =>
        Assert.Equal((PeerWord)word, Assert.Single(Of([Pod("a", "n1", "10.1.0.1")], [Node("n1") with { Unschedulable = cordoned, Ready = ready }]).Peers).Word);

    [Fact]
    public void What_is_not_bound_or_still_pulls_its_image_is_no_peer_and_what_crashes_is_one()
    {
        PodObject pulling = Pod("a", "n1", "10.1.0.1") with { Phase = "Pending", Ready = false };
        PodObject done = Pod("b", "n2", "10.1.0.2") with { Phase = "Failed", Ready = false };
        PodObject unbound = Pod("c", "", "10.1.0.3");
        PodObject crashing = Pod("d", "n4", "10.1.0.4") with { Ready = false };
        PodObject nowhere = Pod("e", "n5") with { HostIP = "" };
        Assert.Equal("n4", Assert.Single(Of([pulling, done, unbound, crashing, nowhere], []).Peers).Name);
    }

    [Fact]
    public void With_two_planes_the_second_address_is_the_hosts()
    {
        PodObject pod = Pod("a", "n1", "10.1.0.1", "fd00::1") with { HostIP = "192.0.2.7" };
        Assert.Equal([IPAddress.Parse("10.1.0.1"), IPAddress.Parse("192.0.2.7")], Assert.Single(ClusterPeers.Of([pod], null, 8620, hostPlane: true).Peers).Addresses);
    }

    [Fact]
    public void A_node_whose_name_cannot_be_ours_is_counted()
    {
        ClusterPeers found = Of([Pod("a", "-x", "10.1.0.1")], []);
        Assert.Equal((0, 1), (found.Peers.Length, found.Refused));
    }

    private static ClusterPeers Of(PodObject[] pods, NodeObject[] nodes) => ClusterPeers.Of(pods, nodes.ToDictionary(one => one.Key), 8620, hostPlane: false);

    private static PodObject Pod(string name, string node, params string[] addresses) =>
        new(new ObjectKey("scout", name), "uid-" + name, "1", Deleting: false) { NodeName = node, Phase = "Running", Ready = true, PodIPs = [.. addresses], HostIP = "192.0.2.1" };

    private static NodeObject Node(string name) => new(new ObjectKey("", name), "uid-" + name, "1", Deleting: false) { Ready = true };
}
