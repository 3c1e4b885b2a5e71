using System.Net;
using System.Net.Sockets;
using System.Text;
using Scout.Server.Http;
using Scout.Testing;

namespace Scout.Server.Tests.Security;

/// <summary>
/// A8 of reliability.md 3 at the listeners of a node: two hundred clients that connect and say nothing, or half a sentence. True clients are served meanwhile, and the stalled ones
/// are cut at their deadline. (TLS is nats-server's listener; the mesh's responder is tried in ResponderEdgeTests.)
/// </summary>
[Collection("node")]
[Trait("attack", "A8")]
public sealed class StalledClientTests
{
    private const int Stalled = 200;

    [Fact]
    public async Task The_pages_are_served_while_two_hundred_say_nothing_and_those_are_cut_after_ten_seconds()
    {
        var time = new ManualTime();
        int dropped = 0;
        var pages = new HttpPages(time, () => ValueTask.FromResult<ReadOnlyMemory<byte>[]>(["up 1\n"u8.ToArray()]));
        pages.SetReadiness();
        await using HttpEndpoint endpoint = HttpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), pages, time, () => Interlocked.Increment(ref dropped));
        Socket[] stalled = await StallAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), endpoint.Address, "GET /metr");
        for (int i = 0; i < 3; i++) Assert.StartsWith("HTTP/1.1 200 OK", await GetAsync(endpoint.Address), StringComparison.Ordinal);
        await Wait.UntilAsync(() => Volatile.Read(ref dropped) >= Stalled - HttpEndpoint.ConnectionLimit, () => $"{dropped} dropped");
        time.Advance(TimeSpan.FromSeconds(11));
        foreach (Socket one in stalled) Assert.Equal(0, await ReadAsync(one));
        Assert.StartsWith("HTTP/1.1 200 OK", await GetAsync(endpoint.Address), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_is_being_answered_is_not_put_out_for_those_who_say_nothing()
    {
        var time = new ManualTime();
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource<ReadOnlyMemory<byte>[]>();
        var pages = new HttpPages(time, () =>
        {
            asked.TrySetResult();
            return new ValueTask<ReadOnlyMemory<byte>[]>(answer.Task);
        });
        pages.SetReadiness();
        await using HttpEndpoint endpoint = HttpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), pages, time);
        Task<string> first = GetAsync(endpoint.Address, "/metrics");
        await asked.Task.WaitAsync(TestNode.Patience);
        Socket[] stalled = await StallAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), endpoint.Address, "GET /metr");
        Assert.StartsWith("HTTP/1.1 200 OK", await GetAsync(endpoint.Address), StringComparison.Ordinal);
        answer.SetResult(["up 1\n"u8.ToArray()]);
        Assert.EndsWith("up 1\n", await first, StringComparison.Ordinal);
        foreach (Socket one in stalled) one.Dispose();
    }

    [Fact]
    public async Task The_local_socket_answers_while_two_hundred_say_nothing_and_that_is_counted()
    {
        await using var node = new TestNode();
        node.Machines("m.yaml", "checks:\n  - { name: it, builtin: heartbeat, interval: 1h, splay: 0 }\n");
        await node.StartAsync();
        Socket[] stalled = await StallAsync(() => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(node.SocketFile), "{\"action\":");
        for (int i = 0; i < 3; i++) Assert.Equal("ok", (await node.AskAsync("ping")).GetProperty("code").GetString());
        string[] page = (await node.GetAsync("/metrics")).Split('\n');
        Assert.Contains(page, line => line.Contains("limit=\"socket\"", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
        foreach (Socket one in stalled) one.Dispose();
    }

    private static async Task<Socket[]> StallAsync(Func<Socket> make, EndPoint address, string half)
    {
        var stalled = new Socket[Stalled];
        for (int i = 0; i < Stalled; i++)
        {
            await Wait.UntilAsync(async () => (stalled[i] = await ConnectAsync(make(), address)).Connected, () => $"{i} connected");
            if (i % 2 == 0) continue;
            try
            {
                await stalled[i].SendAsync(Encoding.ASCII.GetBytes(half));
            }
            catch (SocketException)
            {
                // Put out already.
            }
        }

        return stalled;
    }

    // A Unix socket says "again" while its queue is full.
    private static async Task<Socket> ConnectAsync(Socket socket, EndPoint address)
    {
        try
        {
            await socket.ConnectAsync(address);
        }
        catch (SocketException)
        {
            socket.Dispose();
        }

        return socket;
    }

    private static async Task<int> ReadAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                return await socket.ReceiveAsync(new byte[16]).WaitAsync(TestNode.Patience);
            }
            catch (SocketException)
            {
                return 0;
            }
        }
    }

    private static async Task<string> GetAsync(EndPoint address, string page = "/healthz")
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(address);
        await client.SendAsync(Encoding.ASCII.GetBytes($"GET {page} HTTP/1.1\r\n\r\n"));
        var answer = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (await client.ReceiveAsync(buffer).WaitAsync(TestNode.Patience) is > 0 and int read) answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        return answer.ToString();
    }
}
