using System.Net;
using Scout.Checks.Paths;
using Scout.Checks.Stamp;
using Scout.Checks.Tests.Lab;
using Scout.Checks.Tests.Probes.Servers;

namespace Scout.Checks.Tests.Paths;

[Collection("path lab")]
public sealed class PathTraceTests(PathLab lab)
{
    private static readonly TraceOptions Quick = new() { StepTimeout = TimeSpan.FromMilliseconds(400), MostSilent = 2 };

    [Theory]
    [InlineData(PathLab.Server, "10.77.1.1", "10.77.2.2", "TTL ran out")]
    [InlineData(PathLab.Server6, "fd77:1::1", "fd77:2::2", "hop limit ran out")]
    public async Task Every_step_is_found_and_the_responder_at_the_end(string host, string first, string second, string text)
    {
        using UdpServer server = Responder(host);
        TraceResult trace = await TraceAsync(host, server.Port);

        Assert.Equal(TraceEnd.Reached, trace.End);
        Assert.Equal([first, second, host], trace.Hops.Select(hop => hop.Address!.ToString()));
        Assert.Equal([text, text, ""], trace.Hops.Select(hop => hop.Text));
        Assert.All(trace.Hops, hop => Assert.InRange(hop.Time!.Value, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1)));
        Assert.Equal("reached in 3 hops", trace.Summary);
    }

    [Fact]
    public async Task A_closed_port_shows_the_host_just_as_well()
    {
        TraceResult trace = await TraceAsync(PathLab.Server, 9);
        Assert.Equal((TraceEnd.Reached, 3), (trace.End, trace.Hops.Count));
    }

    [Fact]
    public async Task Where_packets_are_dropped_the_trace_falls_silent()
    {
        lab.Require();
        lab.Command("r2", "nft add table ip t; nft add chain ip t f \"{ type filter hook forward priority 0; policy drop; }\"");
        try
        {
            TraceResult trace = await TraceAsync(PathLab.Server, 8620);
            Assert.Equal((TraceEnd.Silent, 4), (trace.End, trace.Hops.Count));
            Assert.Equal("lost after hop 2 (10.77.2.2)", trace.Summary);
            Assert.Equal([2, null], (int?[])[trace.Last?.Ttl, trace.Hops[3].Address is null ? null : 0]);
        }
        finally
        {
            lab.Command("r2", "nft delete table ip t");
        }
    }

    [Fact]
    public async Task A_router_without_a_way_is_named()
    {
        TraceResult trace = await TraceAsync("10.99.0.1", 8620);
        Assert.Equal(TraceEnd.Unreachable, trace.End);
        Assert.Equal("network unreachable by hop 1 (10.77.1.1)", trace.Summary);
    }

    [Fact]
    public async Task A_silent_router_is_stepped_over()
    {
        lab.Require();
        lab.Command("r1", "nft add table ip t; nft add chain ip t o \"{ type filter hook output priority 0; }\"; nft add rule ip t o icmp type time-exceeded drop");
        try
        {
            using UdpServer server = Responder(PathLab.Server);
            TraceResult trace = await TraceAsync(PathLab.Server, server.Port);
            Assert.Equal(TraceEnd.Reached, trace.End);
            Assert.Equal([null, PathLab.Router2, PathLab.Server], trace.Hops.Select(hop => hop.Address?.ToString()));
        }
        finally
        {
            lab.Command("r1", "nft delete table ip t");
        }
    }

    [Fact]
    public async Task No_more_steps_are_made_than_allowed_and_no_route_is_local()
    {
        TraceResult near = await TraceAsync(PathLab.Server, 8620, Quick with { Hops = 2 });
        Assert.Equal((TraceEnd.TooFar, "not reached in 2 hops"), (near.End, near.Summary));
        TraceResult none = await lab.In("r1", () => PathTrace.RunAsync(new IPEndPoint(IPAddress.Parse("10.99.0.1"), 1), Quick, TimeProvider.System, CancellationToken.None));
        Assert.Equal((TraceEnd.Local, 0), (none.End, none.Hops.Count));
        Assert.NotEmpty(none.Summary);
    }

    [Fact]
    public async Task A_trace_that_is_cancelled_ends_so()
    {
        lab.Require();
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await lab.In(
            "c",
            () => PathTrace.RunAsync(new IPEndPoint(IPAddress.Parse("10.77.1.77"), 9), new TraceOptions { StepTimeout = TimeSpan.FromSeconds(20) }, TimeProvider.System, cancel.Token)));
    }

    private UdpServer Responder(string host)
    {
        lab.Require();
        return lab.In("s", () => UdpServer.Reflecting(new StampReflector(new StampReflectorOptions()), address: IPAddress.Parse(host)));
    }

    private Task<TraceResult> TraceAsync(string host, int port, TraceOptions? options = null)
    {
        lab.Require();
        return lab.In("c", () => PathTrace.RunAsync(new IPEndPoint(IPAddress.Parse(host), port), options ?? Quick, TimeProvider.System, CancellationToken.None));
    }
}
