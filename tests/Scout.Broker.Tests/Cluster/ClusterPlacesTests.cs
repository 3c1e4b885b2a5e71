using Scout.Broker.Cluster;
using Scout.Kubernetes;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Tests.Cluster;

public sealed class ClusterPlacesTests
{
    [Fact]
    public void A_place_has_what_the_node_and_the_pod_say()
    {
        NodeObject node = Node("Web-1.example.org") with { Zone = "Rack.B", Region = "eu", Ready = false, Unschedulable = true };
        KeyValuePair<string, NodePlace> place = Assert.Single(ClusterPlaces.Of([Pod("a", "Web-1.example.org")], Keyed(node)));
        Assert.Equal("web-1_example_org", place.Key);
        Assert.Equal(new NodePlace { Zone = "rack_b", Region = "eu", Ready = false, Unschedulable = true, Pod = "a", Deleting = false }, place.Value);
        Assert.Equal("""{"v":1,"zone":"rack_b","region":"eu","ready":false,"unschedulable":true,"pod":"a","deleting":false}""", System.Text.Encoding.UTF8.GetString(place.Value.ToBytes()));
        Assert.True(NodePlace.TryRead(place.Value.ToBytes(), out _, out _));
    }

    [Fact]
    public void Of_two_pods_of_a_node_the_one_that_stays_counts()
    {
        PodObject old = Pod("old", "n1") with { Deleting = true };
        Assert.Equal(("old", true), Words(ClusterPlaces.Of([old], null)["n1"]));
        Assert.Equal(("new", false), Words(ClusterPlaces.Of([old, Pod("new", "n1") with { Ready = false, Phase = "Pending" }], null)["n1"]));
    }

    [Fact]
    public void Only_scheduled_pods_that_live_are_expected() =>
        Assert.Equal(["n3"], ClusterPlaces.Of([Pod("a", ""), Pod("b", "n2") with { Phase = "Failed" }, Pod("c", "n3")], Keyed(Node("n4"))).Keys);

    [Fact]
    public void Without_nodes_nothing_is_said_of_them_and_without_pods_all_nodes_have_places()
    {
        Assert.Equal(new NodePlace { Pod = "a", Deleting = false }, ClusterPlaces.Of([Pod("a", "n1")], null)["n1"]);
        Assert.Equal(new NodePlace { Zone = "z", Ready = true, Unschedulable = false }, ClusterPlaces.Of(null, Keyed(Node("n1") with { Zone = "z" }))["n1"]);
    }

    private static (string?, bool?) Words(NodePlace place) => (place.Pod, place.Deleting);

    private static Dictionary<ObjectKey, NodeObject> Keyed(NodeObject node) => new() { [node.Key] = node };

    private static PodObject Pod(string name, string node) => new(new ObjectKey("scout", name), "uid-" + name, "1", Deleting: false) { NodeName = node, Phase = "Running", Ready = true };

    private static NodeObject Node(string name) => new(new ObjectKey("", name), "uid-" + name, "1", Deleting: false) { Ready = true };
}
