using System.Net;
using System.Net.Sockets;
using System.Text;
using Scout.Server.Http;
using Scout.Testing;

namespace Scout.Server.Tests.Http;

public sealed class HttpEndpointTests
{
    [Theory]
    [InlineData("GET /metrics HTTP/1.1\r\n\r\n", "Get", "/metrics")]
    [InlineData("HEAD /healthz?x=1 HTTP/1.0\n\n", "Head", "/healthz")]
    [InlineData("POST /metrics HTTP/1.1\r\n\r\n", "Other", "/metrics")]
    [InlineData("GET  HTTP/1.1\r\n\r\n", null, null)]
    [InlineData("GET /metrics\r\n\r\n", null, null)]
    [InlineData("GET /a b HTTP/1.1\r\n\r\n", null, null)]
    [InlineData("GET http://x/ HTTP/1.1\r\n\r\n", null, null)]
    [InlineData("\r\n\r\n", null, null)]
    public void A_request_line_is_read_or_refused(string head, string? method, string? path)
    {
        bool read = HttpRequestHead.TryParse(Encoding.ASCII.GetBytes(head), out HttpMethodKind kind, out ReadOnlySpan<byte> found);
        Assert.Equal(method is not null, read);
        if (method is not null) Assert.Equal((method, path), (kind.ToString(), Encoding.ASCII.GetString(found)));
    }

    [Theory]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK", "up 1\n")]
    [InlineData("HEAD /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK", "")]
    [InlineData("GET /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK", "ok\n")]
    [InlineData("GET /readyz HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK", "ready\n")]
    [InlineData("GET /else HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found", "not found: try /metrics, /healthz, /readyz\n")]
    [InlineData("POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found", "not found: try /metrics, /healthz, /readyz\n")]
    [InlineData("nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request", "not an HTTP request\n")]
    public async Task Three_pages_are_answered_and_nothing_else(string request, string status, string body)
    {
        await using HttpEndpoint endpoint = Endpoint(out HttpPages pages);
        pages.SetReadiness();
        string answer = await AskAsync(endpoint, request);
        Assert.StartsWith(status, answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n" + body, answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Server:", answer, StringComparison.OrdinalIgnoreCase);
        if (request.Contains("GET /metrics", StringComparison.Ordinal)) Assert.Contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_not_ready_says_why_a_line_a_reason()
    {
        await using HttpEndpoint endpoint = Endpoint(out HttpPages pages);
        Assert.EndsWith("starting\n", await AskAsync(endpoint, "GET /readyz HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        pages.SetReadiness("definitions not read", "stopping");
        string answer = await AskAsync(endpoint, "GET /readyz HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
        Assert.EndsWith("definitions not read\nstopping\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loop_that_has_not_turned_for_half_a_minute_is_ill()
    {
        var time = new ManualTime();
        var pages = new HttpPages(time, () => ValueTask.FromResult<ReadOnlyMemory<byte>[]>([]));
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal("200 OK", (await pages.GetAsync("/healthz")).Status);
        time.Advance(TimeSpan.FromSeconds(2));
        HttpResponse ill = await pages.GetAsync("/healthz");
        Assert.Equal(("503 Service Unavailable", "the loop has not ticked for 31 s\n"), (ill.Status, Encoding.UTF8.GetString(Assert.Single(ill.Body).Span)));
        pages.Tick();
        Assert.Equal("200 OK", (await pages.GetAsync("/healthz")).Status);
    }

    [Fact]
    public async Task A_head_without_end_is_cut_off_at_its_bound()
    {
        await using HttpEndpoint endpoint = Endpoint(out _);
        string answer = await AskAsync(endpoint, "GET /metrics HTTP/1.1\r\nX: " + new string('x', HttpRequestHead.Limit));
        Assert.StartsWith("HTTP/1.1 431", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loop_that_hangs_holds_no_connection_for_ever_and_health_goes_on()
    {
        var time = new ManualTime();
        var never = new TaskCompletionSource<ReadOnlyMemory<byte>[]>();
        int asked = 0;
        var pages = new HttpPages(time, () =>
        {
            Interlocked.Increment(ref asked);
            return new ValueTask<ReadOnlyMemory<byte>[]>(never.Task);
        });
        pages.SetReadiness();
        await using HttpEndpoint endpoint = HttpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), pages, time);
        Task<string>[] stuck = [.. Enumerable.Range(0, HttpEndpoint.ConnectionLimit).Select(_ => AskAsync(endpoint, "GET /metrics HTTP/1.1\r\n\r\n"))];
        await Wait.UntilAsync(() => Volatile.Read(ref asked) == HttpEndpoint.ConnectionLimit, () => $"{asked}");
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.All(await Task.WhenAll(stuck).WaitAsync(TestNode.Patience), answer => Assert.Equal("", answer));
        Assert.StartsWith("HTTP/1.1 200 OK", await AskAsync(endpoint, "GET /healthz HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
    }

    private static HttpEndpoint Endpoint(out HttpPages pages)
    {
        pages = new HttpPages(TimeProvider.System, () => ValueTask.FromResult<ReadOnlyMemory<byte>[]>(["up "u8.ToArray(), "1\n"u8.ToArray()]));
        return HttpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), pages, TimeProvider.System);
    }

    private static async Task<string> AskAsync(HttpEndpoint endpoint, string request)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(endpoint.Address);
        await client.SendAsync(Encoding.ASCII.GetBytes(request));
        var answer = new StringBuilder();
        byte[] buffer = new byte[4096];
        try
        {
            while (await client.ReceiveAsync(buffer).WaitAsync(TestNode.Patience) is > 0 and int read) answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // What was not read of a head that is too long resets the connection after the answer.
        }

        return answer.ToString();
    }
}
