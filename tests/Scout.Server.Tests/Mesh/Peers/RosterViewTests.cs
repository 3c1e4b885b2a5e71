using System.Net;
using System.Text;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;
using Scout.Server.Mesh.Peers;

namespace Scout.Server.Tests.Mesh.Peers;

public sealed class RosterViewTests
{
    private static readonly DateTimeOffset Started = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Entries_with_a_mesh_are_peers_and_the_others_are_not()
    {
        var view = new RosterView();
        Assert.True(Take(view, Entry("n1") with { Zone = "a" }, 1));
        Assert.True(Take(view, Entry("n2") with { Mesh = null }, 2));
        Assert.True(Take(view, Entry("n3") with { Mesh = new RosterMesh(["nonsense"], 8620, "up") }, 3));
        PeerSeen peer = Assert.Single(view.Peers());
        Assert.Equal(new PeerSeen("n1", "a", [IPAddress.Parse("10.0.0.1")], 8620, (uint)Started.ToUnixTimeSeconds(), PeerWord.Up), peer);
    }

    [Fact]
    public void The_newest_revision_counts_whatever_order_they_come_in()
    {
        var view = new RosterView();
        Take(view, Entry("n1") with { Mesh = new RosterMesh(["10.0.0.2"], 8620, "up") }, 9);
        Assert.False(Take(view, Entry("n1"), 5));
        Assert.Equal(IPAddress.Parse("10.0.0.2"), view.Peers()[0].Addresses[0]);
        Assert.Equal(9UL, view.LastSequence);
    }

    [Fact]
    public void A_copy_that_was_steered_here_or_names_another_node_does_not_count()
    {
        var view = new RosterView();
        Assert.False(view.Take("$KV.SCOUT_NODES.n1", Entry("n1").ToBytes(), 1, deleted: false, genuine: false));
        Assert.False(view.Take("$KV.SCOUT_NODES.n2", Entry("n1").ToBytes(), 2, deleted: false, genuine: true));
        Assert.False(view.Take("scout.roster.$KV.SCOUT_NODES.n1.place", "{}"u8, 3, deleted: false, genuine: true));
        Assert.Empty(view.Peers());
        Assert.Equal(3, view.Refused);
    }

    [Fact]
    public void A_steered_copy_of_a_deletion_takes_nobody_away_and_moves_no_sequence()
    {
        var view = new RosterView();
        Take(view, Entry("n1"), 1);
        Place(view, "n1", """{"v":1,"zone":"b"}""", 2);
        Assert.False(view.Take("$KV.SCOUT_NODES.n1", [], 8, deleted: true, genuine: false));
        Assert.False(view.Take("scout.roster.n1.place", [], 9, deleted: true, genuine: false));
        PeerSeen peer = Assert.Single(view.Peers());
        Assert.Equal(("n1", "b"), (peer.Name, peer.Zone));
        Assert.Equal(2UL, view.LastSequence);
        Assert.True(Take(view, Entry("n1") with { Zone = "a" }, 3));
    }

    [Fact]
    public void A_place_gives_a_zone_to_who_has_none_and_says_maintenance()
    {
        var view = new RosterView();
        Take(view, Entry("n1"), 1);
        Take(view, Entry("n2") with { Zone = "own" }, 2);
        Assert.True(Place(view, "n1", """{"v":1,"zone":"b","unschedulable":true,"pod":"scout-x"}""", 3));
        Assert.True(Place(view, "n2", """{"v":1,"zone":"b","deleting":true}""", 4));
        Assert.Equal([("b", PeerWord.Maintenance, "scout-x"), ("own", PeerWord.Leaving, "")], view.Peers().Select(peer => (peer.Zone, peer.Word, peer.Pod)));
        Assert.True(view.Take(Subjects.PlaceKey("n1"), [], 5, deleted: true, genuine: true));
        Assert.Equal(("", PeerWord.Up), (view.Peers()[0].Zone, view.Peers()[0].Word));
    }

    [Fact]
    public void The_broker_tells_who_is_silent_and_what_the_node_said_or_the_cluster_knows_stands_before_it()
    {
        var view = new RosterView();
        foreach ((string node, string state, string place) in (ReadOnlySpan<(string, string, string)>)[("n1", "up", ""), ("n2", "leaving", ""), ("n3", "up", ",\"ready\":false")])
        {
            Take(view, Entry(node) with { Mesh = new RosterMesh(["10.0.0.1"], 8620, state) }, view.LastSequence + 1);
            Assert.True(Place(view, node, $"{{\"v\":1,\"silent\":true{place}}}", view.LastSequence + 1));
        }

        Assert.Equal([PeerWord.Silent, PeerWord.Leaving, PeerWord.Maintenance], view.Peers().Select(static peer => peer.Word));
        Assert.True(view.Take(Subjects.PlaceKey("n1"), [], view.LastSequence + 1, deleted: true, genuine: true));
        Assert.Equal(PeerWord.Up, view.Peers()[0].Word);
    }

    [Fact]
    public void Goodbyes_and_deletions_are_told()
    {
        var view = new RosterView();
        Take(view, Entry("n1") with { Mesh = new RosterMesh(["10.0.0.1"], 8620, "leaving") }, 1);
        Assert.Equal(PeerWord.Leaving, view.Peers()[0].Word);
        Take(view, Entry("n1") with { Stopped = Started.AddHours(1) }, 2);
        Assert.Equal(PeerWord.Gone, view.Peers()[0].Word);
        Assert.True(view.Take("scout.roster.$KV.SCOUT_NODES.n1", [], 3, deleted: true, genuine: true));
        Assert.Empty(view.Peers());
    }

    [Fact]
    public void More_machines_on_a_node_are_no_news_for_the_mesh()
    {
        var view = new RosterView();
        Take(view, Entry("n1"), 1);
        Assert.False(Take(view, Entry("n1") with { Machines = 99 }, 2));
    }

    private static bool Take(RosterView view, RosterEntry entry, ulong sequence) => view.Take(Subjects.RosterKey(entry.Node), entry.ToBytes(), sequence, deleted: false, genuine: true);

    private static bool Place(RosterView view, string node, string json, ulong sequence) => view.Take(Subjects.PlaceKey(node), Encoding.UTF8.GetBytes(json), sequence, deleted: false, genuine: true);

    private static RosterEntry Entry(string node) => new()
    {
        Node = node,
        Version = "0.1.0",
        Os = "linux",
        Arch = "x64",
        Machines = 1,
        Started = Started,
        AliveS = 300,
        Mesh = new RosterMesh(["10.0.0.1"], 8620, "up"),
    };
}
