using System.Net;
using System.Net.Sockets;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Dns;
using Scout.Checks.Tests.Probes.Servers;
using Scout.Testing;

namespace Scout.Checks.Tests.Probes.Dns;

public sealed class DnsProbeTests
{
    [Fact]
    public async Task An_answer_is_told_with_its_records()
    {
        using FakeDnsServer server = Serving(FakeDnsServer.A("10.0.0.1", 300), FakeDnsServer.A("10.0.0.2", 60));
        ProbeResult result = await AskAsync(server);

        Assert.Equal((CheckStatus.Ok, ProbeReason.Ok), (result.Status, result.Reason));
        Assert.StartsWith($"x.test A has 2 answers from {server.Name} in ", result.Summary, StringComparison.Ordinal);
        Assert.Equal(["time", "answers", "ttl"], ProbeBench.Labels(result));
        Assert.Equal(("2;;;0", "60s;;;0"), (result.PerfData[1].Raw, result.PerfData[2].Raw));
        Assert.Equal(("NOERROR", "qr rd ra", "10.0.0.1\n10.0.0.2", "udp"), (Fact("rcode"), Fact("flags"), Fact("records"), Fact("transport")));
        Assert.Equal((server.Name, "127.0.0.1", "4", "query"), (Fact("server"), Fact("address"), Fact("family"), Fact("phase")));
        string Fact(string name) => ProbeBench.Fact(result, name);
    }

    [Fact]
    public async Task Ids_are_fresh()
    {
        using var server = new FakeDnsServer(query => FakeDnsServer.Answer(query, 0, 0x8180, FakeDnsServer.A("10.0.0.1")));
        for (int run = 0; run < 4; run++) Assert.Equal(CheckStatus.Ok, (await AskAsync(server)).Status);
        Assert.InRange(server.Queries.Select(query => (query[0] << 8) | query[1]).Distinct().Count(), 3, 4);
    }

    [Theory]
    [InlineData(3, ProbeReason.DnsNxdomain, "nxdomain")]
    [InlineData(2, ProbeReason.DnsServfail, "servfail")]
    [InlineData(5, ProbeReason.DnsOther, "refused")]
    [InlineData(0, ProbeReason.DnsOther, "nodata")]
    [InlineData(1, ProbeReason.DnsOther, "")]
    public async Task Every_response_code_has_its_reason_and_its_negative_test(int rcode, ProbeReason reason, string outcome)
    {
        using var server = new FakeDnsServer(query => FakeDnsServer.Answer(query, rcode));
        ProbeResult result = await AskAsync(server);
        Assert.Equal((CheckStatus.Critical, reason), (result.Status, result.Reason));
        Assert.Contains("x.test A", result.Summary, StringComparison.Ordinal);
        Assert.Equal(DnsWords.Rcode(rcode), ProbeBench.Fact(result, "rcode"));
        foreach (string expect in (string[])["nxdomain", "servfail", "refused", "nodata", "timeout"])
        {
            ProbeResult wanted = await AskAsync(server, ("expect", expect));
            Assert.Equal(expect == outcome ? (CheckStatus.Ok, ProbeReason.Ok) : (CheckStatus.Critical, ProbeReason.Negative), (wanted.Status, wanted.Reason));
        }
    }

    [Fact]
    public async Task A_dead_server_fulfils_no_test_for_refusal()
    {
        ProbeResult dead = await ProbeBench.RunAsync("dns", ("name", "x.test"), ("server", $"127.0.0.1:{UdpServer.ClosedPort()}"));
        ProbeResult refused = await ProbeBench.RunAsync("dns", ("name", "x.test"), ("server", $"127.0.0.1:{UdpServer.ClosedPort()}"), ("expect", "refused"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Refused), (dead.Status, dead.Reason));
        Assert.Equal((CheckStatus.Critical, ProbeReason.Negative), (refused.Status, refused.Reason));
    }

    [Fact]
    public async Task Silence_is_a_dns_timeout_unless_it_is_wanted_or_this_process_slept()
    {
        using var server = new FakeDnsServer(_ => (IEnumerable<byte[]>)[]);
        ProbeResult silent = await ShortAsync(server);
        ProbeResult wanted = await ShortAsync(server, ("expect", "timeout"));
        ProbeContext slept = ProbeBench.Context() with { Stalls = new ProbeBench.Stalls(TimeSpan.FromMilliseconds(100)) };
        ProbeResult stalled = await ProbeBench.RunAsync("dns", TimeSpan.FromMilliseconds(150), slept, ("name", "x.test"), ("server", server.Name));

        Assert.Equal((CheckStatus.Critical, ProbeReason.DnsTimeout), (silent.Status, silent.Reason));
        Assert.Equal((CheckStatus.Ok, 3), (wanted.Status, server.Queries.Count));
        Assert.Equal((CheckStatus.Unknown, ProbeReason.Stalled), (stalled.Status, stalled.Reason));
        Assert.Equal(["time"], ProbeBench.Labels(silent));
    }

    [Fact]
    public async Task Forged_answers_are_passed_over_and_the_true_one_counts()
    {
        using var server = new FakeDnsServer(Forging);
        ProbeResult result = await AskAsync(server);

        Assert.Equal((CheckStatus.Ok, "10.0.0.1"), (result.Status, ProbeBench.Fact(result, "records")));
        Assert.Equal("4", ProbeBench.Fact(result, "strange"));

        static IEnumerable<byte[]> Forging(byte[] query)
        {
            byte[] forged = FakeDnsServer.Answer(query, 0, 0x8180, FakeDnsServer.A("6.6.6.6"));
            byte[] wrongId = (byte[])forged.Clone();
            wrongId[1] ^= 1;
            byte[] wrongName = (byte[])forged.Clone();
            wrongName[13] = (byte)'y';
            yield return wrongId;
            yield return wrongName;
            yield return query;
            yield return [];
            yield return FakeDnsServer.Answer(query, 0, 0x8180, FakeDnsServer.A("10.0.0.1"));
        }
    }

    [Fact]
    public async Task An_answer_from_another_port_is_not_heard()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var server = new UdpServer(async (_, query, from) => await other.SendToAsync(FakeDnsServer.Answer(query, 0, 0x8180, FakeDnsServer.A("6.6.6.6")), SocketFlags.None, from));
        ProbeResult result = await ProbeBench.RunAsync("dns", TimeSpan.FromMilliseconds(150), ProbeBench.Context(), ("name", "x.test"), ("server", $"127.0.0.1:{server.Port}"));

        Assert.Equal((ProbeReason.DnsTimeout, 1), (result.Reason, server.Received));
        Assert.Equal("", ProbeBench.Fact(result, "strange"));
    }

    [Fact]
    public async Task A_truncated_answer_is_fetched_over_tcp_within_the_attempt()
    {
        using var server = new FakeDnsServer(
            query => [FakeDnsServer.Answer(query, 0, 0x8380)],
            query => [FakeDnsServer.Answer(query, 0, 0x8180, [.. Enumerable.Range(0, 100).Select(index => FakeDnsServer.A($"10.0.0.{index}"))])]);
        ProbeResult result = await AskAsync(server);

        Assert.Equal((CheckStatus.Ok, "tcp", "query over TCP"), (result.Status, ProbeBench.Fact(result, "transport"), ProbeBench.Fact(result, "phase")));
        Assert.Equal((1, 1, 100d), (server.Queries.Count, server.OverTcp, result.PerfData[1].Value));
    }

    [Fact]
    public async Task A_server_whose_tcp_fails_is_told_so()
    {
        using var closing = new FakeDnsServer(query => [FakeDnsServer.Answer(query, 0, 0x8380)], _ => []);
        using var lying = new FakeDnsServer(query => [FakeDnsServer.Answer(query, 0, 0x8380)], _ => [new byte[3]]);
        using UdpServer none = UdpServer.Answering((query, _) => FakeDnsServer.Answer(query, 0, 0x8380));
        ProbeResult noTcp = await ProbeBench.RunAsync("dns", ("name", "x.test"), ("server", $"127.0.0.1:{none.Port}"));

        Assert.Equal(ProbeReason.Reset, (await AskAsync(closing)).Reason);
        Assert.Equal(ProbeReason.Protocol, (await AskAsync(lying)).Reason);
        Assert.Equal((CheckStatus.Critical, ProbeReason.Refused), (noTcp.Status, noTcp.Reason));
    }

    [Fact]
    public async Task Tcp_from_the_start_asks_nothing_over_udp()
    {
        using FakeDnsServer server = Serving(FakeDnsServer.A("10.0.0.1"));
        ProbeResult result = await AskAsync(server, ("transport", "tcp"));

        Assert.Equal((CheckStatus.Ok, 0, 1), (result.Status, server.Queries.Count, server.OverTcp));
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_a_matter_of_protocol()
    {
        using var loop = new FakeDnsServer(query => FakeDnsServer.Answer(query, 0, 0x8180, FakeDnsServer.A("10.0.0.1", owner: [0xC0, 0xFF])));
        using var oversized = new FakeDnsServer(query => FakeDnsServer.Answer(query, 0, 0x8180, [.. Enumerable.Range(0, 600).Select(index => FakeDnsServer.A($"10.0.0.{index % 256}"))]));
        ProbeResult bad = await AskAsync(loop);
        ProbeResult big = await AskAsync(oversized);

        Assert.Equal((CheckStatus.Critical, ProbeReason.Protocol), (bad.Status, bad.Reason));
        Assert.Equal((CheckStatus.Ok, 128d), (big.Status, big.PerfData[1].Value));
        Assert.Contains("128", ProbeBench.Fact(big, "cut"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("min", "3", ProbeReason.Size)]
    [InlineData("min", "2", ProbeReason.Ok)]
    [InlineData("max", "1", ProbeReason.Size)]
    [InlineData("max", "2", ProbeReason.Ok)]
    [InlineData("match", "^10\\.", ProbeReason.Ok)]
    [InlineData("match", "1$", ProbeReason.Body)]
    [InlineData("include", "10.0.0.2", ProbeReason.Ok)]
    [InlineData("include", "10.0.0.3", ProbeReason.Body)]
    [InlineData("exact", "10.0.0.1", ProbeReason.Body)]
    public async Task Records_must_be_as_expected(string key, string value, ProbeReason reason)
    {
        using FakeDnsServer server = Serving(FakeDnsServer.A("10.0.0.1"), FakeDnsServer.A("10.0.0.2"));
        object wanted = key is "include" or "exact" ? new object[] { value } : value;
        ProbeResult result = await AskAsync(server, ("answers", new (string, object)[] { (key, wanted) }));

        Assert.Equal(reason, result.Reason);
        Assert.Equal(reason == ProbeReason.Ok ? CheckStatus.Ok : CheckStatus.Critical, result.Status);
    }

    [Fact]
    public async Task All_failed_expectations_are_listed_and_order_and_case_do_not_count()
    {
        using FakeDnsServer server = Serving(FakeDnsServer.Record(15, 60, [0, 10, .. FakeDnsServer.Wire("Mail.X.test")]), FakeDnsServer.Record(15, 60, [0, 20, .. FakeDnsServer.Wire("b.x.test")]));
        ProbeResult good = await AskAsync(server, ("type", "MX"), ("answers", new (string, object)[] { ("exact", new object[] { "20 b.x.test.", "10 mail.x.test" }) }));
        ProbeResult bad = await AskAsync(
            server, ("type", "MX"), ("answers", new (string, object)[] { ("min", 3), ("include", new object[] { "5 c.x.test" }) }), ("ttl", new (string, object)[] { ("min", "1h") }));

        Assert.Equal("", good.Status == CheckStatus.Ok ? "" : good.Summary);
        Assert.Equal((ProbeReason.Size, 3), (bad.Reason, bad.Detail.Split('\n').Length));
        Assert.Contains("2 answers, wanted at least 3 (and 2 more)", bad.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ttl_flags_and_response_code_can_be_wanted()
    {
        using FakeDnsServer server = Serving(FakeDnsServer.A("10.0.0.1", 300));
        using var own = new FakeDnsServer(query => FakeDnsServer.Answer(query, 0, 0x85A0, FakeDnsServer.A("10.0.0.1", 5)));
        using var gone = new FakeDnsServer(query => FakeDnsServer.Answer(query, 3));
        Assert.Equal(ProbeReason.Header, (await AskAsync(server, ("ttl", Pairs(("max", "1m"))))).Reason);
        Assert.Equal(ProbeReason.Ok, (await AskAsync(server, ("ttl", Pairs(("min", "1m"), ("max", "5m"))))).Reason);
        Assert.Equal(ProbeReason.Header, (await AskAsync(server, ("authoritative", "true"))).Reason);
        Assert.Equal(ProbeReason.Header, (await AskAsync(server, ("authenticated", "true"))).Reason);
        Assert.Equal(ProbeReason.Ok, (await AskAsync(server, ("authoritative", "false"))).Reason);
        Assert.Equal(ProbeReason.Ok, (await AskAsync(own, ("authoritative", "true"), ("authenticated", "true"))).Reason);
        Assert.Equal(0x20, own.Queries[^1][3]);
        Assert.Equal(ProbeReason.Ok, (await AskAsync(gone, ("rcode", "NXDOMAIN"))).Reason);
        Assert.Equal(ProbeReason.DnsOther, (await AskAsync(server, ("rcode", "NXDOMAIN"))).Reason);
    }

    [Fact]
    public async Task A_slow_answer_passes_its_limit()
    {
        using var server = new UdpServer(async (socket, query, from) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System);
            await socket.SendToAsync(FakeDnsServer.Answer(query, 0, 0x8180, FakeDnsServer.A("10.0.0.1")), SocketFlags.None, from);
        });
        ProbeResult result = await ProbeBench.RunAsync("dns", ("name", "x.test"), ("server", $"127.0.0.1:{server.Port}"), ("warning", "20ms"));

        Assert.Equal((CheckStatus.Warning, ProbeReason.Slow), (result.Status, result.Reason));
    }

    [Fact]
    public async Task Each_server_of_a_list_is_asked_and_the_worst_decides()
    {
        using FakeDnsServer well = Serving(FakeDnsServer.A("10.0.0.1"));
        using var ill = new FakeDnsServer(query => FakeDnsServer.Answer(query, 2));
        ProbeResult result = await ProbeBench.RunAsync("dns", ("name", "x.test"), ("server", new object[] { well.Name, ill.Name }));

        Assert.Equal((CheckStatus.Critical, ProbeReason.DnsServfail), (result.Status, result.Reason));
        Assert.Equal(2, result.Detail.Split('\n').Length);
        Assert.Contains(ill.Name, result.Detail, StringComparison.Ordinal);
        Assert.Equal((1, 1), (well.Queries.Count, ill.Queries.Count));
    }

    [Fact]
    public void The_servers_of_the_system_are_read_at_each_run()
    {
        using var folder = new TempFolder();
        string file = folder.Write("resolv.conf", "# mine\nsearch x.test\nnameserver 10.0.0.53\nnameserver\tfe80::1%1\noptions ndots:5\nnameserver junk\n");
        Assert.Equal(["10.0.0.53:53", "[fe80::1%1]:53"], DnsServers.OfSystem(file, out _).Select(server => server.ToString()));
        Assert.Equal(["127.0.0.1:53"], DnsServers.OfSystem(folder.File("none"), out _).Select(server => server.ToString()));
        Assert.Empty(DnsServers.OfSystem(folder.Path, out _).Skip(1));
    }

    [Fact]
    public void Addresses_are_reversed_for_ptr()
    {
        var probe = (DnsProbe)ProbeBench.Good("dns", TimeSpan.FromSeconds(5), ("name", "10.1.2.3"), ("type", "PTR"));
        Assert.Equal(("3.2.1.10.in-addr.arpa", DnsServers.System), (probe.Name, probe.Servers));
    }

    [Fact]
    public void Texts_that_mean_the_same_have_one_canonical_form()
    {
        string first = ProbeBench.Read("dns", ("name", "x.test."), ("server", "10.0.0.1:53")).Canonical;
        Assert.Contains("\"server\":[\"10.0.0.1:53\"]", first, StringComparison.Ordinal);
        Assert.Equal(
            ProbeBench.Read("dns", ("name", "x.test"), ("server", new object[] { "10.0.0.1" })).Canonical,
            ProbeBench.Read("dns", ("type", "A"), ("server", "10.0.0.1:53"), ("name", "x.test")).Canonical);
    }

    [Theory]
    [InlineData("name", "a..b", "bad_value")]
    [InlineData("name", "10.0.0.1", "bad_value")]
    [InlineData("type", "ANY", "bad_value")]
    [InlineData("server", "dns.example", "bad_value")]
    [InlineData("server", "10.0.0.1:99999", "bad_value")]
    [InlineData("transport", "tls", "bad_value")]
    [InlineData("rcode", "OOPS", "bad_value")]
    [InlineData("source", "::1", "conflict")]
    [InlineData("port", "53", "unknown_key")]
    public void Bad_options_are_named(string key, string value, string code)
    {
        (string, object)[] usual = [("name", "x.test"), ("server", "10.0.0.1")];
        ProbeReading reading = ProbeBench.Read("dns", [.. usual.Where(entry => entry.Item1 != key), (key, value)]);
        Assert.Null(reading.Options);
        Assert.Equal(code, Assert.Single(reading.Findings).Code);
    }

    [Fact]
    public void A_negative_test_takes_no_expectations()
    {
        ProbeReading reading = ProbeBench.Read("dns", ("name", "x.test"), ("expect", "nxdomain"), ("rcode", "NOERROR"), ("answers", Pairs(("min", 1))), ("critical", "1s"));
        Assert.Equal(["conflict", "conflict", "conflict"], reading.Findings.Select(finding => finding.Code));
    }

    private static (string, object)[] Pairs(params (string, object)[] pairs) => pairs;

    private static FakeDnsServer Serving(params byte[][] records) => new(query => FakeDnsServer.Answer(query, 0, 0x8180, records));

    private static async Task<ProbeResult> AskAsync(FakeDnsServer server, params (string, object)[] more) =>
        await ProbeBench.RunAsync("dns", [("name", "x.test"), ("server", server.Name), .. more]);

    private static async Task<ProbeResult> ShortAsync(FakeDnsServer server, params (string, object)[] more) =>
        await ProbeBench.RunAsync("dns", TimeSpan.FromMilliseconds(150), ProbeBench.Context(), [("name", "x.test"), ("server", server.Name), .. more]);
}
