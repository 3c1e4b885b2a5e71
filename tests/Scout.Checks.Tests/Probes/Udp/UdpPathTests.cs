using System.Net;
using Scout.Checks.Probes;
using Scout.Checks.Stamp;
using Scout.Checks.Tests.Lab;
using Scout.Checks.Tests.Probes.Servers;

namespace Scout.Checks.Tests.Probes.Udp;

/// <summary>What routers say reaches a udp probe.</summary>
[Collection("path lab")]
public sealed class UdpPathTests(PathLab lab)
{
    [Fact]
    public async Task A_net_without_a_way_is_unreachable()
    {
        ProbeResult result = await RunAsync(("host", "10.99.0.1"), ("port", 9));
        Assert.Equal((CheckStatus.Critical, ProbeReason.Unreachable), (result.Status, result.Reason));
    }

    [Fact]
    public async Task A_port_where_nobody_is_is_refused_over_routers_too()
    {
        ProbeResult result = await RunAsync(("host", PathLab.Server6), ("port", 9));
        Assert.Equal((CheckStatus.Critical, ProbeReason.Refused), (result.Status, result.Reason));
    }

    [Fact]
    public async Task A_packet_that_must_stay_whole_and_does_not_fit_is_a_matter_of_size()
    {
        lab.Require();
        using UdpServer server = lab.In("s", () => UdpServer.Reflecting(new StampReflector(new StampReflectorOptions()), address: IPAddress.Parse(PathLab.Server)));
        lab.Command("r1", "ip link set north mtu 1280");
        try
        {
            ProbeResult result = await RunAsync(("host", PathLab.Server), ("port", server.Port), ("size", 1400), ("df", "true"));
            ProbeResult small = await RunAsync(("host", PathLab.Server), ("port", server.Port), ("size", 1200), ("df", "true"));
            Assert.Equal((CheckStatus.Critical, ProbeReason.Size), (result.Status, result.Reason));
            Assert.Equal(CheckStatus.Ok, small.Status);
        }
        finally
        {
            lab.Command("r1", "ip link set north mtu 1500");
            lab.Command("c", "ip route flush cache");
        }
    }

    private Task<ProbeResult> RunAsync(params (string, object)[] options) => RunAsync("udp", [.. options, ("spacing", "5ms")]);

    private async Task<ProbeResult> RunAsync(string kind, params (string, object)[] options)
    {
        lab.Require();
        ProbeOptions probe = ProbeBench.Good(kind, TimeSpan.FromSeconds(2), options);
        return await lab.In("c", () => probe.RunAsync(ProbeBench.Context(), CancellationToken.None).AsTask());
    }
}
