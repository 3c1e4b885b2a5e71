using System.Net;
using System.Net.Sockets;
using Scout.Checks.Probes;
using Scout.Checks.Stamp;
using Scout.Checks.Tests.Probes.Servers;

namespace Scout.Checks.Tests.Probes.Udp;

public sealed class UdpProbeTests
{
    [Fact]
    public async Task A_reflector_of_scout_answers_with_numbers_and_directions()
    {
        using UdpServer server = UdpServer.Reflecting(Reflector());
        ProbeResult result = await RunAsync(server);

        Assert.Equal((CheckStatus.Ok, ProbeReason.Ok), (result.Status, result.Reason));
        Assert.StartsWith($"127.0.0.1:{server.Port} answered 5 of 5 packets in ", result.Summary, StringComparison.Ordinal);
        Assert.Equal(["time", "loss", "min", "max", "jitter", "loss_fwd", "loss_rev"], ProbeBench.Labels(result));
        Assert.Equal("0%;20;60;0", result.PerfData[1].Raw);
        Assert.Equal(("5", "5", "scout", "42", "false", "64"), (Fact("sent"), Fact("received"), Fact("reflector"), Fact("incarnation"), Fact("leaving"), Fact("sender_ttl")));
        Assert.Equal(("127.0.0.1", "4", "exchange"), (Fact("address"), Fact("family"), Fact("phase")));
        string Fact(string name) => ProbeBench.Fact(result, name);
    }

    [Fact]
    public async Task Loss_is_told_by_direction()
    {
        using UdpServer server = UdpServer.Reflecting(Reflector(), dropRequest: place => place is 1 or 2, dropReply: place => place == 5);
        ProbeResult result = await LosingAsync(server, ("count", 10), ("spacing", "2ms"));

        Assert.Equal((CheckStatus.Warning, ProbeReason.Loss), (result.Status, result.Reason));
        Assert.Contains("lost 3 of 10 packets (30 %, over 20 %)", result.Summary, StringComparison.Ordinal);
        Assert.Equal((30d, 20d, 10d), (Number(result, "loss"), Number(result, "loss_fwd"), Number(result, "loss_rev")));
    }

    [Theory]
    [InlineData(1, CheckStatus.Ok)]
    [InlineData(2, CheckStatus.Warning)]
    [InlineData(3, CheckStatus.Warning)]
    [InlineData(4, CheckStatus.Critical)]
    public async Task Limits_of_loss_are_passed_when_strictly_greater(int lost, CheckStatus status)
    {
        using UdpServer server = UdpServer.Answering((packet, place) => place < lost ? null : packet);
        ProbeResult result = await LosingAsync(server, ("mode", "echo"), ("spacing", "1ms"));

        Assert.Equal(status, result.Status);
        Assert.Equal(status == CheckStatus.Ok ? ProbeReason.Ok : ProbeReason.Loss, result.Reason);
        Assert.Equal(lost * 20d, Number(result, "loss"));
    }

    [Fact]
    public async Task A_reflector_of_rfc_8762_without_tlvs_will_do()
    {
        using UdpServer server = UdpServer.Answering((packet, place) => Foreign(packet, (uint)place));
        ProbeResult result = await RunAsync(server);

        Assert.Equal(CheckStatus.Ok, result.Status);
        Assert.Equal("other", ProbeBench.Fact(result, "reflector"));
        Assert.Equal(["time", "loss", "min", "max", "jitter", "loss_fwd", "loss_rev"], ProbeBench.Labels(result));
    }

    [Fact]
    public async Task A_reflector_that_copies_numbers_says_nothing_about_directions()
    {
        using UdpServer server = UdpServer.Answering((packet, place) => place == 1 ? null : Foreign(packet, number: null));
        ProbeResult result = await LosingAsync(server, ("size", 44), ("spacing", "1ms"));

        Assert.Equal(CheckStatus.Ok, result.Status);
        Assert.Equal(["time", "loss", "min", "max", "jitter"], ProbeBench.Labels(result));

        using UdpServer full = UdpServer.Reflecting(new StampReflector(new StampReflectorOptions { Sessions = 1 }));
        await RunAsync(full);
        ProbeResult second = await RunAsync(full);
        Assert.DoesNotContain("loss_fwd", ProbeBench.Labels(second));
    }

    [Fact]
    public async Task The_time_at_the_reflector_is_not_that_of_the_way()
    {
        var reply = new byte[2000];
        TimeSpan held = TimeSpan.Zero;
        using var server = new UdpServer(async (socket, packet, from) =>
        {
            long since = TimeProvider.System.GetTimestamp();
            NtpTime arrived = NtpTime.From(TimeProvider.System.GetUtcNow());
            await Task.Delay(TimeSpan.FromMilliseconds(60), TimeProvider.System);
            NtpTime left = NtpTime.From(TimeProvider.System.GetUtcNow());
            held = TimeProvider.System.GetElapsedTime(since);
            int size = Reflector().Reflect(packet, new StampArrival(StampSource.From((IPEndPoint)from), 1, arrived, left, 64), reply);
            await socket.SendToAsync(reply.AsMemory(0, size), SocketFlags.None, from);
        });
        ProbeResult result = await RunAsync(server, ("count", 1));

        Assert.Equal(ProbeReason.Ok, result.Reason);
        Assert.True(held > TimeSpan.FromMilliseconds(30), $"held for {held}");
        Assert.InRange(Number(result, "time"), 0, (result.Duration - held).TotalSeconds + 0.001);
    }

    [Fact]
    public async Task A_port_where_nobody_is_is_refused()
    {
        ProbeResult result = await ProbeBench.RunAsync("udp", ("host", "127.0.0.1"), ("port", UdpServer.ClosedPort()));
        ProbeResult wanted = await ProbeBench.RunAsync("udp", ("host", "127.0.0.1"), ("port", UdpServer.ClosedPort()), ("expect", "refused"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Refused), (result.Status, result.Reason));
        Assert.Equal(CheckStatus.Ok, wanted.Status);
    }

    [Fact]
    public async Task Silence_is_a_timeout_unless_it_is_wanted()
    {
        using UdpServer server = UdpServer.Silent();
        ProbeResult result = await ProbeBench.RunAsync("udp", Short, ProbeBench.Context(), ("host", "127.0.0.1"), ("port", server.Port), ("spacing", "1ms"));
        ProbeResult wanted = await ProbeBench.RunAsync(
            "udp", Short, ProbeBench.Context(), ("host", "127.0.0.1"), ("port", server.Port), ("spacing", "1ms"), ("expect", "silent"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Timeout), (result.Status, result.Reason));
        Assert.Contains("no answer to 5 packets within 150 ms", result.Summary, StringComparison.Ordinal);
        Assert.Equal(["time", "loss"], ProbeBench.Labels(result));
        Assert.Equal((CheckStatus.Ok, 10), (wanted.Status, server.Received));
    }

    [Fact]
    public async Task Silence_while_this_process_slept_is_stalled()
    {
        using UdpServer server = UdpServer.Answering((packet, place) => place == 0 ? packet : null);
        using UdpServer silent = UdpServer.Silent();
        ProbeContext slept = ProbeBench.Context() with { Stalls = new ProbeBench.Stalls(TimeSpan.FromMilliseconds(60)) };
        ProbeResult some = await ProbeBench.RunAsync("udp", Short, slept, ("host", "127.0.0.1"), ("port", server.Port), ("spacing", "1ms"), ("mode", "echo"));
        ProbeResult all = await ProbeBench.RunAsync("udp", Short, slept, ("host", "127.0.0.1"), ("port", silent.Port), ("spacing", "1ms"), ("expect", "silent"));

        Assert.Equal((CheckStatus.Unknown, ProbeReason.Stalled), (some.Status, some.Reason));
        Assert.Equal((CheckStatus.Unknown, ProbeReason.Stalled), (all.Status, all.Reason));
    }

    [Theory]
    [InlineData("refused")]
    [InlineData("silent")]
    public async Task A_negative_test_fails_when_somebody_answers(string expect)
    {
        using UdpServer server = UdpServer.Reflecting(Reflector());
        ProbeResult result = await RunAsync(server, ("expect", expect));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Negative), (result.Status, result.Reason));
    }

    [Fact]
    public async Task Strange_and_doubled_packets_count_for_nothing()
    {
        using var server = new UdpServer(async (socket, packet, from) =>
        {
            byte[] other = (byte[])packet.Clone();
            other[5] ^= 1;
            await socket.SendToAsync(other, SocketFlags.None, from);
            await socket.SendToAsync(packet[..^1], SocketFlags.None, from);
            await socket.SendToAsync(Array.Empty<byte>(), SocketFlags.None, from);
            await socket.SendToAsync(packet, SocketFlags.None, from);
            await socket.SendToAsync(packet, SocketFlags.None, from);
        });
        ProbeResult echo = await RunAsync(server, ("mode", "echo"), ("count", 2));
        Assert.Equal((CheckStatus.Ok, 0d), (echo.Status, Number(echo, "loss")));
        Assert.Contains(ProbeBench.Fact(echo, "duplicates"), (string[])["1", "2"]);
        Assert.Equal("6", ProbeBench.Fact(echo, "strange"));

        // What only mirrors is no reflector.
        using UdpServer mirror = UdpServer.Answering((packet, _) => packet);
        ProbeResult stamp = await ProbeBench.RunAsync("udp", Short, ProbeBench.Context(), ("host", "127.0.0.1"), ("port", mirror.Port), ("spacing", "1ms"));
        Assert.Equal(ProbeReason.Timeout, stamp.Reason);
        Assert.Contains("5 strange packets came", stamp.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_from_another_address_is_not_heard()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var server = new UdpServer(async (_, packet, from) => await other.SendToAsync(packet, SocketFlags.None, from));
        ProbeResult result = await ProbeBench.RunAsync(
            "udp", Short, ProbeBench.Context(), ("host", "127.0.0.1"), ("port", server.Port), ("mode", "echo"), ("spacing", "1ms"));

        Assert.Equal(ProbeReason.Timeout, result.Reason);
        Assert.Equal("", ProbeBench.Fact(result, "strange"));
    }

    [Fact]
    public async Task Bytes_of_ones_own_are_sent_and_the_answer_must_match()
    {
        using UdpServer server = UdpServer.Answering((packet, _) => [.. "pong "u8, .. packet]);
        ProbeResult good = await RunAsync(server, ("mode", "payload"), ("send", "ping"), ("count", 1), ("match", "^pong ping$"));
        ProbeResult bad = await RunAsync(server, ("mode", "payload"), ("send", "hex:00ff"), ("count", 1), ("match", "^ping"));
        ProbeResult any = await RunAsync(server, ("mode", "payload"), ("send", "x"), ("count", 3), ("spacing", "1ms"));

        Assert.Equal(CheckStatus.Ok, good.Status);
        Assert.Contains("answered 'pong ping'", good.Summary, StringComparison.Ordinal);
        Assert.Equal("pong ping", ProbeBench.Fact(good, "answer"));
        Assert.Equal((CheckStatus.Critical, ProbeReason.Body), (bad.Status, bad.Reason));
        Assert.Equal(CheckStatus.Ok, any.Status);
    }

    [Theory]
    [InlineData("mean")]
    [InlineData("median")]
    [InlineData("max")]
    public async Task Slow_answers_pass_a_limit_of_the_chosen_number(string stat)
    {
        using var server = new UdpServer(async (socket, packet, from) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(packet[3] == 2 ? 600 : 1), TimeProvider.System);
            await socket.SendToAsync(packet, SocketFlags.None, from);
        });
        ProbeResult result = await RunAsync(server, ("mode", "echo"), ("count", 3), ("spacing", "20ms"), ("stat", stat), ("warning", "150ms"), ("critical", "550ms"));

        Assert.Equal(stat switch { "mean" => CheckStatus.Warning, "median" => CheckStatus.Ok, _ => CheckStatus.Critical }, result.Status);
        Assert.Equal(stat == "median" ? ProbeReason.Ok : ProbeReason.Slow, result.Reason);
        Assert.EndsWith("s;0.15;0.55;0", result.PerfData[0].Raw, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_packet_bigger_than_the_way_is_a_matter_of_size()
    {
        // Loopback takes 65536 octets with the heads; only a path in a lab has less, so the largest packet with heads on top will do.
        using UdpServer server = UdpServer.Reflecting(Reflector());
        ProbeResult big = await RunAsync(server, ("size", 65_507), ("df", "true"), ("count", 1));
        Assert.Equal(CheckStatus.Ok, big.Status);
    }

    [Fact]
    public async Task Both_families_work()
    {
        if (!Socket.OSSupportsIPv6) Assert.Skip("no IPv6 here");
        using UdpServer server = UdpServer.Reflecting(Reflector(), address: IPAddress.IPv6Loopback);
        ProbeResult result = await ProbeBench.RunAsync("udp", ("host", "::1"), ("port", server.Port), ("df", "true"), ("count", 2), ("spacing", "1ms"));

        Assert.Equal("", result.Status == CheckStatus.Ok ? "" : result.Summary);
        Assert.Equal("6", ProbeBench.Fact(result, "family"));
    }

    [Theory]
    [InlineData("size", "45", "out_of_range")]
    [InlineData("size", "43", "out_of_range")]
    [InlineData("count", "0", "out_of_range")]
    [InlineData("count", "101", "out_of_range")]
    [InlineData("spacing", "2s", "out_of_range")]
    [InlineData("loss_warning", "70%", "out_of_range")]
    [InlineData("mode", "tcp", "bad_value")]
    [InlineData("mode", "payload", "missing_key")]
    [InlineData("send", "x", "conflict")]
    [InlineData("match", "x", "conflict")]
    [InlineData("stat", "p99", "bad_value")]
    [InlineData("expect", "timeout", "bad_value")]
    public void Bad_options_are_named(string key, string value, string code)
    {
        ProbeReading reading = ProbeBench.Read("udp", ("host", "n7"), ("port", 8620), (key, value));
        Assert.Null(reading.Options);
        Assert.Equal(code, Assert.Single(reading.Findings).Code);
        Assert.NotEmpty(reading.Findings[0].Hint);
    }

    [Fact]
    public void A_negative_test_takes_no_limits()
    {
        ProbeReading reading = ProbeBench.Read("udp", ("host", "n7"), ("port", 8620), ("expect", "silent"), ("loss_warning", "1%"), ("critical", "1s"));
        Assert.Equal(["conflict", "conflict"], reading.Findings.Select(finding => finding.Code));
    }

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(150);

    private static double Number(ProbeResult result, string label) => result.PerfData.Single(item => item.Label == label).RawValue!.Value;

    private static async Task<ProbeResult> RunAsync(UdpServer server, params (string, object)[] more) =>
        await ProbeBench.RunAsync("udp", TimeSpan.FromSeconds(10), ProbeBench.Context(), [("host", "127.0.0.1"), ("port", server.Port), .. more]);

    /// <summary>For runs in which something is lost: they last until the timeout.</summary>
    private static async Task<ProbeResult> LosingAsync(UdpServer server, params (string, object)[] more) =>
        await ProbeBench.RunAsync("udp", TimeSpan.FromMilliseconds(500), ProbeBench.Context(), [("host", "127.0.0.1"), ("port", server.Port), .. more]);

    private static StampReflector Reflector() => new(new StampReflectorOptions { Incarnation = 42, NodeId = 7, Port = 8620 });

    /// <summary>The reply of another's reflector: it copies what follows the head.</summary>
    private static byte[] Foreign(byte[] packet, uint? number)
    {
        byte[] reply = (byte[])packet.Clone();
        packet.AsSpan(0, 14).CopyTo(reply.AsSpan(24));
        reply[40] = 64;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(reply.AsSpan(16), NtpTime.From(TimeProvider.System.GetUtcNow()).Value);
        if (number is { } own) System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(reply, own);
        return reply;
    }
}
