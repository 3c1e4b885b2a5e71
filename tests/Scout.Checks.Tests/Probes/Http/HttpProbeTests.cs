using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Scout.Checks.Probes;
using Scout.Checks.Tests.Probes.Servers;

namespace Scout.Checks.Tests.Probes.Http;

public sealed class HttpProbeTests
{
    [Fact]
    public async Task An_answer_has_all_phases_and_its_size_and_status()
    {
        using OneAnswerServer server = Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        ProbeResult result = await RunAsync(server);

        Assert.Equal((CheckStatus.Ok, ProbeReason.Ok), (result.Status, result.Reason));
        Assert.Equal(["time", "connect", "first_byte", "transfer", "size", "status"], ProbeBench.Labels(result));
        Assert.Equal((5, "bytes", 200), (result.PerfData[4].Value, result.PerfData[4].Unit, (int)result.PerfData[5].Value!.Value));
        Assert.Equal("1.1", ProbeBench.Fact(result, "version"));
        Assert.Equal("transfer", ProbeBench.Fact(result, "phase"));
        Assert.Matches(@"^http://127\.0\.0\.1:\d+/x answered 200, 5 bytes, in ", result.Summary);
    }

    [Fact]
    public async Task A_slow_answer_counts_in_first_byte_and_not_in_transfer()
    {
        using OneAnswerServer server = new(async (socket, stop) =>
        {
            await HeadAsync(socket, stop);
            await Task.Delay(TimeSpan.FromMilliseconds(60), TimeProvider.System, stop);
            await SendAsync(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", stop);
        });
        ProbeResult result = await RunAsync(server, ("warning", "30ms"));

        Assert.Equal((CheckStatus.Warning, ProbeReason.Slow), (result.Status, result.Reason));
        Assert.True(result.Phases[ProbePhase.FirstByte] > TimeSpan.FromMilliseconds(50));
        Assert.True(result.Phases[ProbePhase.Transfer] < result.Phases[ProbePhase.FirstByte]);
    }

    [Fact]
    public async Task The_request_is_as_written_and_nothing_else_goes_with_it()
    {
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using OneAnswerServer server = new(async (socket, stop) =>
        {
            heard.TrySetResult(await HeadAsync(socket, stop, body: 7));
            await SendAsync(socket, "HTTP/1.1 204 No Content\r\nSet-Cookie: a=b\r\nContent-Encoding: gzip\r\n\r\n", stop);
        });
        ProbeResult result = await RunAsync(
            server, ("method", "POST"), ("body", "{\"a\":1}"), ("headers", new (string, object)[] { ("Content-Type", "application/json"), ("Host", "api.lan"), ("X-A", "1") }), ("status", new object[] { "204" }));
        string request = await heard.Task;

        Assert.Equal(CheckStatus.Ok, result.Status);
        string[] lines = request.Split("\r\n");
        Assert.Equal("POST /x HTTP/1.1", lines[0]);
        Assert.Equal(
            ["Connection: close", "Content-Length: 7", "Content-Type: application/json", "Host: api.lan", "User-Agent: scout", "X-A: 1"],
            lines[1..Array.IndexOf(lines, "")].Order(StringComparer.Ordinal));
        Assert.EndsWith("{\"a\":1}", request, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "answered 503 Service Unavailable, wanted 200-299")]
    [InlineData("HTTP/1.1 404 Nope\r\n\r\n", "answered 404 Nope, wanted 200-299")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: /y\r\n\r\n", "answered 302 Found, wanted 200-299")]
    public async Task A_status_that_was_not_wanted_is_told(string answer, string text)
    {
        using OneAnswerServer server = Answering(answer);
        ProbeResult result = await RunAsync(server);
        ProbeResult softer = await RunAsync(server, ("status_as", "warning"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Status), (result.Status, result.Reason));
        Assert.Contains(text, result.Summary, StringComparison.Ordinal);
        Assert.Equal((CheckStatus.Warning, ProbeReason.Status), (softer.Status, softer.Reason));
    }

    [Fact]
    public async Task Everything_that_is_not_as_wanted_is_listed_and_the_first_is_the_reason()
    {
        using OneAnswerServer server = Answering("HTTP/1.1 500 No\r\nX-Region: us-1\r\nContent-Length: 19\r\n\r\n{\"status\":\"broken\"}");
        ProbeResult result = await RunAsync(
            server, ("header", new (string, object)[] { ("X-Region", "^eu-"), ("X-Missing", ".") }), ("match", "fine"), ("not_match", "broken"),
            ("json", new (string, object)[] { ("/status", "ok"), ("/a/b", "1") }), ("min_size", "100"), ("status_as", "warning"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Status), (result.Status, result.Reason));
        Assert.Equal(
            [
                "answered 500 No, wanted 200-299", "the header X-Region is 'us-1', which does not match '^eu-'", "the header X-Missing is missing",
                "the content has 19 bytes, wanted are at least 100", "the content '{\"status\":\"broken\"}' does not match 'fine'", "the content matches 'broken'",
                "/status is 'broken', wanted 'ok'", "the content has nothing at /a/b",
            ],
            result.Detail.Split('\n'));
        Assert.EndsWith("and 7 more", result.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("match", "nope", ProbeReason.Body)]
    [InlineData("not_match", "items", ProbeReason.Body)]
    [InlineData("max_size", "10", ProbeReason.Size)]
    [InlineData("min_size", "1000", ProbeReason.Size)]
    [InlineData("max_body", "10", ProbeReason.Size)]
    [InlineData("match", "\"ok\":true", ProbeReason.Ok)]
    public async Task Content_is_judged(string option, string value, ProbeReason reason)
    {
        using OneAnswerServer server = Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n{\"ok\":true,\"items\"\r\nc\r\n:[1,2.50,{}]}\r\n0\r\n\r\n".Replace("\r\nc\r\n:", "\r\nd\r\n:", StringComparison.Ordinal));
        ProbeResult result = await RunAsync(server, (option, value));

        Assert.Equal((reason, reason == ProbeReason.Ok ? CheckStatus.Ok : CheckStatus.Critical), (result.Reason, result.Status));
    }

    [Theory]
    [InlineData("/ok", "true", true)]
    [InlineData("/items/0", "1", true)]
    [InlineData("/items/1", "2.5", true)]
    [InlineData("/items/2", "{}", true)]
    [InlineData("/items/01", "1", false)]
    [InlineData("/items/9", "1", false)]
    [InlineData("/a~1b~0", "null", true)]
    [InlineData("/name", "x y", true)]
    [InlineData("/ok", "True", false)]
    public async Task Values_are_found_by_json_pointer(string pointer, string value, bool found)
    {
        using OneAnswerServer server = Answering(Ok("""{"ok":true,"items":[1,2.50,{}],"a/b~":null,"name":"x y"}"""));
        ProbeResult result = await RunAsync(server, ("json", new (string, object)[] { (pointer, value) }));

        Assert.Equal(found ? ProbeReason.Ok : ProbeReason.Body, result.Reason);
    }

    [Fact]
    public async Task Content_that_is_no_json_is_a_bad_body_however_deep_it_is()
    {
        using OneAnswerServer text = Answering(Ok("<html>"));
        using OneAnswerServer deep = Answering(Ok(new string('[', 100_000)));

        Assert.Equal(ProbeReason.Body, (await RunAsync(text, ("json", new (string, object)[] { ("/a", "1") }))).Reason);
        Assert.Equal(ProbeReason.Body, (await RunAsync(deep, ("json", new (string, object)[] { ("/a", "1") }))).Reason);
    }

    [Fact]
    public async Task No_more_is_read_than_allowed_and_that_is_a_failure_and_no_cut()
    {
        using OneAnswerServer endless = new(async (socket, stop) =>
        {
            await HeadAsync(socket, stop);
            await SendAsync(socket, "HTTP/1.1 200 OK\r\n\r\n", stop);
            byte[] block = new byte[64 * 1024];
            while (true) await socket.SendAsync(block, SocketFlags.None, stop);
        });
        ProbeResult result = await RunAsync(endless, ("match", "x"), ("max_body", "256KiB"));

        Assert.Equal((CheckStatus.Critical, ProbeReason.Size), (result.Status, result.Reason));
        Assert.Contains("over 262144 bytes", result.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n", ProbeReason.Protocol)]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n", ProbeReason.Protocol)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", ProbeReason.Protocol)]
    [InlineData("HTTP/1.1 200 OK\r\nbad header\r\n\r\n", ProbeReason.Protocol)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", ProbeReason.Protocol)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", ProbeReason.Protocol)]
    [InlineData("", ProbeReason.Reset)]
    public async Task What_is_no_http_is_told(string answer, ProbeReason reason)
    {
        using OneAnswerServer server = Answering(answer);
        ProbeResult result = await RunAsync(server, ("match", "x"));

        Assert.Equal((CheckStatus.Critical, reason, result.Summary), (result.Status, result.Reason, result.Summary));
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task Headers_without_end_are_too_much()
    {
        using OneAnswerServer server = Answering("HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Range(0, 4000).Select(i => $"X-{i}: {new string('x', 40)}\r\n")) + "\r\n");

        Assert.Equal(ProbeReason.Size, (await RunAsync(server)).Reason);
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_reset_and_not_tried_again()
    {
        using OneAnswerServer server = OneAnswerServer.Resetting(afterFirstBytes: true);
        ProbeResult result = await RunAsync(server);

        Assert.Equal((CheckStatus.Critical, ProbeReason.Reset), (result.Status, result.Reason));
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task A_silent_server_runs_into_the_deadline_in_first_byte_and_a_slow_one_in_transfer()
    {
        using OneAnswerServer silent = OneAnswerServer.Silent();
        using OneAnswerServer slow = new(async (socket, stop) =>
        {
            await HeadAsync(socket, stop);
            await SendAsync(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx", stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        ProbeResult first = await ProbeBench.RunShortAsync("http", ("url", Url(silent)));
        ProbeResult later = await ProbeBench.RunShortAsync("http", ("url", Url(slow)));

        Assert.Equal((ProbeReason.Timeout, "first_byte"), (first.Reason, ProbeBench.Fact(first, "phase")));
        Assert.Equal((ProbeReason.Timeout, "transfer"), (later.Reason, ProbeBench.Fact(later, "phase")));
    }

    [Fact]
    public async Task A_closed_port_is_refused_and_may_be_wanted()
    {
        string url = $"http://127.0.0.1:{OneAnswerServer.ClosedPort()}/";
        ProbeResult result = await ProbeBench.RunAsync("http", ("url", url));
        ProbeResult wanted = await ProbeBench.RunAsync("http", ("url", url), ("expect", "refused"));
        using OneAnswerServer server = Answering(Ok("x"));
        ProbeResult came = await RunAsync(server, ("expect", "blocked"));

        Assert.Equal(ProbeReason.Refused, result.Reason);
        Assert.Equal(CheckStatus.Ok, wanted.Status);
        Assert.Equal((CheckStatus.Critical, ProbeReason.Negative), (came.Status, came.Reason));
    }

    [Fact]
    public async Task Redirects_are_followed_as_often_as_allowed()
    {
        using OneAnswerServer server = new(async (socket, stop) =>
        {
            string head = await HeadAsync(socket, stop);
            await SendAsync(socket, head.StartsWith("GET /end ", StringComparison.Ordinal) ? Ok("done") : head.StartsWith("GET /x ", StringComparison.Ordinal)
                ? "HTTP/1.1 302 Found\r\nLocation: next?a=1\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 307 Again\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n", stop);
        });
        ProbeResult followed = await RunAsync(server, ("redirects", "2"), ("match", "done"));
        ProbeResult short1 = await RunAsync(server, ("redirects", "1"));

        Assert.Equal((CheckStatus.Ok, $"http://127.0.0.1:{server.Port}/end"), (followed.Status, ProbeBench.Fact(followed, "url")));
        Assert.True(followed.PerfData[0].Value > followed.PerfData[1].Value);
        Assert.Equal((CheckStatus.Critical, ProbeReason.Status), (short1.Status, short1.Reason));
        Assert.Contains("redirects more than 1 times", short1.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_host_is_looked_up_and_gets_no_secrets()
    {
        string second = "";
        using OneAnswerServer other = new(async (socket, stop) =>
        {
            second = await HeadAsync(socket, stop);
            await SendAsync(socket, Ok("x"), stop);
        });
        using OneAnswerServer server = Answering($"HTTP/1.1 301 Moved\r\nLocation: http://here.test:{other.Port}/\r\nContent-Length: 0\r\n\r\n");
        ProbeResult result = await RunAsync(server, ("redirects", "1"), ("headers", new (string, object)[] { ("Authorization", "Bearer secret"), ("X-A", "1") }));
        using OneAnswerServer lost = Answering("HTTP/1.1 301 Moved\r\nLocation: http://nowhere.test/\r\nContent-Length: 0\r\n\r\n");
        ProbeResult nowhere = await RunAsync(lost, ("redirects", "1"));

        Assert.Equal(CheckStatus.Ok, result.Status);
        Assert.Contains("dns", ProbeBench.Labels(result));
        Assert.Contains("X-A: 1", second, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", second, StringComparison.Ordinal);
        Assert.Equal(ProbeReason.DnsNxdomain, nowhere.Reason);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("http://")]
    public async Task A_redirect_to_elsewhere_is_not_followed(string location)
    {
        using OneAnswerServer server = Answering($"HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(ProbeReason.Status, (await RunAsync(server, ("redirects", "3"))).Reason);
    }

    [Fact]
    public async Task Https_has_a_phase_of_its_own_and_its_trust_is_judged_before_anything_is_sent()
    {
        int asked = 0;
        using OneAnswerServer server = TlsServer.Start(TestCertificates.Good, async (stream, stop) =>
        {
            if (await stream.ReadAsync(new byte[4096], stop) > 0) asked++;
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Ok("hello")), stop);
        });
        string url = $"https://here.test:{server.Port}/";
        ProbeResult good = await ProbeBench.RunAsync("http", ("url", url), ("ca_file", TestCertificates.RootFile));
        Assert.Equal(1, asked);
        ProbeResult untrusted = await ProbeBench.RunAsync("http", ("url", url));
        ProbeResult wanted = await ProbeBench.RunAsync("http", ("url", url), ("expect", "tls_failure"));
        ProbeResult name = await ProbeBench.RunAsync("http", ("url", url.Replace("here.test", "127.0.0.2", StringComparison.Ordinal)), ("ca_file", TestCertificates.RootFile), ("address", "127.0.0.1"));
        Assert.Equal(1, asked);
        ProbeResult unverified = await ProbeBench.RunAsync("http", ("url", url), ("verify", "false"));

        Assert.Equal((CheckStatus.Ok, "1.3"), (good.Status, ProbeBench.Fact(good, "tls")));
        Assert.Equal(["time", "dns", "connect", "tls", "first_byte", "transfer", "size", "status"], ProbeBench.Labels(good));
        Assert.Equal((CheckStatus.Critical, ProbeReason.TlsUntrusted), (untrusted.Status, untrusted.Reason));
        Assert.Equal(CheckStatus.Ok, wanted.Status);
        Assert.Equal(ProbeReason.TlsName, name.Reason);
        Assert.Equal(CheckStatus.Ok, unverified.Status);
    }

    [Fact]
    public async Task Http_2_is_agreed_on_in_tls_or_it_is_the_wrong_protocol()
    {
        using OneAnswerServer two = TlsServer.Start(TestCertificates.Good, Http2Async, protocols: [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]);
        using OneAnswerServer one = TlsServer.Start(TestCertificates.Good, protocols: [SslApplicationProtocol.Http11]);
        ProbeResult good = await ProbeBench.RunAsync("http", ("url", $"https://here.test:{two.Port}/"), ("ca_file", TestCertificates.RootFile), ("version", "2"));
        ProbeResult bad = await ProbeBench.RunAsync("http", ("url", $"https://here.test:{one.Port}/"), ("ca_file", TestCertificates.RootFile), ("version", "2"));

        Assert.Equal((CheckStatus.Ok, "2"), (good.Status, ProbeBench.Fact(good, "version")));
        Assert.Equal(204, good.PerfData[^1].Value);
        Assert.Equal(ProbeReason.Protocol, bad.Reason);
    }

    [Fact]
    public async Task No_environment_variable_sends_it_elsewhere()
    {
        using OneAnswerServer server = Answering(Ok("direct"));
        // Read by .NET's default proxy; a handler that looked at it would fail here.
        Environment.SetEnvironmentVariable("http_proxy", "http://127.0.0.1:9");
        try
        {
            Assert.Equal(CheckStatus.Ok, (await RunAsync(server)).Status);
        }
        finally
        {
            Environment.SetEnvironmentVariable("http_proxy", null);
        }
    }

    [Fact]
    public async Task Whatever_a_server_says_there_is_a_result()
    {
        var random = new Random(11);
        string[] parts = ["HTTP/1.1 ", "HTTP/2 ", "200", "999", " OK", "\r\n", "\n", "Content-Length: ", "Transfer-Encoding: chunked", "5", "-1", "\0", "ffffffff", ": ", "x", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 101 Up\r\n\r\n"];
        for (int i = 0; i < 60; i++)
        {
            string answer = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => parts[random.Next(parts.Length)]));
            using OneAnswerServer server = Answering(answer);
            ProbeResult result = await ProbeBench.RunAsync("http", TimeSpan.FromMilliseconds(300), ProbeBench.Context(), ("url", Url(server)), ("match", "x"));
            Assert.False(result.Reason == ProbeReason.Local, $"{answer}: {result.Summary}");
        }
    }

    [Theory]
    [InlineData("url", "ftp://x/", "bad_value")]
    [InlineData("url", "x", "bad_value")]
    [InlineData("url", "http://u:p@x/", "bad_value")]
    [InlineData("url", "http://x/#y", "bad_value")]
    [InlineData("version", "2", "conflict")]
    [InlineData("ca_file", "/x", "conflict")]
    [InlineData("expect", "tls_failure", "conflict")]
    [InlineData("body", "x", "conflict")]
    [InlineData("redirects", "11", "out_of_range")]
    [InlineData("method", "BREW", "bad_value")]
    [InlineData("max_size", "2MiB", "out_of_range")]
    public void What_makes_no_sense_is_refused(string key, string value, string code)
    {
        var entries = new List<(string, object)> { ("url", "http://x/") };
        entries.RemoveAll(entry => entry.Item1 == key);
        ProbeReading reading = ProbeBench.Read("http", [.. entries, (key, value)]);

        Assert.Equal(code, Assert.Single(reading.Findings).Code);
    }

    [Fact]
    public void Lists_and_maps_are_read_entry_by_entry()
    {
        Assert.Equal(["bad_value", "bad_value"], Codes(("status", new object[] { "200-299", "99", "300-200" })));
        Assert.Equal(["bad_value", "bad_value", "bad_value"], Codes(("headers", new (string, object)[] { ("A B", "x"), ("Content-Length", "3"), ("X", "a\nb") })));
        Assert.Equal(["bad_value", "bad_value"], Codes(("header", new (string, object)[] { ("X", "["), ("Y:", "x") })));
        Assert.Equal(["bad_value", "bad_value"], Codes(("json", new (string, object)[] { ("status", "ok"), ("/a~2", "x") })));
        Assert.Equal("wrong_type", Assert.Single(Codes(("status", "200"))));

        static string[] Codes((string, object) entry) => [.. ProbeBench.Read("http", ("url", "http://x/"), entry).Findings.Select(finding => finding.Code)];
    }

    private static async Task<ProbeResult> RunAsync(OneAnswerServer server, params (string, object)[] more) => await ProbeBench.RunAsync("http", [("url", Url(server)), .. more]);

    private static string Url(OneAnswerServer server) => $"http://127.0.0.1:{server.Port}/x";

    private static string Ok(string content) => $"HTTP/1.1 200 OK\r\nContent-Length: {Encoding.UTF8.GetByteCount(content)}\r\n\r\n{content}";

    private static OneAnswerServer Answering(string answer) => new(async (socket, stop) =>
    {
        await HeadAsync(socket, stop);
        await SendAsync(socket, answer, stop);
        socket.Shutdown(SocketShutdown.Send);
        await OneAnswerServer.ReadToEndAsync(socket, stop);
    });

    private static async Task<string> HeadAsync(Socket socket, CancellationToken stop, int body = 0)
    {
        byte[] buffer = new byte[16 * 1024];
        int length = 0;
        while (true)
        {
            int read = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, stop);
            length += read;
            string text = Encoding.UTF8.GetString(buffer, 0, length);
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (read == 0 || (end >= 0 && text.Length >= end + 4 + body)) return text;
        }
    }

    private static async Task SendAsync(Socket socket, string text, CancellationToken stop)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes.AsMemory(sent), SocketFlags.None, stop);
    }

    // Enough of RFC 9113 for one answer: settings, their acknowledgement, and headers ":status: 204" (static table entry 9) that end stream 1.
    private static async Task Http2Async(SslStream stream, CancellationToken stop)
    {
        byte[] buffer = new byte[4096];
        await stream.WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 }, stop);
        int length = 0;
        while (!HasHeaders(buffer.AsSpan(0, length)))
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), stop);
            if (read == 0) return;
            length += read;
        }

        await stream.WriteAsync(new byte[] { 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 1, 1, 5, 0, 0, 0, 1, 0x89 }, stop);
        _ = await stream.ReadAtLeastAsync(buffer, 1, throwOnEndOfStream: false, stop);
    }

    private static bool HasHeaders(ReadOnlySpan<byte> bytes)
    {
        const int preface = 24;
        for (int at = preface; at + 9 <= bytes.Length; at += 9 + ((bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]))
        {
            if (bytes[at + 3] == 1) return true;
        }

        return false;
    }
}
