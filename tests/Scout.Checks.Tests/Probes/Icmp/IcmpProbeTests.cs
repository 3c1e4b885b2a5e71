using System.Net;
using System.Net.Sockets;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Icmp;
using Scout.Checks.Tests.Lab;
using Scout.Testing;

namespace Scout.Checks.Tests.Probes.Icmp;

[Collection("path lab")]
public sealed class IcmpProbeTests(PathLab lab)
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(250);

    [Theory]
    [InlineData("127.0.0.1", "4")]
    [InlineData("::1", "6")]
    public async Task Loopback_replies(string host, string family)
    {
        ProbeResult result = await ProbeBench.RunAsync("icmp", ("host", host), ("spacing", "1ms"));
        Allowed(result);

        Assert.Equal((CheckStatus.Ok, ProbeReason.Ok), (result.Status, result.Reason));
        Assert.StartsWith($"{host} answered 3 of 3 packets in ", result.Summary, StringComparison.Ordinal);
        Assert.Equal(["time", "loss", "min", "max", "jitter", "hops"], ProbeBench.Labels(result));
        Assert.Equal((0d, "64", family), (result.PerfData[^1].Value, ProbeBench.Fact(result, "ttl"), ProbeBench.Fact(result, "family")));
    }

    [Theory]
    [InlineData(SocketType.Dgram, PathLab.Server)]
    [InlineData(SocketType.Raw, PathLab.Server)]
    [InlineData(SocketType.Dgram, PathLab.Server6)]
    [InlineData(SocketType.Raw, PathLab.Server6)]
    public async Task Both_kinds_of_sockets_work_over_routers(SocketType type, string host)
    {
        ProbeResult result = await RunAsync(type, ("host", host));
        Assert.Equal("", result.Status == CheckStatus.Ok ? "" : result.Summary);
        Assert.Equal((2d, "62"), (result.PerfData[^1].Value, ProbeBench.Fact(result, "ttl")));
        Assert.Equal(type == SocketType.Raw ? "raw" : "dgram", ProbeBench.Fact(result, "socket"));
    }

    [Theory]
    [InlineData(SocketType.Dgram, PathLab.Server, "TTL ran out, says 10.77.2.2")]
    [InlineData(SocketType.Raw, PathLab.Server, "TTL ran out, says 10.77.2.2")]
    [InlineData(SocketType.Dgram, PathLab.Server6, "hop limit ran out, says fd77:2::2")]
    [InlineData(SocketType.Raw, PathLab.Server6, "hop limit ran out, says fd77:2::2")]
    public async Task A_ttl_too_short_ends_on_the_way(SocketType type, string host, string text)
    {
        ProbeResult result = await RunAsync(type, ("host", host), ("ttl", 2));
        Assert.Equal((CheckStatus.Critical, ProbeReason.Unreachable), (result.Status, result.Reason));
        Assert.Contains(text, result.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketType.Dgram)]
    [InlineData(SocketType.Raw)]
    public async Task A_host_that_is_not_there_is_unreachable_and_may_be_wanted_so(SocketType type)
    {
        // r2 has no route to this net; it says so.
        ProbeResult result = await RunAsync(type, ("host", "10.99.0.1"));
        ProbeResult wanted = await RunAsync(type, ("host", "10.99.0.1"), ("expect", "unreachable"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Unreachable), (result.Status, result.Reason));
        Assert.Contains("network unreachable, says 10.77.1.1", result.Summary, StringComparison.Ordinal);
        Assert.Equal("", wanted.Status == CheckStatus.Ok ? "" : wanted.Summary);
    }

    [Theory]
    [InlineData(SocketType.Dgram)]
    [InlineData(SocketType.Raw)]
    public async Task A_deaf_host_is_silent_and_may_be_wanted_so(SocketType type)
    {
        lab.Require();
        lab.Command("s", "echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all");
        try
        {
            ProbeResult result = await RunAsync(type, Short, ("host", PathLab.Server));
            ProbeResult wanted = await RunAsync(type, Short, ("host", PathLab.Server), ("expect", "silent"));
            ProbeResult other = await RunAsync(type, Short, ("host", PathLab.Server), ("expect", "unreachable"));

            Assert.Equal((CheckStatus.Critical, ProbeReason.Timeout), (result.Status, result.Reason));
            Assert.Contains("no answer to 3 packets", result.Summary, StringComparison.Ordinal);
            Assert.Equal((CheckStatus.Ok, ProbeReason.Negative), (wanted.Status, other.Reason));
        }
        finally
        {
            lab.Command("s", "echo 0 > /proc/sys/net/ipv4/icmp_echo_ignore_all");
        }
    }

    [Fact]
    public async Task A_packet_that_must_stay_whole_and_does_not_fit_is_a_matter_of_size()
    {
        lab.Require();
        lab.Command("r2", "ip link set north mtu 1300");
        lab.Command("s", "ip link set south mtu 1300");
        try
        {
            ProbeResult whole = await RunAsync(SocketType.Raw, ("host", PathLab.Server), ("size", 1400), ("df", "true"));
            ProbeResult pieces = await RunAsync(SocketType.Raw, ("host", PathLab.Server), ("size", 1400));
            ProbeResult known = await RunAsync(SocketType.Raw, ("host", PathLab.Server), ("size", 1400), ("df", "true"));

            Assert.Equal((CheckStatus.Critical, ProbeReason.Size), (whole.Status, whole.Reason));

            // When the router's word comes before the last request is sent, the kernel refuses that one by itself: both say the same.
            Assert.Matches("packet too big \\(MTU 1300\\), says 10.77.2.2|more than the way takes", whole.Summary);
            Assert.Equal(CheckStatus.Ok, pieces.Status);
            Assert.Equal(ProbeReason.Size, known.Reason);
        }
        finally
        {
            lab.Command("s", "ip link set south mtu 1500");
            lab.Command("r2", "ip link set north mtu 1500");
            lab.Command("c", "ip route flush cache");
        }
    }

    [Fact]
    public async Task Replies_to_others_and_forged_ones_do_not_count()
    {
        // Two runs at once to one host hear only their own, with raw sockets that hear all.
        Task<ProbeResult>[] runs = [.. Enumerable.Range(0, 5).Select(_ => RunAsync(SocketType.Raw, ("host", PathLab.Server), ("count", 10), ("spacing", "1ms")))];
        foreach (ProbeResult result in await Task.WhenAll(runs))
        {
            Assert.Equal(CheckStatus.Ok, result.Status);
            Assert.Equal("", ProbeBench.Fact(result, "duplicates"));
        }
    }

    [Fact]
    public async Task Errors_about_the_packets_of_others_end_no_run()
    {
        lab.Require();
        Task<ProbeResult> patient = RunAsync(SocketType.Raw, ("host", PathLab.Server), ("count", 30), ("spacing", "20ms"));
        var others = new List<ProbeResult>();

        // Far fewer errors than the thousand after which a run takes them as its own.
        for (int i = 0; i < 50 && !patient.IsCompleted; i++) others.Add(await RunAsync(SocketType.Raw, ("host", PathLab.Server), ("ttl", 1)));

        Assert.Equal("", (await patient).Status == CheckStatus.Ok ? "" : (await patient).Summary);
        Assert.NotEmpty(others);
        Assert.All(others, other => Assert.Equal(ProbeReason.Unreachable, other.Reason));
    }

    [Fact]
    public void A_forged_payload_a_number_never_sent_and_a_second_reply_are_told_apart()
    {
        ProbeContext context = ProbeBench.Context();
        var run = new IcmpRun(new Checks.Probes.Packets.PacketTrain(2), 8, v6: true, raw: true, context);
        run.Train.Leaves(0);
        byte[] reply = run.Packet(0).ToArray();
        reply[0] = 129;
        byte[] wrong = (byte[])reply.Clone();
        wrong[^1] ^= 1;
        byte[] never = (byte[])reply.Clone();
        never[7] = 1;
        byte[] foreign = (byte[])reply.Clone();
        foreign[4] ^= 1;
        foreach (byte[] packet in (byte[][])[wrong, never, foreign, [], [129], reply, reply]) run.Take(packet, 60, new Checks.Probes.Packets.PacketArrival(0, TimeSpan.Zero));
        Assert.Equal((1, 2, 1, 4), (run.Train.Answered, run.Train.Strange, run.Train.Duplicates, run.Hops));
    }

    [Fact]
    public async Task Who_may_not_ping_is_told_what_it_needs()
    {
        var kinds = new List<SocketType>();
        var probe = (IcmpProbe)ProbeBench.Good("icmp", TimeSpan.FromSeconds(5), ("host", "127.0.0.1"), ("expect", "silent"));
        ProbeResult result = await (probe with
        {
            OpenSocket = (_, type, _) =>
            {
                kinds.Add(type);
                throw new SocketException((int)SocketError.AccessDenied);
            },
        }).RunAsync(ProbeBench.Context(), TestContext.Current.CancellationToken);

        Assert.Equal((CheckStatus.Unknown, ProbeReason.NoPermission), (result.Status, result.Reason));
        Assert.Matches(@"ICMP needs net\.ipv4\.ping_group_range to include group \d+ \(now \d+ \d+\), or CAP_NET_RAW$", result.Summary);
        Assert.Equal([SocketType.Dgram, SocketType.Raw], kinds);
        Assert.Equal("ICMP needs net.ipv4.ping_group_range to include group 1000 (now 1 0), or CAP_NET_RAW", IcmpSocket.Forbidden("1 0", "1000"));
    }

    [Fact]
    public async Task No_descriptor_is_local_and_not_a_matter_of_permission()
    {
        var probe = (IcmpProbe)ProbeBench.Good("icmp", TimeSpan.FromSeconds(5), ("host", "127.0.0.1"));
        ProbeResult result = await (probe with { OpenSocket = (_, _, _) => throw new SocketException((int)SocketError.TooManyOpenSockets) })
            .RunAsync(ProbeBench.Context(), TestContext.Current.CancellationToken);

        Assert.Equal((CheckStatus.Unknown, ProbeReason.Local), (result.Status, result.Reason));
    }

    [Theory]
    [InlineData("size", "7", "out_of_range")]
    [InlineData("ttl", "0", "out_of_range")]
    [InlineData("ttl", "256", "out_of_range")]
    [InlineData("count", "0", "out_of_range")]
    [InlineData("spacing", "5s", "out_of_range")]
    [InlineData("port", "7", "unknown_key")]
    [InlineData("expect", "refused", "bad_value")]
    public void Bad_options_are_named(string key, string value, string code)
    {
        ProbeReading reading = ProbeBench.Read("icmp", ("host", "gw1"), (key, value));
        Assert.Equal(code, Assert.Single(reading.Findings).Code);
    }

    private static void Allowed(ProbeResult result)
    {
        if (result.Reason == ProbeReason.NoPermission) throw SkipTestException.Because(result.Summary, "SCOUT_REQUIRE_NETNS");
    }

    private Task<ProbeResult> RunAsync(SocketType type, params (string, object)[] options) => RunAsync(type, TimeSpan.FromSeconds(5), options);

    /// <summary>From the lab's client, with one kind of socket alone.</summary>
    private async Task<ProbeResult> RunAsync(SocketType type, TimeSpan timeout, params (string, object)[] options)
    {
        lab.Require();
        if (type == SocketType.Dgram) lab.Command("c", "echo 0 0 > /proc/sys/net/ipv4/ping_group_range");
        (string, object)[] quick = options.Any(option => option.Item1 == "spacing") ? options : [.. options, ("spacing", "5ms")];
        var probe = (IcmpProbe)ProbeBench.Good("icmp", timeout, quick);
        IcmpProbe one = probe with
        {
            OpenSocket = (address, asked, protocol) =>
                asked == type ? probe.Target.Open(address, asked, protocol) : throw new SocketException((int)SocketError.AccessDenied),
        };
        return await lab.In("c", () => one.RunAsync(ProbeBench.Context(), CancellationToken.None).AsTask());
    }
}
