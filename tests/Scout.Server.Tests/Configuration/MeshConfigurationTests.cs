using System.Net;
using Scout.Protocol.Mesh;
using Scout.Server.Configuration;
using Scout.Testing;

namespace Scout.Server.Tests.Configuration;

public sealed class MeshConfigurationTests
{
    [Fact]
    public void Without_a_word_it_is_on_where_peers_can_be_known()
    {
        Assert.False(Good("node: a").Enabled);
        Assert.True(Good("broker: { urls: [\"nats://127.0.0.1:4222\"] }").Enabled);
        Assert.True(Good("mesh: { peers: { sources: [ { static: [ { name: b, address: 10.0.0.2 } ] } ] } }").Enabled);
        Assert.True(Good("mesh: { enabled: true }").Enabled);
        // The token names the broker: who enrols has a roster.
        Assert.True(Good("enroll_token: /nowhere/enroll.token").Enabled);
        Assert.False(Good("mesh: { enabled: false }\nbroker: { urls: [\"nats://127.0.0.1:4222\"] }").Enabled);
    }

    [Fact]
    public void Its_defaults_are_those_of_the_specification()
    {
        MeshOptions mesh = Good("node: a");
        Assert.Equal((8620, false, null, "any"), (mesh.Port, mesh.PortGiven, mesh.Address, mesh.Allow.ToString()));
        Assert.Equal((MeshTopologyKind.Auto, 24, 10, 20, 5), (mesh.Topology.Kind, mesh.Topology.FullMeshMax, mesh.Topology.Neighbours, mesh.Topology.FloorPerSecond, mesh.Topology.FloorBudget));
        Assert.Equal((1000, 500, 5000, 16, 0), (Ms(mesh.UdpInterval), Ms(mesh.UdpTimeout), Ms(mesh.UdpLate), mesh.UdpPorts, mesh.UdpFirstPort));
        Assert.Equal((10_000, 900, 1, 60_000), (Ms(mesh.TcpInterval), Ms(mesh.TcpTimeout), mesh.ShiftPerSecond, Ms(mesh.MtuInterval)));
        Assert.Equal((5, 3, 20, 60_000, 30), (mesh.ReactivePackets, mesh.ReactiveWitnesses, mesh.ReactiveBudget, Ms(mesh.TraceCooldown), mesh.TraceHops));
        Assert.Equal((2000, 2000, 3_600_000, false), (Ms(mesh.DrainGrace), Ms(mesh.DrainHold), Ms(mesh.ForgetAfter), mesh.HostPlane));
        Assert.IsType<RosterSourceOptions>(Assert.Single(mesh.Sources));
        Assert.Equal((0, "kconmon", 1000, 300_000), (mesh.Metrics.Compat.Length, mesh.Metrics.KconmonPrefix, mesh.Metrics.MaxSeries, Ms(mesh.Metrics.Hold)));
    }

    [Fact]
    public void Every_key_is_read()
    {
        MeshOptions mesh = Good("""
            mesh:
              enabled: true
              listen: { address: "127.0.0.9", port: 9000, allow: [10.0.0.0/8, "fd00::/8", 127.0.0.1], allow_source_port: [862] }
              topology: { kind: rings, full_mesh_max: 10, neighbours: 5 }
              udp: { interval: 200ms, timeout: 100ms, late: 2s, ports: 4, source_ports: "8621-8624" }
              tcp: { interval: 0, timeout: 800ms }
              shift: { per_second: 0 }
              zone_floor: { per_second: 10, budget: 3 }
              mtu: { interval: 0 }
              reactive: { packets: 3, witnesses: 2, budget: 10 }
              trace: { cooldown: 0, hops: 12 }
              drain: { grace: 1s, hold: 3s }
              peers:
                sources: [ roster, { static: [ { name: b, address: [10.0.0.2, "fd00::2"], zone: z, port: 9001 } ] }, { file: peers.yaml }, { dns: { name: mesh.svc, refresh: 5s } } ]
                forget_after: 2h
                planes: [pod, host]
              metrics: { compat: [kconmon, monlat], kconmon_prefix: km, max_series: 500, hold: 1m }
            """);
        Assert.Equal((IPAddress.Parse("127.0.0.9"), 9000, true, "[10.0.0.0/8, fd00::/8, 127.0.0.1/32]"), (mesh.Address!, mesh.Port, mesh.PortGiven, mesh.Allow.ToString()));
        Assert.Equal([862], mesh.AllowSourcePorts);
        Assert.Equal((MeshTopologyKind.Rings, 10, 5, 10, 3), (mesh.Topology.Kind, mesh.Topology.FullMeshMax, mesh.Topology.Neighbours, mesh.Topology.FloorPerSecond, mesh.Topology.FloorBudget));
        Assert.Equal((200, 100, 2000, 4, 8621), (Ms(mesh.UdpInterval), Ms(mesh.UdpTimeout), Ms(mesh.UdpLate), mesh.UdpPorts, mesh.UdpFirstPort));
        Assert.Equal((0, 800, 0, 0), (Ms(mesh.TcpInterval), Ms(mesh.TcpTimeout), mesh.ShiftPerSecond, Ms(mesh.MtuInterval)));
        Assert.Equal((3, 2, 10, 0, 12), (mesh.ReactivePackets, mesh.ReactiveWitnesses, mesh.ReactiveBudget, Ms(mesh.TraceCooldown), mesh.TraceHops));
        Assert.Equal((1000, 3000, 7_200_000, true), (Ms(mesh.DrainGrace), Ms(mesh.DrainHold), Ms(mesh.ForgetAfter), mesh.HostPlane));
        Assert.Equal(["roster", "static", "file", "dns"], mesh.Sources.Select(one => one.Kind));
        PeerEntry peer = Assert.Single(((StaticSourceOptions)mesh.Sources[1]).Peers);
        Assert.Equal(("b", "z", 9001, 2), (peer.Name, peer.Zone, peer.Port, peer.Addresses.Length));
        Assert.EndsWith("/peers.yaml", ((FileSourceOptions)mesh.Sources[2]).Path, StringComparison.Ordinal);
        Assert.Equal(new DnsSourceOptions("mesh.svc", TimeSpan.FromSeconds(5)), mesh.Sources[3]);
        Assert.Equal(("kconmon,monlat", "km", 500), (string.Join(',', mesh.Metrics.Compat), mesh.Metrics.KconmonPrefix, mesh.Metrics.MaxSeries));
    }

    [Fact]
    public void Peers_of_the_cluster_are_asked_for_with_a_word_or_with_labels()
    {
        ServerOptions plain = Read("mesh: { listen: { port: 9000 }, peers: { sources: [kubernetes] } }").Options!;
        Assert.True(plain.Mesh.Enabled);
        Assert.Equal(new KubernetesSourceOptions(KubernetesSourceOptions.DefaultSelector, 9000, Nodes: true), Assert.Single(plain.Mesh.Sources));
        ServerOptions chosen = Read("mesh: { peers: { sources: [{ kubernetes: { selector: \"app.kubernetes.io/instance=r1,!canary,tier!=x\", port: 8000, nodes: false } }] } }").Options!;
        Assert.Equal(new KubernetesSourceOptions("app.kubernetes.io/instance=r1,!canary,tier!=x", 8000, Nodes: false), Assert.Single(chosen.Mesh.Sources));
    }

    [Theory]
    [InlineData("mesh: { on: true }", ":1:9: error unknown_key: 'on' is not a key of 'mesh'", "")]
    [InlineData("mesh: { udp: { timeuot: 1s } }", ":1:16: error unknown_key: 'timeuot' is not a key of 'mesh.udp'", "did you mean 'timeout'?")]
    [InlineData("mesh: yes", ":1:7: error wrong_type: 'mesh' must be a mapping", "its keys are enabled")]
    [InlineData("mesh: { tcp: 5s }", ":1:14: error wrong_type: 'mesh.tcp' must be a mapping", "interval, timeout")]
    [InlineData("mesh: { enabled: maybe }", ":1:18: error bad_value: 'maybe' is no value of 'mesh.enabled'", "true, false")]
    [InlineData("mesh: { listen: { address: here } }", ":1:28: error bad_value: 'here' is no IP address", "every address")]
    [InlineData("mesh: { listen: { port: 70000 } }", ":1:25: error out_of_range: 'mesh.listen.port' is 70000", "65535")]
    [InlineData("mesh: { listen: { allow: [10.0.0.1/8] } }", ":1:27: error bad_value: '10.0.0.1/8' is no network", "bits behind")]
    [InlineData("mesh: { listen: { allow: [] } }", ":1:26: error out_of_range", "any, or roster")]
    [InlineData("mesh: { listen: { allow: some } }", ":1:26: error bad_value: 'some' is no value", "any, roster")]
    [InlineData("mesh: { listen: { allow_source_port: [8620] } }", ":1:39: error out_of_range: '8620' is no port below 1024", "862")]
    [InlineData("mesh: { topology: { neighbours: 2 } }", ":1:33: error out_of_range: 'mesh.topology.neighbours' is 2", "from 3 to 32")]
    [InlineData("mesh: { topology: { kind: star } }", ":1:27: error bad_value: 'star'", "auto, full, rings")]
    [InlineData("mesh: { udp: { late: 100ms } }", ":1:22: error conflict: 'mesh.udp.late' is shorter than 'mesh.udp.timeout'", "late only")]
    [InlineData("mesh: { udp: { interval: 100ms, timeout: 2s } }", "error conflict: 'mesh.udp.timeout' is over ten intervals", "16 probes")]
    [InlineData("mesh: { udp: { source_ports: \"8621-8630\" } }", ":1:30: error bad_value: '8621-8630' is no range of 16 ports", "8621-8636")]
    [InlineData("mesh: { udp: { ports: 17 } }", ":1:23: error out_of_range", "from 1 to 16")]
    [InlineData("mesh: { tcp: { interval: 100ms } }", ":1:26: error out_of_range: 'mesh.tcp.interval' is 100ms", "from 1s to 10m")]
    [InlineData("mesh: { peers: { sources: roster } }", ":1:27: error wrong_type: 'mesh.peers.sources' must be a list", "sources: [roster]")]
    [InlineData("mesh: { peers: { sources: [] } }", ":1:27: error out_of_range", "from 1 to 16")]
    [InlineData("mesh: { peers: { sources: [roster, roster] } }", "error bad_value: the roster is there twice", "once")]
    [InlineData("mesh: { peers: { sources: [consul] } }", ":1:28: error bad_value: this is no source of peers", "{ file: PATH }")]
    [InlineData("mesh: { peers: { sources: [kubernetes, { kubernetes: { nodes: false } }] } }", "error bad_value: kubernetes is there twice", "once")]
    [InlineData("mesh: { peers: { sources: [ { kubernetes: { selector: \"\" } } ] } }", "error bad_value: 'selector' is empty", "app.kubernetes.io/component=server")]
    [InlineData("mesh: { peers: { sources: [ { kubernetes: { selector: \"app=a b\" } } ] } }", "error bad_value: 'selector' has the term 'app=a b'", "selector:")]
    [InlineData("mesh: { peers: { sources: [ { kubernetes: { selector: [x] } } ] } }", "error bad_value: 'selector' must be a text, not a list", "selector:")]
    [InlineData("mesh: { peers: { sources: [ { kubernetes: { port: 0 } } ] } }", "error out_of_range: 'port' is no port", "65535")]
    [InlineData("mesh: { peers: { sources: [ { kubernetes: { nodes: yes } } ] } }", "error bad_value: 'nodes' is true or false", "nodes: true")]
    [InlineData("mesh: { peers: { sources: [ { kubernetes: { labels: x } } ] } }", "error unknown_key: 'labels' is not a key of 'kubernetes'", "selector, port, nodes")]
    [InlineData("mesh: { peers: { sources: [ { static: [ { name: B, address: 10.0.0.2 } ] } ] } }", "error bad_name: 'B' is not a node name", "a-z")]
    [InlineData("mesh: { peers: { sources: [ { static: [ { name: b, address: 224.0.0.1 } ] } ] } }", "error bad_value: '224.0.0.1' is no address of a host", "10.0.0.2")]
    [InlineData("mesh: { peers: { sources: [ { static: [ { name: b } ] } ] } }", "error bad_value: a peer has one address", "address:")]
    [InlineData("mesh: { peers: { sources: [ { static: [ { name: b, address: 10.0.0.2, host: x } ] } ] } }", "error unknown_key: 'host' is not a key of a peer", "name, address, zone, port")]
    [InlineData("mesh: { peers: { sources: [ { static: [ { name: b, address: 10.0.0.2 }, { name: b, address: 10.0.0.3 } ] } ] } }", "error bad_value: peer 'b' is there twice", "one entry")]
    [InlineData("mesh: { peers: { sources: [ { dns: { name: \"a b\" } } ] } }", "error bad_value: 'name' is no host name", "svc")]
    [InlineData("mesh: { peers: { sources: [ { dns: { name: a, refresh: 1ms } } ] } }", "error bad_duration: 'refresh'", "15s")]
    [InlineData("mesh: { peers: { planes: [host] } }", "error bad_value: 'mesh.peers.planes' must hold pod", "[pod, host]")]
    [InlineData("mesh: { metrics: { compat: [nagios] } }", "error bad_value: 'nagios' is none of the older tools", "kconmon")]
    [InlineData("mesh: { metrics: { kconmon_prefix: 1a } }", "error bad_name: '1a' begins no name of a metric", "letter")]
    public void A_mistake_is_told_with_its_place_and_a_hint(string yaml, string finding, string hint)
    {
        ServerConfiguration read = Read(yaml);
        Assert.Null(read.Options);
        Assert.Contains(read.Findings, one => one.ToString().Contains(finding, StringComparison.Ordinal) && one.Hint.Contains(hint, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_value_is_a_row_of_the_check()
    {
        ServerConfiguration read = Read("mesh: { tcp: { interval: 5s } }");
        Assert.Equal("5s", read.Rows.Single(row => row.Key == "mesh.tcp.interval").Value);
        Assert.Contains("server.yaml:1", read.Rows.Single(row => row.Key == "mesh.tcp.interval").Origin, StringComparison.Ordinal);
        Assert.Equal(("[roster]", "default"), read.Rows.Where(row => row.Key == "mesh.peers.sources").Select(row => (row.Value, row.Origin)).Single());
    }

    private static int Ms(TimeSpan span) => (int)span.TotalMilliseconds;

    private static MeshOptions Good(string yaml)
    {
        ServerConfiguration read = Read(yaml);
        Assert.Empty(read.Findings);
        return read.Options!.Mesh;
    }

    private static ServerConfiguration Read(string yaml)
    {
        using var folder = new TempFolder();
        string file = folder.Write("server.yaml", yaml + "\n");
        return ServerConfiguration.Read(new ServerArguments { Config = file }, new Dictionary<string, string>(), "/", "web1");
    }
}
