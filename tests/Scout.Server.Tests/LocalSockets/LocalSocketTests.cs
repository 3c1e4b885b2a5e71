using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Scout.Server.Tests.LocalSockets;

[Collection("node")]
public sealed class LocalSocketTests
{
    [Fact]
    public async Task Requests_on_one_connection_are_answered_in_order_of_completion()
    {
        await using TestNode node = await StartedAsync();
        using Socket socket = await ConnectAsync(node);
        await SendAsync(socket, Line("history", "slow", """{"after":"9999999999.999999999999","wait_ms":1500}""") + Line("ping", "quick", "{}"));
        Assert.Equal("quick", (await TestNode.ReadLineAsync(socket)).GetProperty("id").GetString());
        JsonElement slow = await TestNode.ReadLineAsync(socket);
        Assert.Equal(("slow", "ok"), (slow.GetProperty("id").GetString(), slow.GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("{\"action\":\"ping\"}")]
    [InlineData("{\"action\":\"ping\",\"request\":{},\"more\":1}")]
    public async Task What_is_no_request_line_is_answered_bad_request_and_closed(string line)
    {
        await using TestNode node = await StartedAsync();
        using Socket socket = await ConnectAsync(node);
        await SendAsync(socket, line + "\n");
        Assert.Equal("bad_request", (await TestNode.ReadLineAsync(socket)).GetProperty("code").GetString());
        Assert.Equal(0, await socket.ReceiveAsync(new byte[16]).WaitAsync(TestNode.Patience));
    }

    [Fact]
    public async Task A_bad_request_in_a_good_line_keeps_the_connection()
    {
        await using TestNode node = await StartedAsync();
        using Socket socket = await ConnectAsync(node);
        await SendAsync(socket, Line("reboot", "a", "{}"));
        Assert.Equal("unknown_action", (await TestNode.ReadLineAsync(socket)).GetProperty("code").GetString());
        await SendAsync(socket, Line("maintenance", "b", """{"machines":["disk"]}"""));
        JsonElement reply = await TestNode.ReadLineAsync(socket);
        Assert.Contains("exactly one of 'args.for_s'", reply.GetProperty("message").GetString(), StringComparison.Ordinal);
        await SendAsync(socket, Line("ping", "c", "{}"));
        Assert.Equal("ok", (await TestNode.ReadLineAsync(socket)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_line_that_never_ends_is_refused_at_its_bound()
    {
        await using TestNode node = await StartedAsync();
        using Socket socket = await ConnectAsync(node);
        await SendAsync(socket, new string('x', 80 * 1024));
        Assert.Equal("bad_request", (await TestNode.ReadLineAsync(socket)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task The_caller_is_who_the_kernel_says_and_the_file_is_for_the_owner_alone()
    {
        await using TestNode node = await StartedAsync();
        await node.AskAsync("maintenance", """{"all":true,"open_ended":true}""");
        JsonElement record = (await node.AskAsync("machine", """{"machine":"disk"}""")).GetProperty("results")[0].GetProperty("record");
        Assert.Equal("local:" + Environment.UserName, record.GetProperty("maintenance").GetProperty("caller").GetString());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(node.SocketFile));
        await node.StopAsync();
        Assert.False(File.Exists(node.SocketFile));
    }

    [Fact]
    public async Task A_thousand_machines_come_in_pages_and_none_twice()
    {
        await using var node = new TestNode();
        for (int file = 0; file < 2; file++)
        {
            node.Machines($"f{file}.yaml", "checks:\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"  - {{ name: m{file}-{i:000}, builtin: heartbeat, interval: 1h }}\n")));
        }

        await node.StartAsync();
        var names = new List<string>();
        string after = "";
        int pages = 0;
        for (; pages < 50; pages++)
        {
            JsonElement page = await node.AskAsync("machines", after.Length == 0 ? "{}" : $$"""{"after":"{{after}}"}""");
            names.AddRange(page.GetProperty("results").EnumerateArray().Select(one => one.GetProperty("machine").GetString()!));
            if (!page.TryGetProperty("truncated", out _)) break;
            after = names[^1];
        }

        Assert.True(pages > 0);
        Assert.Equal(1000, names.Count);
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }

    private static string Line(string action, string id, string args) =>
        $$$"""{"action":"{{{action}}}","request":{"schema":"io.scout.rpc.request.v1","id":"{{{id}}}","args":{{{args}}}}}""" + "\n";

    private static async Task<Socket> ConnectAsync(TestNode node)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(node.SocketFile));
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text)
    {
        ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(text);
        while (!bytes.IsEmpty) bytes = bytes[await socket.SendAsync(bytes)..];
    }

    private static Task<TestNode> StartedAsync()
    {
        var node = new TestNode();
        node.Machines("disk.yaml", "checks: [ { name: disk, builtin: heartbeat, interval: 1h } ]\n");
        return node.StartAsync();
    }
}
