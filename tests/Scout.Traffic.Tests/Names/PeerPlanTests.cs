using Scout.Traffic.Names;

namespace Scout.Traffic.Tests.Names;

public sealed class PeerPlanTests
{
    private static readonly TrafficPort Http = new(80, 6);

    [Fact]
    public void ClusterIPs_stand_for_any_port_in_both_families()
    {
        PeerPlan plan = Plan([Service("a", clusterIps: ["10.96.0.10", "fd00::10", "None", ""])], []);
        Assert.Equal([Key("10.96.0.10"), Key("fd00::10")], plan.Entries.Select(entry => entry.Key));
    }

    [Fact]
    public void External_addresses_and_endpoints_stand_for_their_ports_only()
    {
        PeerPlan plan = Plan(
            [Service("a", ["10.96.0.10"], ["192.0.2.1"])],
            [new TrafficEndpoints("shop", "a", ["10.244.1.1", "host.example"], [new TrafficPort(8080, 6), default])]);
        Assert.Equal([Key("10.96.0.10"), Key("192.0.2.1", 80), Key("10.244.1.1", 8080)], plan.Entries.Select(entry => entry.Key));
    }

    [Fact]
    public void External_addresses_beat_endpoints() =>
        Assert.Equal("ext", Owner([Service("ext", [], ["10.0.0.1"]), Service("end", ["10.96.0.1"])], [Slice("end", "10.0.0.1", 80)], "10.0.0.1", 80));

    [Fact]
    public void A_service_with_a_ClusterIP_beats_a_headless_one_in_either_order()
    {
        TrafficService[] services = [Service("web", ["10.96.0.1"]), Service("web-headless", ["None"])];
        TrafficEndpoints[] slices = [Slice("web-headless", "10.0.0.1", 80), Slice("web", "10.0.0.1", 80)];
        Assert.Equal("web", Owner(services, slices, "10.0.0.1", 80));
        Assert.Equal("web", Owner(services, [.. slices.Reverse()], "10.0.0.1", 80));
        Assert.Equal("web-headless", Owner(services, [slices[0]], "10.0.0.1", 80));
    }

    [Fact]
    public void Equal_rights_give_no_entry_and_are_counted()
    {
        PeerPlan plan = Plan([Service("a", ["10.96.0.1"]), Service("b", ["10.96.0.2"])], [Slice("a", "10.0.0.1", 80), Slice("b", "10.0.0.1", 80), Slice("a", "10.0.0.1", 80)]);
        Assert.Equal(1, plan.Ambiguous);
        Assert.DoesNotContain(plan.Entries, entry => entry.Key == Key("10.0.0.1", 80));
    }

    [Fact]
    public void A_better_right_settles_what_two_claim()
    {
        PeerPlan plan = Plan(
            [Service("a", ["10.96.0.1"]), Service("b", ["10.96.0.2"]), Service("c", ["10.96.0.3"], ["10.0.0.1"])],
            [Slice("a", "10.0.0.1", 80), Slice("b", "10.0.0.1", 80)]);
        Assert.Equal(0, plan.Ambiguous);
        Assert.Equal("c", plan.Entries.Single(entry => entry.Key == Key("10.0.0.1", 80)).Service.Name);
    }

    [Fact]
    public void The_scope_decides_what_is_looked_at()
    {
        TrafficNames names = new([], [Service("a", ["10.96.0.1"], ["192.0.2.1"])], [Slice("a", "10.0.0.1", 80)]);
        Assert.Equal(3, PeerPlan.Build(names, ServiceScope.All).Entries.Count);
        Assert.Equal(2, PeerPlan.Build(names, ServiceScope.ClusterIp).Entries.Count);
        Assert.Empty(PeerPlan.Build(names, ServiceScope.None).Entries);
        Assert.Empty(PeerPlan.Build(null, ServiceScope.All).Entries);
    }

    [Fact]
    public void Endpoints_of_an_unknown_service_wait_for_it() => Assert.Empty(Plan([], [Slice("a", "10.0.0.1", 80)]).Entries);

    [Fact]
    public void A_key_is_written_as_on_the_wire()
    {
        byte[] bytes = new byte[20];
        Key("10.96.0.10", 53, 17).Write(bytes);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 96, 0, 10, 0, 53, 17, 0], bytes);
    }

    [Fact]
    public void The_table_follows_by_differences_and_never_uses_an_id_again()
    {
        var map = new FakePeerMap(16);
        var table = new PeerTable();
        table.Apply(Plan([Service("a", ["10.96.0.1"]), Service("b", ["10.96.0.2"])], []), map);
        uint a = map.Entries[Key("10.96.0.1")];
        uint b = map.Entries[Key("10.96.0.2")];
        Assert.True(a >= TrafficPeers.FirstService && b >= TrafficPeers.FirstService && a != b);

        map.Writes = 0;
        table.Apply(Plan([Service("b", ["10.96.0.2"]), Service("c", ["10.96.0.1"])], []), map);
        uint c = map.Entries[Key("10.96.0.1")];
        Assert.True(c > b);
        Assert.Equal(1, map.Writes); // b was not touched
        Assert.True(table.TryService(a, out ServiceKey gone));
        Assert.Equal("a", gone.Name);

        table.Forget(new HashSet<uint> { a });
        Assert.True(table.TryService(a, out _));
        table.Forget(new HashSet<uint>());
        Assert.False(table.TryService(a, out _));
        table.Apply(Plan([Service("a", ["10.96.0.1"])], []), map);
        Assert.True(map.Entries[Key("10.96.0.1")] > c);
    }

    [Fact]
    public void A_full_table_keeps_ClusterIPs_first()
    {
        var map = new FakePeerMap(2);
        var table = new PeerTable();
        table.Apply(Plan([Service("a", ["10.96.0.1"], ["192.0.2.1"]), Service("b", ["10.96.0.2"])], [Slice("a", "10.0.0.1", 80)]), map);
        Assert.Equal([Key("10.96.0.1"), Key("10.96.0.2")], map.Entries.Keys.OrderBy(key => key.Low));
        Assert.Equal(2, table.Dropped);
    }

    private static string? Owner(TrafficService[] services, TrafficEndpoints[] slices, string address, int port) =>
        Plan(services, slices).Entries.Where(entry => entry.Key == Key(address, port)).Select(entry => entry.Service.Name).SingleOrDefault();

    private static PeerPlan Plan(TrafficService[] services, TrafficEndpoints[] slices) => PeerPlan.Build(new TrafficNames([], services, slices), ServiceScope.All);

    private static TrafficService Service(string name, string[] clusterIps, string[]? external = null) =>
        new("shop", name, TrafficServiceType.ClusterIp, clusterIps, external ?? [], [Http]);

    private static TrafficEndpoints Slice(string service, string address, int port) => new("shop", service, [address], [new TrafficPort(port, 6)]);

    private static PeerKey Key(string address, int port = 0, int protocol = 6)
    {
        Assert.True(PeerKey.TryCreate(address, port == 0 ? default : new TrafficPort(port, protocol), out PeerKey key));
        return key;
    }
}

/// <summary>The kernel's table of peers, as a dictionary.</summary>
internal sealed class FakePeerMap(int capacity) : IPeerMap
{
    public Dictionary<PeerKey, uint> Entries { get; } = [];

    public int Writes { get; set; }

    public int Capacity => capacity;

    public bool TrySet(PeerKey key, uint peer)
    {
        Writes++;
        if (Entries.Count >= capacity && !Entries.ContainsKey(key)) return false;
        Entries[key] = peer;
        return true;
    }

    public void Remove(PeerKey key)
    {
        Writes++;
        Entries.Remove(key);
    }
}
