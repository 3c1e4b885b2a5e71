using System.Net;
using System.Net.Sockets;
using System.Text;
using Scout.Checks.Probes;
using Scout.Checks.Tests.Probes.Servers;

namespace Scout.Checks.Tests.Probes.Tcp;

public sealed class TcpProbeTests
{
    [Fact]
    public async Task A_listening_port_is_ok()
    {
        using OneAnswerServer server = OneAnswerServer.Silent();
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", server.Port));

        Assert.Equal((CheckStatus.Ok, ProbeReason.Ok), (result.Status, result.Reason));
        Assert.StartsWith($"127.0.0.1:{server.Port} connected in ", result.Summary, StringComparison.Ordinal);
        Assert.Equal(["time", "connect"], ProbeBench.Labels(result));
        Assert.Equal("127.0.0.1", ProbeBench.Fact(result, "address"));
        Assert.Equal("4", ProbeBench.Fact(result, "family"));
        Assert.Equal("connect", ProbeBench.Fact(result, "phase"));
        Assert.Equal("seconds", result.PerfData[0].Unit);
        Assert.True(result.PerfData[0].Value >= result.PerfData[1].Value);
    }

    [Fact]
    public async Task A_name_is_looked_up_once_and_its_time_is_told()
    {
        using OneAnswerServer server = OneAnswerServer.Silent();
        var names = new ProbeBench.Names();
        ProbeResult result = await ProbeBench.RunAsync("tcp", TimeSpan.FromSeconds(10), ProbeBench.Context(names), ("host", "here.test"), ("port", server.Port));

        Assert.Equal(CheckStatus.Ok, result.Status);
        Assert.Equal(["time", "dns", "connect"], ProbeBench.Labels(result));
        Assert.Equal(1, names.Lookups);
    }

    [Fact]
    public async Task A_closed_port_is_refused_and_no_phase_is_told_as_zero()
    {
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", OneAnswerServer.ClosedPort()));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Refused), (result.Status, result.Reason));
        Assert.Equal(["time"], ProbeBench.Labels(result));
        Assert.Equal("connect", ProbeBench.Fact(result, "phase"));
        Assert.Contains("connection refused", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_critical()
    {
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "nowhere.test"), ("port", 1));

        Assert.Equal((CheckStatus.Critical, ProbeReason.DnsNxdomain), (result.Status, result.Reason));
        Assert.Equal("nowhere.test does not exist", result.Summary);
        Assert.Equal("dns", ProbeBench.Fact(result, "phase"));
    }

    [Fact]
    public async Task The_resolver_of_this_system_knows_nothing_of_an_invalid_name()
    {
        // RFC 6761: .invalid never exists. Without a resolver it is another dns reason, and still no crash.
        ProbeResult result = await ProbeBench.RunAsync(
            "tcp", TimeSpan.FromSeconds(3), ProbeBench.Context(new Checks.Probes.Names.SystemNameLookup()), ("host", "no-such-host.invalid"), ("port", 1));

        Assert.Equal(CheckStatus.Critical, result.Status);
        Assert.StartsWith("dns_", ProbeReasons.Name(result.Reason), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_resolver_is_a_dns_timeout()
    {
        ProbeResult result = await ProbeBench.RunAsync("tcp", TimeSpan.FromMilliseconds(150), ProbeBench.Context(new ProbeBench.DeafNames()), ("host", "x.test"), ("port", 1));

        Assert.Equal((CheckStatus.Critical, ProbeReason.DnsTimeout), (result.Status, result.Reason));
    }

    [Fact]
    public async Task A_peer_that_says_nothing_runs_into_the_deadline_in_a_named_phase()
    {
        using OneAnswerServer server = OneAnswerServer.Silent();
        ProbeResult result = await ProbeBench.RunShortAsync("tcp", ("host", "127.0.0.1"), ("port", server.Port), ("match", "ready"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Timeout), (result.Status, result.Reason));
        Assert.Equal("first_byte", ProbeBench.Fact(result, "phase"));
        Assert.Contains("no answer within 200 ms (first_byte)", result.Summary, StringComparison.Ordinal);
        Assert.Equal(["time", "connect"], ProbeBench.Labels(result));
    }

    [Fact]
    public async Task A_deadline_that_passed_while_this_process_slept_is_stalled_and_unknown()
    {
        using OneAnswerServer server = OneAnswerServer.Silent();
        ProbeContext context = ProbeBench.Context() with { Stalls = new ProbeBench.Stalls(TimeSpan.FromMilliseconds(60)) };
        ProbeResult result = await ProbeBench.RunAsync("tcp", TimeSpan.FromMilliseconds(200), context, ("host", "127.0.0.1"), ("port", server.Port), ("match", "x"));
        ProbeResult negative = await ProbeBench.RunAsync(
            "tcp", TimeSpan.FromMilliseconds(200), context, ("host", "127.0.0.1"), ("port", server.Port), ("match", "x"), ("expect", "timeout"));

        Assert.Equal((CheckStatus.Unknown, ProbeReason.Stalled), (result.Status, result.Reason));
        Assert.Equal((CheckStatus.Unknown, ProbeReason.Stalled), (negative.Status, negative.Reason));
    }

    [Fact]
    public async Task A_short_stall_excuses_nothing()
    {
        using OneAnswerServer server = OneAnswerServer.Silent();
        ProbeContext context = ProbeBench.Context() with { Stalls = new ProbeBench.Stalls(TimeSpan.FromMilliseconds(50)) };
        ProbeResult result = await ProbeBench.RunAsync("tcp", TimeSpan.FromMilliseconds(200), context, ("host", "127.0.0.1"), ("port", server.Port), ("match", "x"));

        Assert.Equal(ProbeReason.Timeout, result.Reason);
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_reset()
    {
        using OneAnswerServer server = OneAnswerServer.Resetting(afterFirstBytes: true);
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", server.Port), ("send", "hello\n"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Reset), (result.Status, result.Reason));
    }

    [Fact]
    public async Task A_peer_that_closes_without_a_word_is_reset()
    {
        using OneAnswerServer server = OneAnswerServer.Saying("");
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", server.Port), ("match", "220"));

        Assert.Equal(ProbeReason.Reset, result.Reason);
        Assert.Contains("without a word", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_is_not_ours_is_local_and_unknown()
    {
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", 1), ("source", "192.0.2.1"));

        Assert.Equal((CheckStatus.Unknown, ProbeReason.Local), (result.Status, result.Reason));
    }

    [Fact]
    public async Task No_route_is_unreachable()
    {
        // TCP to a broadcast address never leaves the host: Linux answers ENETUNREACH, as it does without a route.
        ProbeResult result = await ProbeBench.RunShortAsync("tcp", ("host", "255.255.255.255"), ("port", 1));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Unreachable), (result.Status, result.Reason));
    }

    [Fact]
    public async Task What_is_slower_than_a_limit_is_slow()
    {
        using OneAnswerServer server = Greeting(TimeSpan.FromMilliseconds(40));
        ProbeResult warned = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", server.Port), ("match", "ready"), ("warning", "20ms"), ("critical", "9s"));
        ProbeResult phase = await ProbeBench.RunAsync(
            "tcp", ("host", "127.0.0.1"), ("port", server.Port), ("match", "ready"), ("phases", new (string, object)[] { ("first_byte", new (string, object)[] { ("critical", "20ms") }) }));

        Assert.Equal((CheckStatus.Warning, ProbeReason.Slow), (warned.Status, warned.Reason));
        Assert.Equal((CheckStatus.Critical, ProbeReason.Slow), (phase.Status, phase.Reason));
        Assert.Contains("first_byte took", phase.Summary, StringComparison.Ordinal);
        Assert.Equal(["time", "connect", "first_byte", "size"], ProbeBench.Labels(warned));
        Assert.EndsWith("s;0.02;9;0", warned.PerfData[0].Raw, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("^SSH-2", "", true)]
    [InlineData("^SSH-1", "", false)]
    [InlineData("", "OpenSSH", false)]
    [InlineData("", "Dropbear", true)]
    public async Task What_comes_is_matched(string match, string notMatch, bool good)
    {
        using OneAnswerServer server = OneAnswerServer.Saying("SSH-2.0-OpenSSH_9.2\r\n");
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", server.Port), ("match", match), ("not_match", notMatch));

        Assert.Equal(good ? ProbeReason.Ok : ProbeReason.Body, result.Reason);
        Assert.Equal("21", result.PerfData.Single(item => item.Label == "size").Value!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains("'SSH-2.0-OpenSSH_9.2'", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_sent_arrives_and_the_farewell_follows_the_answer()
    {
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = new OneAnswerServer(async (socket, stop) =>
        {
            byte[] buffer = new byte[256];
            int length = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            await socket.SendAsync("250 ok\r\n"u8.ToArray(), SocketFlags.None, stop);
            for (int more; (more = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, stop)) > 0;) length += more;
            heard.SetResult(Encoding.ASCII.GetString(buffer, 0, length));
        });
        ProbeResult result = await ProbeBench.RunAsync(
            "tcp", ("host", "127.0.0.1"), ("port", server.Port), ("send", "hex:45 48 4c 4f 0d 0a"), ("match", "^250"), ("quit", "QUIT\r\n"));

        Assert.Equal(CheckStatus.Ok, result.Status);
        Assert.Equal("EHLO\r\nQUIT\r\n", await heard.Task.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task No_more_is_read_than_allowed()
    {
        using OneAnswerServer server = OneAnswerServer.Saying(new string('x', 100_000) + "end");
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", server.Port), ("match", "end"), ("max_bytes", "8KiB"));

        Assert.Equal(ProbeReason.Body, result.Reason);
        Assert.Equal(8192, result.PerfData.Single(item => item.Label == "size").Value);
        Assert.True(result.Summary.Length < 200);
    }

    [Fact]
    public async Task A_negative_test_is_ok_when_what_is_wanted_comes()
    {
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", OneAnswerServer.ClosedPort()), ("expect", "refused"));
        ProbeResult blocked = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", OneAnswerServer.ClosedPort()), ("expect", "blocked"));

        Assert.Equal((CheckStatus.Ok, ProbeReason.Ok), (result.Status, result.Reason));
        Assert.EndsWith("connection refused, as expected", result.Summary, StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Ok, blocked.Status);
    }

    [Theory]
    [InlineData("refused")]
    [InlineData("timeout")]
    [InlineData("unreachable")]
    [InlineData("blocked")]
    public async Task A_negative_test_is_critical_when_the_peer_answers(string expect)
    {
        using OneAnswerServer server = OneAnswerServer.Silent();
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", server.Port), ("expect", expect));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Negative), (result.Status, result.Reason));
        Assert.EndsWith($"connected, but '{expect}' was wanted", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_fulfils_no_negative_test_of_a_port()
    {
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "nowhere.test"), ("port", 1), ("expect", "blocked"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Negative), (result.Status, result.Reason));
    }

    [Fact]
    public async Task All_addresses_are_probed_once_and_the_worst_decides()
    {
        using OneAnswerServer server = OneAnswerServer.Silent();
        // 127.0.0.2 has no listener on that port.
        ProbeResult all = await ProbeBench.RunAsync("tcp", ("host", "both.test"), ("port", server.Port), ("all_addresses", "true"));
        ProbeResult first = await ProbeBench.RunAsync("tcp", ("host", "both.test"), ("port", server.Port));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Refused), (all.Status, all.Reason));
        Assert.Equal("127.0.0.2", ProbeBench.Fact(all, "address"));
        Assert.Equal("2", ProbeBench.Fact(all, "addresses"));
        Assert.Equal(2, all.Detail.Split('\n').Length);
        Assert.Equal(CheckStatus.Ok, first.Status);
    }

    [Fact]
    public async Task An_address_is_connected_to_instead_of_the_name()
    {
        using OneAnswerServer server = OneAnswerServer.Silent();
        var names = new ProbeBench.Names();
        ProbeResult result = await ProbeBench.RunAsync(
            "tcp", TimeSpan.FromSeconds(5), ProbeBench.Context(names), ("host", "nowhere.test"), ("port", server.Port), ("address", "127.0.0.1"), ("dscp", "46"));

        Assert.Equal(CheckStatus.Ok, result.Status);
        Assert.Equal(0, names.Lookups);
    }

    [Fact]
    public async Task Both_families_work()
    {
        if (!Socket.OSSupportsIPv6) Assert.Skip("no IPv6 here");
        using var server = new OneAnswerServer(static (_, stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop), IPAddress.IPv6Loopback);
        ProbeResult result = await ProbeBench.RunAsync("tcp", ("host", "::1"), ("port", server.Port), ("dscp", "10"), ("source", "::1"));

        Assert.Equal(CheckStatus.Ok, result.Status);
        Assert.Equal("6", ProbeBench.Fact(result, "family"));
        Assert.StartsWith($"[::1]:{server.Port} connected", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_is_cancelled_and_no_result()
    {
        using OneAnswerServer server = OneAnswerServer.Silent();
        using var cancel = new CancellationTokenSource();
        ValueTask<ProbeResult> run = ProbeBench.Good("tcp", TimeSpan.FromSeconds(30), ("host", "127.0.0.1"), ("port", server.Port), ("match", "x"))
            .RunAsync(ProbeBench.Context(), cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await run);
    }

    [Fact]
    public async Task One_attempt_makes_one_connection()
    {
        using OneAnswerServer server = OneAnswerServer.Resetting(afterFirstBytes: true);
        await ProbeBench.RunAsync("tcp", ("host", "127.0.0.1"), ("port", server.Port), ("send", "x"));

        Assert.Equal(1, server.Accepted);
    }

    private static OneAnswerServer Greeting(TimeSpan after) => new(async (socket, stop) =>
    {
        await Task.Delay(after, TimeProvider.System, stop);
        await socket.SendAsync("ready\n"u8.ToArray(), SocketFlags.None, stop);
        await OneAnswerServer.ReadToEndAsync(socket, stop);
    });
}
