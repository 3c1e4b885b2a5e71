using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>Native probes as a user has them: in a file, on a running node, on the command line.</summary>
public sealed class ProbeTests
{
    [Fact]
    public async Task A_probe_in_a_file_is_run_reloaded_and_told_with_its_reason()
    {
        using var folder = new TempFolder();
        using TcpListener listener = Listen();
        int open = Port(listener);
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("db.yaml", Db(open));
        await node.StartAsync();
        await node.ReachesAsync("db", "OK");

        node.Define("db.yaml", Db(ScoutExecutable.FreePort()));
        await node.ReachesAsync("db", "CRITICAL");
        CommandResult check = await node.ScoutAsync("check", "web1/db", "-o", "json");
        Assert.True(check.ExitCode == 0, check.ToString());
        Assert.Equal("refused", check.Json()[0].GetProperty("reason").GetString());

        node.Define("db.yaml", Db(open).Replace("critical:", "crtical:", StringComparison.Ordinal));
        await Until.TrueAsync("the error is said", async () => (await Row(node, "db")).GetProperty("definition_error").ValueKind == JsonValueKind.String);
        Assert.Contains("unknown_key", (await Row(node, "db")).GetProperty("definition_error").GetString(), StringComparison.Ordinal);

        node.Define("db.yaml", Db(open));
        await node.ReachesAsync("db", "OK");
        CommandResult history = await node.ScoutAsync("history", "web1/db", "--checks", "-o", "jsonl");
        Assert.Contains(history.JsonLines(), line => Data(line) is { } data && data.TryGetProperty("reason", out JsonElement reason) && reason.GetString() == "refused"
            && data.GetProperty("facts").GetProperty("address").GetString() == "127.0.0.1");
        Assert.Contains(history.JsonLines(), line => Data(line) is { } data && data.TryGetProperty("perfdata", out JsonElement items)
            && items.EnumerateArray().Any(item => item.GetProperty("label").GetString() == "connect" && item.GetProperty("unit").GetString() == "seconds"));
        await Until.TrueAsync("the textfile has the numbers", () =>
            Task.FromResult(File.Exists(node.Textfile) && File.ReadAllText(node.Textfile).Contains("connect", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_peer_gives_a_reason_and_the_node_goes_on()
    {
        using var folder = new TempFolder();
        using TcpListener silent = Listen();
        using TcpListener text = Listen();
        _ = TalkAsync(text);
        int closed = ScoutExecutable.FreePort();
        int said = Port(text);
        (string Probe, string State, string Reason)[] rows =
        [
            ("tcp: { host: no-such-host.invalid, port: 1 }", "CRITICAL", "dns_"),
            ("http: { url: 'http://no-such-host.invalid/' }", "CRITICAL", "dns_"),
            ($"http: {{ url: 'https://127.0.0.1:{closed}/' }}", "CRITICAL", "refused"),
            ($"tls: {{ host: 127.0.0.1, port: {said} }}", "CRITICAL", "tls_handshake"),
            ($"tls: {{ host: 127.0.0.1, port: {said}, ca_file: /nowhere.pem }}", "UNKNOWN", "local"),
            ($"http: {{ url: 'http://127.0.0.1:{said}/' }}", "CRITICAL", "protocol"),
            ($"tcp: {{ host: 127.0.0.1, port: {said}, match: '^SSH' }}", "CRITICAL", "body"),
            ($"tcp: {{ host: 127.0.0.1, port: {Port(silent)}, match: x }}", "CRITICAL", "timeout"),
            ($"tcp: {{ host: 127.0.0.1, port: {Port(silent)}, expect: refused }}", "CRITICAL", "negative"),
            ("tcp: { host: 127.0.0.1, port: 1, source: 192.0.2.1 }", "UNKNOWN", "local"),
            ($"dns: {{ name: x.test, server: '127.0.0.1:{closed}' }}", "CRITICAL", ""),
            ($"udp: {{ host: 127.0.0.1, port: {closed} }}", "CRITICAL", "refused"),
        ];
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("checks.yaml", "checks:\n" + string.Concat(rows.Select((row, index) => $"  - {{ name: it{index:00}, timeout: 3s, interval: 1h, splay: 0, {row.Probe} }}\n")));
        await node.StartAsync();
        CommandResult check = await node.ScoutAsync("check", "--all", "--yes", "-o", "json");
        Assert.True(check.ExitCode == 0, check.ToString());
        foreach (JsonElement answer in check.Json().EnumerateArray())
        {
            (string probe, string state, string reason) = rows[int.Parse(answer.GetProperty("machine").GetString()![2..], System.Globalization.CultureInfo.InvariantCulture)];
            string got = answer.GetProperty("reason").GetString()!;
            Assert.True(answer.GetProperty("to").GetString() == state && got.StartsWith(reason, StringComparison.Ordinal), $"{probe}: {answer}");
        }

        Assert.Equal(rows.Length, check.Json().GetArrayLength());
    }

    [Fact]
    public async Task The_command_line_probes_without_a_node()
    {
        using TcpListener listener = Listen();
        int port = Port(listener);
        CommandResult open = await ScoutExecutable.RunAsync(["probe", "tcp", $"127.0.0.1:{port}", "--critical", "5s"]);
        Assert.Equal(0, open.ExitCode);
        Assert.Matches(@"^TCP OK - 127\.0\.0\.1:\d+ connected in .* \| time=[\d.]+s;;5;0 connect=[\d.]+s;;;0\n$", open.Stdout);
        CommandResult closed = await ScoutExecutable.RunAsync(["probe", "tcp", $"127.0.0.1:{ScoutExecutable.FreePort()}", "--nagios"]);
        Assert.Equal(2, closed.ExitCode);
        CommandResult usage = await ScoutExecutable.RunAsync(["probe", "tcp", "127.0.0.1"]);
        Assert.Equal(2, usage.ExitCode);
        Assert.Contains("hint:", usage.Stderr, StringComparison.Ordinal);
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static string Db(int port) => $"checks:\n  - {{ name: db, tcp: {{ host: 127.0.0.1, port: {port}, critical: 5s }}, interval: 1s, splay: 0, events: all }}\n";

    private static JsonElement? Data(JsonElement line) => line.TryGetProperty("data", out JsonElement data) ? data : null;

    private static async Task<JsonElement> Row(ScoutNode node, string machine) => (await node.ScoutAsync("status", $"{node.Name}/{machine}", "-o", "json")).Json()[0];

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    // Several probes ask at once, and one that is slow to go must not keep the others waiting.
    private static async Task TalkAsync(TcpListener listener)
    {
        try
        {
            while (true) _ = GreetAsync(await listener.AcceptSocketAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    private static async Task GreetAsync(Socket accepted)
    {
        using Socket socket = accepted;
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes("220 mx.test ready\r\n"), SocketFlags.None);
            socket.Shutdown(SocketShutdown.Send);
            byte[] rest = new byte[1024];
            while (await socket.ReceiveAsync(rest, SocketFlags.None) > 0)
            {
            }
        }
        catch (SocketException)
        {
        }
    }
}
