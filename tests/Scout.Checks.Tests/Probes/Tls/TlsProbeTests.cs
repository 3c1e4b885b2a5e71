using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Tls;
using Scout.Checks.Tests.Probes.Servers;

namespace Scout.Checks.Tests.Probes.Tls;

public sealed class TlsProbeTests
{
    [Fact]
    public async Task A_certificate_with_a_chain_to_the_root_is_valid()
    {
        using OneAnswerServer server = TlsServer.Start(TestCertificates.Good);
        ProbeResult result = await RunAsync(server);

        Assert.Equal((CheckStatus.Ok, ProbeReason.Ok), (result.Status, result.Reason));
        Assert.Equal(["time", "connect", "tls", "days_left"], ProbeBench.Labels(result));
        Assert.InRange(result.PerfData[3].Value!.Value, 89.9, 90);
        Assert.Equal(";30:;7:", result.PerfData[3].Raw[result.PerfData[3].Raw.IndexOf(';', StringComparison.Ordinal)..]);
        Assert.Equal("CN=here.test", ProbeBench.Fact(result, "subject"));
        Assert.Equal("CN=Scout Test Intermediate", ProbeBench.Fact(result, "issuer"));
        Assert.Equal("DNS:here.test, IP:127.0.0.1", ProbeBench.Fact(result, "names"));
        Assert.Equal("2", ProbeBench.Fact(result, "sent"));
        Assert.Equal(TestCertificates.Good.GetCertHashString(HashAlgorithmName.SHA256), ProbeBench.Fact(result, "fingerprint"));
        Assert.Contains("is valid for 89 days", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_intermediate_is_untrusted_and_not_downloaded()
    {
        using OneAnswerServer server = TlsServer.Start(TestCertificates.Good, intermediates: []);
        ProbeResult result = await RunAsync(server);

        Assert.Equal((CheckStatus.Critical, ProbeReason.TlsUntrusted), (result.Status, result.Reason));
        Assert.Contains("an intermediate certificate may be missing", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_signed_itself_is_untrusted_also_with_the_roots_of_the_system()
    {
        using OneAnswerServer server = TlsServer.Start(TestCertificates.SelfSigned, intermediates: []);
        ProbeResult own = await RunAsync(server);
        ProbeResult system = await ProbeBench.RunAsync("tls", ("host", "here.test"), ("port", server.Port));
        ProbeResult wanted = await RunAsync(server, ("expect", "untrusted"));
        ProbeResult unverified = await ProbeBench.RunAsync("tls", ("host", "here.test"), ("port", server.Port), ("verify", "false"));

        Assert.Equal(ProbeReason.TlsUntrusted, own.Reason);
        Assert.Equal(ProbeReason.TlsUntrusted, system.Reason);
        Assert.Equal((CheckStatus.Ok, ProbeReason.Ok), (wanted.Status, wanted.Reason));
        Assert.Equal(CheckStatus.Ok, unverified.Status);
    }

    [Fact]
    public async Task A_name_that_is_not_in_the_certificate_is_told()
    {
        using OneAnswerServer server = TlsServer.Start(TestCertificates.Good);
        ProbeResult result = await RunAsync(server, ("server_name", "other.test"));
        ProbeResult address = await ProbeBench.RunAsync("tls", ("host", "127.0.0.1"), ("port", server.Port), ("ca_file", TestCertificates.RootFile));

        Assert.Equal((CheckStatus.Critical, ProbeReason.TlsName), (result.Status, result.Reason));
        Assert.Contains("is for here.test, 127.0.0.1, not for other.test", result.Summary, StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Ok, address.Status);
    }

    [Fact]
    public async Task An_end_in_the_past_decides_with_and_without_verifying()
    {
        using OneAnswerServer server = TlsServer.Start(TestCertificates.Leaf(days: -3));
        ProbeResult verified = await RunAsync(server);
        ProbeResult unverified = await ProbeBench.RunAsync("tls", ("host", "here.test"), ("port", server.Port), ("verify", "false"));
        ProbeResult wanted = await RunAsync(server, ("expect", "expired"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.TlsExpired), (verified.Status, verified.Reason));
        Assert.Contains("expired 3 days ago", verified.Summary, StringComparison.Ordinal);
        Assert.Equal(ProbeReason.TlsExpired, unverified.Reason);
        Assert.Equal(CheckStatus.Ok, wanted.Status);
        Assert.True(verified.PerfData.Single(item => item.Label == "days_left").Value < 0);
    }

    [Theory]
    [InlineData(40, "30d", "7d", CheckStatus.Ok)]
    [InlineData(20, "30d", "7d", CheckStatus.Warning)]
    [InlineData(5, "30d", "7d", CheckStatus.Critical)]
    [InlineData(20, "10d", "", CheckStatus.Ok)]
    [InlineData(20, "", "25d", CheckStatus.Critical)]
    [InlineData(20, "", "", CheckStatus.Warning)]
    public async Task Limits_are_of_the_life_left(double days, string warning, string critical, CheckStatus status)
    {
        using OneAnswerServer server = TlsServer.Start(TestCertificates.Leaf(days));
        ProbeResult result = await RunAsync(server, ("warning", warning), ("critical", critical));

        Assert.Equal((status, status == CheckStatus.Ok ? ProbeReason.Ok : ProbeReason.TlsExpired), (result.Status, result.Reason));
    }

    [Fact]
    public async Task The_earliest_end_of_all_certificates_that_were_sent_counts()
    {
        using X509Certificate2 soon = TestCertificates.Authority("CN=Soon", TestCertificates.Root, days: 12);
        using X509Certificate2 leaf = TestCertificates.Leaf(days: 90, issuer: soon);
        using OneAnswerServer server = TlsServer.Start(leaf, intermediates: [soon]);
        ProbeResult result = await RunAsync(server);

        Assert.Equal((CheckStatus.Warning, ProbeReason.TlsExpired), (result.Status, result.Reason));
        Assert.Contains("CN=Soon ends in 11 days", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_issuer_and_another_certificate_are_told_together()
    {
        using OneAnswerServer server = TlsServer.Start(TestCertificates.Good);
        string print = TestCertificates.Good.GetCertHashString(HashAlgorithmName.SHA256);
        ProbeResult good = await RunAsync(server, ("issuer", "^CN=Scout Test"), ("fingerprint", new object[] { new string('0', 64), print.ToLowerInvariant() }));
        ProbeResult bad = await RunAsync(server, ("issuer", "Let's Encrypt"), ("fingerprint", new object[] { new string('0', 64) }));
        ProbeResult other = await RunAsync(server, ("fingerprint", new object[] { new string('0', 64) }));

        Assert.Equal(CheckStatus.Ok, good.Status);
        Assert.Equal((CheckStatus.Critical, ProbeReason.TlsUntrusted), (bad.Status, bad.Reason));
        Assert.Equal(2, bad.Detail.Split('\n').Length);
        Assert.Equal(ProbeReason.Identity, other.Reason);
    }

    [Fact]
    public async Task A_peer_that_does_not_speak_tls_or_no_common_version_is_a_failed_handshake()
    {
        using OneAnswerServer clear = OneAnswerServer.Saying("HTTP/1.1 400 Bad Request\r\n\r\n");
        using OneAnswerServer old = TlsServer.Start(TestCertificates.Good, versions: SslProtocols.Tls12);
        using var closing = new OneAnswerServer(static async (socket, stop) => await socket.ReceiveAsync(new byte[4096], System.Net.Sockets.SocketFlags.None, stop));

        Assert.Equal(ProbeReason.TlsHandshake, (await RunAsync(clear)).Reason);
        Assert.Equal(ProbeReason.TlsHandshake, (await RunAsync(old, ("min_version", "1.3"))).Reason);
        Assert.Equal(CheckStatus.Ok, (await RunAsync(old)).Status);
        Assert.Equal("1.2", ProbeBench.Fact(await RunAsync(old), "tls"));
        Assert.Equal(ProbeReason.TlsHandshake, (await RunAsync(closing)).Reason);
    }

    [Fact]
    public async Task A_silent_peer_runs_into_the_deadline_and_a_closed_port_is_refused()
    {
        using OneAnswerServer silent = OneAnswerServer.Silent();
        ProbeResult late = await ProbeBench.RunShortAsync("tls", ("host", "127.0.0.1"), ("port", silent.Port));
        ProbeResult closed = await ProbeBench.RunAsync("tls", ("host", "127.0.0.1"), ("port", OneAnswerServer.ClosedPort()));
        ProbeResult wanted = await ProbeBench.RunAsync("tls", ("host", "127.0.0.1"), ("port", OneAnswerServer.ClosedPort()), ("expect", "blocked"));

        Assert.Equal((ProbeReason.Timeout, "tls"), (late.Reason, ProbeBench.Fact(late, "phase")));
        Assert.Equal(ProbeReason.Refused, closed.Reason);
        Assert.Equal(CheckStatus.Ok, wanted.Status);
    }

    [Theory]
    [InlineData("smtp", ">220-mx ready\r\n220 go\r\n", "<EHLO scout.invalid\r\n", ">250-mx\r\n250-SIZE 1\r\n250 STARTTLS\r\n", "<STARTTLS\r\n", ">220 go ahead\r\n")]
    [InlineData("imap", ">* OK ready\r\n", "<s1 STARTTLS\r\n", ">* CAPABILITY\r\ns1 OK begin\r\n")]
    [InlineData("pop3", ">+OK ready\r\n", "<STLS\r\n", ">+OK begin\r\n")]
    [InlineData("ldap", "<0\u001d\u0002\u0001\u0001w\u0018\u0080\u00161.3.6.1.4.1.1466.20037", ">0\u000c\u0002\u0001\u0001x\u0007\u000a\u0001\u0000\u0004\u0000\u0004\u0000")]
    [InlineData("postgres", "<\0\0\0\b\u0004\u00d2\u0016/", ">S")]
    public async Task Protocols_are_asked_to_go_on_in_tls(string protocol, params string[] talk)
    {
        using OneAnswerServer server = TlsServer.Start(TestCertificates.Good, before: TlsServer.Talk(talk));
        ProbeResult result = await RunAsync(server, ("starttls", protocol));

        Assert.Equal((CheckStatus.Ok, result.Summary), (result.Status, result.Summary));
    }

    [Theory]
    [InlineData("smtp", "554 go away\r\n")]
    [InlineData("imap", "* BYE\r\n")]
    [InlineData("pop3", "-ERR\r\n")]
    [InlineData("ldap", "0\u000c\u0002\u0001\u0001x\u0007\u000a\u0001\u0002\u0004\u0000\u0004\u0000")]
    [InlineData("ldap", "HTTP/1.1 400")]
    [InlineData("postgres", "N")]
    [InlineData("postgres", "HTTP/1.1 400")]
    [InlineData("pop3", "+OK ready\r\nmore than asked\r\n")]
    public async Task A_protocol_that_will_not_start_tls_is_told_with_its_words(string protocol, string answer)
    {
        using OneAnswerServer server = OneAnswerServer.Saying(answer);
        ProbeResult result = await RunAsync(server, ("starttls", protocol));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Protocol), (result.Status, result.Reason));
        Assert.Equal("starttls", ProbeBench.Fact(result, "phase"));
    }

    [Fact]
    public async Task A_certificate_of_our_own_is_shown_when_asked_for()
    {
        using X509Certificate2 client = TestCertificates.Leaf(name: "client.test");
        string cert = TestCertificates.Write("client", client.ExportCertificatePem() + "\n" + TestCertificates.Intermediate.ExportCertificatePem());
        string key = TestCertificates.Write("key", client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var shown = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using OneAnswerServer server = TlsServer.Start(
            TestCertificates.Good, async (stream, stop) =>
            {
                shown.TrySetResult(stream.RemoteCertificate!.Subject);
                _ = await stream.ReadAtLeastAsync(new byte[16], 1, throwOnEndOfStream: false, stop);
            }, clientCertificate: true, versions: SslProtocols.Tls12);
        ProbeResult with = await RunAsync(server, ("client", new (string, object)[] { ("cert", cert), ("key", key) }));
        ProbeResult missing = await RunAsync(server, ("client", new (string, object)[] { ("cert", "/nowhere.pem"), ("key", key) }));

        Assert.Equal((CheckStatus.Ok, "CN=client.test"), (with.Status, await shown.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken)));
        Assert.Equal((CheckStatus.Unknown, ProbeReason.Local), (missing.Status, missing.Reason));
    }

    [Fact]
    public async Task A_ca_file_that_cannot_be_used_is_unknown()
    {
        using OneAnswerServer server = TlsServer.Start(TestCertificates.Good);
        ProbeResult missing = await ProbeBench.RunAsync("tls", ("host", "here.test"), ("port", server.Port), ("ca_file", "/nowhere.pem"));
        ProbeResult empty = await ProbeBench.RunAsync("tls", ("host", "here.test"), ("port", server.Port), ("ca_file", TestCertificates.Write("empty", "nothing")));

        Assert.Equal((CheckStatus.Unknown, ProbeReason.Local), (missing.Status, missing.Reason));
        Assert.Equal((CheckStatus.Unknown, ProbeReason.Local), (empty.Status, empty.Reason));
        Assert.Contains("ca_file", empty.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fingerprint", "conflict", "AB", "bad_value")]
    [InlineData("warning", "", "5d", "out_of_range")]
    [InlineData("verify", "", "false", "conflict")]
    [InlineData("min_version", "", "1.1", "bad_value")]
    [InlineData("starttls", "", "ftp", "bad_value")]
    public void What_makes_no_sense_is_refused(string key, string unused, string value, string code)
    {
        _ = unused;
        object text = key == "fingerprint" ? new object[] { value } : value;
        ProbeReading reading = ProbeBench.Read("tls", ("host", "a"), (key, text), ("critical", "7d"), ("ca_file", "/x"));

        Assert.Equal(code, Assert.Single(reading.Findings).Code);
    }

    [Fact]
    public void The_port_follows_the_protocol()
    {
        Assert.Equal(443, Port());
        Assert.Equal(25, Port(("starttls", "smtp")));
        Assert.Equal(587, Port(("starttls", "smtp"), ("port", "587")));

        static int Port(params (string, object)[] more) => ((TlsProbe)ProbeBench.Good("tls", TimeSpan.FromSeconds(1), [("host", "a"), .. more])).Target.Port;
    }

    [Fact]
    public void Whatever_a_directory_answers_its_length_and_result_are_read_without_a_fall()
    {
        var random = new Random(3);
        byte[] bytes = new byte[24];
        for (int i = 0; i < 50_000; i++)
        {
            random.NextBytes(bytes);
            if (i % 2 == 0) new byte[] { 0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, 0 }.AsSpan(0, random.Next(11) % 10).CopyTo(bytes);
            Span<byte> part = bytes.AsSpan(0, random.Next(bytes.Length));
            Assert.True(StartTls.LdapLength(part) >= -1);
            Assert.True(StartTls.LdapResult(part) >= -1);
        }
    }

    private static async Task<ProbeResult> RunAsync(OneAnswerServer server, params (string, object)[] more) =>
        await ProbeBench.RunAsync("tls", [("host", "here.test"), ("port", server.Port), ("ca_file", TestCertificates.RootFile), .. more]);
}
