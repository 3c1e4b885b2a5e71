using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd.Security;

/// <summary>Development mode stays on this machine, and with a token with this user (security.md 2, row 2).</summary>
[Trait("attack", "2")]
public sealed class DevModeTests
{
    public static TheoryData<string> Elsewhere()
    {
        var hosts = new TheoryData<string> { "0.0.0.0", "[::]", "192.0.2.1", Dns.GetHostName() };
        foreach (NetworkInterface card in NetworkInterface.GetAllNetworkInterfaces())
        {
            foreach (UnicastIPAddressInformation own in card.GetIPProperties().UnicastAddresses)
            {
                if (own.Address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(own.Address)) hosts.Add(own.Address.ToString());
            }
        }

        return hosts;
    }

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task A_broker_binds_no_other_address_than_loopback(string host)
    {
        // A machine may call itself 127.0.1.1, which is loopback and allowed.
        if (host == Dns.GetHostName() && Array.TrueForAll(await Dns.GetHostAddressesAsync(host), IPAddress.IsLoopback)) return;
        using var folder = new TempFolder();
        int port = ScoutExecutable.FreePort();
        CommandResult broker = await ScoutExecutable.RunAsync(["broker", "run", "--dev", "--data", folder.File("b"), "--listen", $"{host}:{port}"]);
        Assert.True(broker.ExitCode == 2, broker.ToString());
        Assert.Contains("scout broker init", broker.Stderr, StringComparison.Ordinal);
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => probe.ConnectAsync(IPAddress.Loopback, port));
    }

    [Theory]
    [InlineData("nats://192.0.2.1:4222")]
    [InlineData("nats://127.0.0.1:4222,nats://192.0.2.1:4222")]
    public async Task A_node_connects_nowhere_else(string url)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("m"));
        CommandResult node = await ScoutExecutable.RunAsync(["server", "run", "--dev", "--node", "web1", "--machines", folder.File("m"), "--data", folder.File("d"), "--http", "off", "--broker", url], within: TimeSpan.FromSeconds(30));
        Assert.True(node.ExitCode == 2, node.ToString());
        Assert.Contains("loopback", node.Stderr, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("d")));
    }

    [Fact]
    public async Task Who_does_not_have_the_token_gets_an_authorization_violation()
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        using var folder = new TempFolder();
        int port = ScoutExecutable.FreePort();
        string token = folder.File("token");
        await using var broker = ChildProcess.Start(ScoutExecutable.Path, ["broker", "run", "--dev", "--data", folder.File("b"), "--listen", $"127.0.0.1:{port}", "--token-file", token]);
        await broker.PrintedAsync("ready");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(token));
        string secret = (await File.ReadAllTextAsync(token)).Trim();
        Assert.StartsWith("-ERR 'Authorization Violation'", await LoginAsync(port, ""), StringComparison.Ordinal);
        Assert.StartsWith("-ERR 'Authorization Violation'", await LoginAsync(port, "x" + secret), StringComparison.Ordinal);
        Assert.Equal("PONG", await LoginAsync(port, secret));
        string url = $"nats://127.0.0.1:{port}";
        CommandResult stranger = await ScoutExecutable.RunAsync(["nodes", "--broker", url]);
        Assert.True(stranger.ExitCode == 3, stranger.ToString());
        CommandResult owner = await ScoutExecutable.RunAsync(["nodes", "--broker", url, "--token-file", token]);
        // Let in, and there is no node yet.
        Assert.True(owner.ExitCode == 4, owner.ToString());
        Assert.DoesNotContain(secret, broker.Output + stranger + owner, StringComparison.Ordinal);
        await broker.StopAsync();
    }

    private static async Task<string?> LoginAsync(int port, string token)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        using var reader = new StreamReader(tcp.GetStream(), Encoding.Latin1);
        Assert.StartsWith("INFO ", await reader.ReadLineAsync(), StringComparison.Ordinal);
        string login = token.Length == 0 ? "" : $",\"auth_token\":\"{token}\"";
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {{\"verbose\":false{login}}}\r\nPING\r\n"));
        return await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
    }

    [Fact]
    public async Task A_node_in_dev_mode_has_no_cryptography_in_it()
    {
        using var folder = new TempFolder();
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder);
        await using ScoutNode node = ScoutNode.Create(folder, "dev1", broker.Url);
        node.Define("it.yaml", "checks:\n  - { name: it, plugin: /bin/true, interval: 1s, splay: 0 }\n");
        await node.StartAsync();
        await node.ReachesAsync("it", "OK");
        CommandResult status = await ScoutExecutable.RunAsync(["status", "--broker", broker.Url]);
        Assert.True(status.ExitCode == 0, status.ToString());
        string[] mapped = [.. (await File.ReadAllLinesAsync($"/proc/{node.Process.Id}/maps")).Where(static line => line.Contains("libcrypto", StringComparison.Ordinal) || line.Contains("libssl", StringComparison.Ordinal))];
        Assert.True(mapped.Length == 0, string.Join('\n', mapped));
    }
}
