using System.Collections.Immutable;
using System.Net;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh;
using Scout.Server.Mesh.Peers;

namespace Scout.Server.Tests.Mesh.Peers;

public sealed class PeerBookTests
{
    private const long Second = MeshClock.Second;

    [Fact]
    public void The_earlier_source_wins_and_a_conflict_is_counted_once()
    {
        PeerBook book = Make();
        ImmutableArray<PeerSeen> first = [Seen("n1", "10.0.0.1", "a"), Seen("n2", "10.0.0.2")];
        ImmutableArray<PeerSeen> second = [Seen("n1", "10.9.9.9", "b"), Seen("n2", "10.0.0.2", "c"), Seen("n3", "10.0.0.3")];
        for (int i = 0; i < 3; i++) book.Merge([first, second], 0);
        ImmutableArray<Peer> peers = book.Peers(0);
        Assert.Equal(["n1", "n2", "n3"], peers.Select(peer => peer.Name));
        Assert.Equal(IPAddress.Parse("10.0.0.1"), peers[0].Seen.Addresses[0]);
        Assert.Equal("a", peers[0].Seen.Zone);
        Assert.Equal("c", peers[1].Seen.Zone);
        Assert.Equal(1, book.Conflicts);
    }

    [Fact]
    public void This_node_is_never_its_own_peer()
    {
        PeerBook book = Make();
        book.Merge([[Seen("self", "10.0.0.1")]], 0);
        Assert.Empty(book.Peers(0));
    }

    [Fact]
    public void A_new_peer_joins_for_five_seconds_or_until_it_answers()
    {
        PeerBook book = Make();
        book.Merge([[Seen("n1", "10.0.0.1"), Seen("n2", "10.0.0.2")]], 0);
        Assert.All(book.Peers(4 * Second), peer => Assert.Equal(MeshNodeState.Joining, peer.State));
        Assert.Equal(5 * Second, book.NextChange(4 * Second));
        book.Answered("n1");
        Assert.Equal([MeshNodeState.Up, MeshNodeState.Joining], book.Peers(4 * Second).Select(peer => peer.State));
        Assert.All(book.Peers(5 * Second), peer => Assert.Equal(MeshNodeState.Up, peer.State));
        Assert.Equal(long.MaxValue, book.NextChange(5 * Second));
    }

    [Fact]
    public void Who_says_goodbye_is_leaving_until_a_new_incarnation()
    {
        PeerBook book = Make();
        book.Merge([[Seen("n1", "10.0.0.1", incarnation: 100)]], 0);
        Assert.True(book.SaidLeaving("n1", leaving: true, 3 * Second));
        Assert.Equal([("n1", 3 * Second)], book.Goodbyes());
        Assert.False(book.SaidLeaving("n1", leaving: true, 4 * Second));
        Assert.Equal(MeshNodeState.Leaving, State(book, 20 * Second));
        book.Merge([[Seen("n1", "10.0.0.1", incarnation: 100) with { Word = PeerWord.Gone }]], 21 * Second);
        Assert.Equal(MeshNodeState.Gone, State(book, 21 * Second));
        book.Merge([[Seen("n1", "10.0.0.1", incarnation: 130)]], 30 * Second);
        Assert.Equal(MeshNodeState.Joining, State(book, 31 * Second));
        Assert.Equal(30 * Second, book.Peers(31 * Second)[0].ListedAt);
    }

    [Fact]
    public void Maintenance_stays_in_the_rings_and_leaving_does_not()
    {
        PeerBook book = Make();
        book.Merge([[Seen("n1", "10.0.0.1") with { Word = PeerWord.Maintenance }, Seen("n2", "10.0.0.2") with { Word = PeerWord.Leaving }]], 0);
        Assert.Equal([true, false], book.Peers(0).Select(peer => MeshNodeStates.IsMember(peer.State)));
    }

    [Fact]
    public void A_silent_node_is_shown_as_that_and_forgotten_after_a_while()
    {
        PeerBook book = Make();
        PeerSeen up = Seen("n1", "10.0.0.1");
        book.Merge([[up]], 0);
        Assert.Equal(MeshNodeState.Up, State(book, 999 * Second));
        // It is told again and again, and counts from the first time.
        foreach (long second in (long[])[1000, 2000, 4000]) book.Merge([[up with { Word = PeerWord.Silent }]], second * Second);
        Assert.Equal(MeshNodeState.Silent, State(book, 4600 * Second));
        Assert.Empty(book.Peers(4601 * Second));
        book.Merge([[up]], 5000 * Second);
        Assert.Equal(MeshNodeState.Up, State(book, 5000 * Second));
    }

    [Fact]
    public void Who_was_silent_and_said_goodbye_before_is_leaving()
    {
        PeerBook book = Make();
        book.Merge([[Seen("n1", "10.0.0.1")]], 0);
        book.SaidLeaving("n1", leaving: true, 3 * Second);
        book.Merge([[Seen("n1", "10.0.0.1") with { Word = PeerWord.Silent }]], 1000 * Second);
        Assert.Equal(MeshNodeState.Leaving, State(book, 1001 * Second));
        Assert.Equal([("n1", 3 * Second)], book.Goodbyes());
    }

    [Fact]
    public void A_deleted_entry_is_gone_and_removed_a_minute_later()
    {
        PeerBook book = Make();
        book.Merge([[Seen("n1", "10.0.0.1")]], 0);
        book.Merge([[]], 10 * Second);
        Assert.Equal(MeshNodeState.Gone, State(book, 10 * Second));
        book.Merge([[]], 71 * Second);
        Assert.Empty(book.Peers(71 * Second));
    }

    [Fact]
    public void A_peer_at_another_address_begins_anew()
    {
        PeerBook book = Make();
        book.Merge([[Seen("n1", "10.0.0.1")]], 0);
        book.Answered("n1");
        book.Merge([[Seen("n1", "10.0.0.7")]], 60 * Second);
        Assert.Equal(MeshNodeState.Joining, State(book, 61 * Second));
    }

    private static MeshNodeState State(PeerBook book, long now) => Assert.Single(book.Peers(now)).State;

    private static PeerBook Make() => new("self", 3600 * Second);

    private static PeerSeen Seen(string name, string address, string zone = "", uint incarnation = 0) => new(name, zone, [IPAddress.Parse(address)], 8620, incarnation, PeerWord.Up);
}
