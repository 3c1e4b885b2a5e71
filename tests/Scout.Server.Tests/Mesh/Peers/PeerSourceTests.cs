using System.Collections.Immutable;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Server.Configuration;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Responding;
using Scout.Testing;

namespace Scout.Server.Tests.Mesh.Peers;

public sealed class PeerSourceTests
{
    [Fact]
    public async Task A_file_of_peers_is_read_anew_and_a_bad_one_changes_nothing()
    {
        using var folder = new TempFolder();
        string path = folder.Write("peers.yaml", "- { name: n1, address: 10.0.0.1, zone: a }\n- { name: n2, address: \"fd00::2\", port: 9000 }\n");
        var time = new ManualTime();
        await using var source = new FilePeers(path, time, NullLogger.Instance);
        int changes = 0;
        source.Start(() => changes++);
        Assert.True(source.IsReady);
        Assert.Equal(["n1", "n2"], source.Peers.Select(peer => peer.Name));
        folder.Write("peers.yaml", "- { name: n1, adress: 10.0.0.1 }\n");
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, source.Peers.Length);
        File.Delete(path);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, source.Peers.Length);
        folder.Write("peers.yaml", "- { name: n3, address: 10.0.0.3 }\n");
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("n3", Assert.Single(source.Peers).Name);
        Assert.Equal(2, changes);
    }

    [Fact]
    public async Task Behind_a_name_every_address_that_answers_is_a_peer_and_stays_one()
    {
        var names = new FakeNames();
        names.Found = [IPEndPoint.Parse("10.0.0.1:8620"), IPEndPoint.Parse("10.0.0.2:9620"), IPEndPoint.Parse("10.0.0.3:8620")];
        names.Answers[IPEndPoint.Parse("10.0.0.1:8620")] = new PeerPong("n1", 100, Leaving: false, "scout-abc");
        names.Answers[IPEndPoint.Parse("10.0.0.2:9620")] = new PeerPong("n2", 100, Leaving: true);
        var time = new ManualTime();
        await using var source = new DnsPeers(new DnsSourceOptions("mesh.svc", TimeSpan.FromSeconds(15)), names, time, NullLogger.Instance);
        int changes = 0;
        source.Start(() => Interlocked.Increment(ref changes));
        await Wait.UntilAsync(() => Volatile.Read(ref changes) == 1);
        Assert.Equal([("n1", 8620, PeerWord.Up, "scout-abc"), ("n2", 9620, PeerWord.Leaving, "")], source.Peers.Select(peer => (peer.Name, peer.Port, peer.Word, peer.Pod)));
        names.Found = null;
        names.Answers.Clear();
        await Wait.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(15));
            return names.Lookups > 2;
        });
        Assert.Equal(2, source.Peers.Length);
    }

    [Theory]
    [InlineData("scout-server-x7k2p", "scout-server-x7k2p")]
    [InlineData("", "")]
    [InlineData("Scout {}", "")]
    public void A_responder_tells_its_pod_and_what_can_be_none_is_not_believed(string told, string believed)
    {
        byte[] answer = PingDocument.Answer("n7", 100, leaving: false, told);
        Assert.Equal(new PeerPong("n7", 100, Leaving: false, believed), PeerNames.Read(answer));
        Assert.True(PingDocument.TryRead(answer, ended: true, "n7", out PingAnswer read) && read is { IsDocument: true, IsExpected: true, Incarnation: 100 });
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"node\":\"n7\",\"incarnation\":1795221600,\"leaving\":true}", true)]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\n{\"node\":\"n7\"}", false)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"node\":\"a b\"}", false)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"node\":7}", false)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n<html>", false)]
    [InlineData("HTTP/1.1 200 OK", false)]
    [InlineData("", false)]
    public void Only_the_document_of_a_responder_names_a_peer(string answer, bool good)
    {
        PeerPong? pong = PeerNames.Read(Encoding.UTF8.GetBytes(answer));
        Assert.Equal(good ? new PeerPong("n7", 1_795_221_600, Leaving: true) : null, pong);
    }

    [Fact]
    public void The_last_list_is_read_as_it_was_saved_and_nonsense_is_no_list()
    {
        using var folder = new TempFolder();
        string path = folder.File("peers.json");
        ImmutableArray<PeerSeen> peers = [new("n1", "a", [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("fd00::1")], 8620, 7, PeerWord.Up)];
        SavedPeers.Save(path, peers);
        Assert.Equal(peers, SavedPeers.Load(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        foreach (string bad in new[] { "", "null", "{", "{\"v\":2}", "{\"v\":1,\"peers\":[null,{\"name\":\"A\"},{\"name\":\"b\",\"port\":0}]}", "[]" })
        {
            folder.Write("peers.json", bad);
            Assert.Empty(SavedPeers.Load(path));
        }

        Assert.Empty(SavedPeers.Load(folder.File("none.json")));
    }

    private sealed class FakeNames : IPeerNames
    {
        public IReadOnlyList<IPEndPoint>? Found { get; set; } = [];

        public Dictionary<IPEndPoint, PeerPong> Answers { get; } = [];

        public int Lookups;

        public ValueTask<IReadOnlyList<IPEndPoint>?> LookupAsync(string name, CancellationToken stop)
        {
            Interlocked.Increment(ref Lookups);
            return ValueTask.FromResult(Found);
        }

        public Task<PeerPong?> AskAsync(IPAddress address, int port, CancellationToken stop) => Task.FromResult(Answers.GetValueOrDefault(new IPEndPoint(address, port)));
    }
}
