using System.Text;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Testing;

namespace Scout.Cli.Tests.Asking;

public sealed class SocketClientTests
{
    [Fact]
    public async Task No_socket_is_exit_3_with_what_to_do()
    {
        using var folder = new TempFolder();
        using var console = new FakeConsole();
        Assert.Equal(3, await console.RunAsync("status", "--socket", folder.File("none.sock")));
        Assert.Contains("there is no such socket", console.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: is the server running?", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_nobody_serves_is_exit_3()
    {
        using var folder = new TempFolder();
        string path = folder.File("stale.sock");
        using (var stale = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
        {
            stale.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
            stale.Listen();
            File.Move(path, path + ".kept");
        }

        using var console = new FakeConsole();
        Assert.Equal(3, await console.RunAsync("status", "--socket", path + ".kept"));
        Assert.Contains("no server listens there any more", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relative_path_is_relative_to_the_working_directory()
    {
        await using var socket = new FakeSocket(new FakeNode("web1").With("a", "OK"));
        using var console = new FakeConsole { Directory = Path.GetDirectoryName(socket.Path)! };
        Assert.Equal(0, await console.RunAsync("status", "--socket", "server.sock"));
    }

    [Fact]
    public async Task A_path_over_107_bytes_works()
    {
        await using var socket = new FakeSocket(new FakeNode("web1").With("a", "OK"));
        using var folder = new TempFolder();
        string deep = folder.File(string.Join('/', Enumerable.Repeat(new string('d', 40), 4)));
        Directory.CreateDirectory(Path.GetDirectoryName(deep)!);
        Directory.CreateSymbolicLink(deep, Path.GetDirectoryName(socket.Path)!);
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("status", "--socket", deep + "/server.sock"));
    }

    [Fact]
    public async Task A_silent_server_is_exit_3_in_time()
    {
        await using var socket = new FakeSocket(new FakeNode("web1") { Mute = true });
        using var console = new FakeConsole();
        Assert.Equal(3, await console.RunAsync("status", "--timeout", "100ms", "--socket", socket.Path));
        Assert.Contains("the server does not answer within 100ms", console.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json\n")]
    [InlineData("{\"schema\":\"other\"}\n")]
    [InlineData("{}\n[]\n")]
    public async Task Garbage_is_no_answer(string garbage)
    {
        await using var socket = new FakeSocket(new FakeNode("web1")) { Garbage = Encoding.UTF8.GetBytes(garbage) };
        using var console = new FakeConsole();
        Assert.Equal(3, await console.RunAsync("status", "--timeout", "100ms", "--socket", socket.Path));
    }

    [Fact]
    public async Task A_flood_without_a_line_end_is_bounded()
    {
        await using var socket = new FakeSocket(new FakeNode("web1")) { Garbage = Encoding.UTF8.GetBytes(new string('x', 1_200_000)) };
        using var console = new FakeConsole();
        Assert.Equal(3, await console.RunAsync("status", "--timeout", "5s", "--socket", socket.Path));
    }

    [Fact]
    public async Task More_requests_than_the_socket_takes_wait_their_turn()
    {
        var node = new FakeNode("web1");
        for (int i = 0; i < 60; i++) node.With($"m{i:00}", "RUNNING");
        await using var socket = new FakeSocket(node);
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("transition", "web1/*", "repaired", "--yes", "-o", "name", "--socket", socket.Path));
        Assert.Equal(60, console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }
}
