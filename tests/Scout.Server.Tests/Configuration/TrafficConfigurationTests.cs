using System.Net;
using Scout.Server.Configuration;
using Scout.Testing;
using Scout.Traffic.Names;

namespace Scout.Server.Tests.Configuration;

public sealed class TrafficConfigurationTests
{
    [Fact]
    public void Its_defaults_count_where_it_can_be_done()
    {
        TrafficSettings traffic = Good("node: a");
        Assert.Equal((TrafficMode.Auto, null, null), (traffic.Mode, traffic.Options.CgroupRoot, traffic.Compatible));
        Assert.Equal((65_536, 16_384, ServiceScope.All, 10_000), (traffic.Options.MaxPeers, traffic.Options.MaxCounters, traffic.Options.Services, traffic.Options.Accounts.MaxSeries));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10)), (traffic.Options.Interval, traffic.Options.Accounts.Grace));
    }

    [Fact]
    public void Every_key_is_read()
    {
        TrafficSettings traffic = Good("""
            traffic:
              enabled: true
              cgroup_root: /sys/fs/cgroup/kubepods.slice
              interval: 5s
              max_peers: 100
              max_counters: 200
              services: cluster_ip
              program_stats: true
              max_series: 400
              grace: 1h
              namespaces: { include: [shop], exclude: [kube-system] }
              compat_statsagent: { enabled: true, listen: "127.0.0.1:8010" }
            """);
        Assert.Equal((TrafficMode.On, "/sys/fs/cgroup/kubepods.slice", 100, 200), (traffic.Mode, traffic.Options.CgroupRoot, traffic.Options.MaxPeers, traffic.Options.MaxCounters));
        Assert.Equal((ServiceScope.ClusterIp, true, 400), (traffic.Options.Services, traffic.Options.ProgramStats, traffic.Options.Accounts.MaxSeries));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)), (traffic.Options.Interval, traffic.Options.Accounts.Grace));
        Assert.Equal("shop", Assert.Single(traffic.Options.Accounts.Include));
        Assert.Equal("kube-system", Assert.Single(traffic.Options.Accounts.Exclude));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 8010), traffic.Compatible);
    }

    [Fact]
    public void The_variable_of_statsagent_names_the_root() =>
        Assert.Equal("/cg", Read("node: a", new Dictionary<string, string> { ["CGROUP_ROOT"] = "/cg" }).Options!.Traffic.Options.CgroupRoot);

    [Theory]
    [InlineData("traffic: { on: true }", "unknown_key")]
    [InlineData("traffic: { enabled: yes }", "bad_value")]
    [InlineData("traffic: { max_peers: 0 }", "out_of_range")]
    [InlineData("traffic: { services: some }", "bad_value")]
    [InlineData("traffic: { namespaces: { include: [Shop] } }", "bad_name")]
    [InlineData("traffic: { compat_statsagent: { enabled: true, listen: x } }", "bad_value")]
    public void A_mistake_is_told(string text, string kind) => Assert.Contains(Read(text, []).Findings, finding => finding.Kind == kind);

    private static TrafficSettings Good(string text)
    {
        ServerConfiguration read = Read(text, []);
        Assert.Empty(read.Findings);
        return read.Options!.Traffic;
    }

    private static ServerConfiguration Read(string text, Dictionary<string, string> environment)
    {
        using var folder = new TempFolder();
        string path = folder.Write("server.yaml", text + "\n");
        return ServerConfiguration.Read(new ServerArguments { Config = path }, environment, folder.Path, "host");
    }
}
