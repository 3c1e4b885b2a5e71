using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd.Security;

/// <summary>A broker that means harm (reliability.md A9, security.md row 35): node and command survive it, bounded, and believe nothing.</summary>
[Trait("attack", "35")]
[Trait("attack", "A9")]
public sealed partial class HostileBrokerTests
{
    private const long MaxGrowth = 32 * 1024 * 1024;

    // Ends the line after what does not end it by itself.
    private const string End = "MSG a 1 -5\r\n";

    private const string CutShort = "only this much";

    // Said instead of a handshake.
    private static readonly string[] Greetings =
    [
        "HTTP/1.1 200 OK\r\n\r\n",
        "INFO []\r\n",
        "INFO {\"server_id\":\"" + new string('x', 10_000_000) + "\"}\r\n",
        "INFO {\"server_id\":\"x\",\"max_payload\":-99999999999999999999}\r\n",
        "INFO {\"tls_required\":true}\r\nINFO {\"nonce\":\"injected-nonce\"}\r\n",
        "-ERR 'Authorization Violation'\r\n",
        "PING\r\n",
    ];

    // Said to a client that has logged in.
    private static readonly string[] Attacks =
    [
        "MSG a 1 2147483648\r\n",
        "MSG a 1 -5\r\n",
        "MSG a 1 many\r\n",
        "HMSG a 1 10 5\r\n",
        "MSG a\u0001b 1 2\r\nxx\r\n" + End,
        "MSG scout.rpc.all.ping 1 900000\r\n" + CutShort,
        new string('A', 300_000),
        string.Concat(Enumerable.Repeat("-ERR '" + new string('e', 2000) + "'\r\n", 500)) + End,
        string.Concat(Enumerable.Repeat("PING\r\n", 200_000)),
        string.Concat(Enumerable.Repeat("INFO {\"server_id\":\"flood\",\"connect_urls\":[\"192.0.2.1:1\",\"\u001b[2J:5\",\"http://x\"]}\r\n", 5_000)) + End,
        string.Concat(Enumerable.Repeat("PONG\r\n", 10)) + End,
        "-ERR 'User Authentication Revoked'\r\n",
    ];

    [Fact]
    public async Task A_node_goes_on_checking_keeps_its_events_and_does_not_grow()
    {
        using var folder = new TempFolder();
        int wrongAcks = 0;
        await using var server = new FakeNatsServer(async connection =>
        {
            // Every third says something else than hello; the others let the node in, give wrong acknowledgements to its first event, and attack.
            int turn = (connection.Number - 1) / 3;
            if (connection.Number % 3 == 1)
            {
                await connection.SendAsync(Greetings[turn % Greetings.Length]);
                await connection.Closed.WaitAsync(TimeSpan.FromSeconds(20));
                return;
            }

            turn = (turn * 2) + (connection.Number % 3 == 0 ? 1 : 0);
            connection.OnLine = async line =>
            {
                if (!line.StartsWith("HPUB ", StringComparison.Ordinal)) return;
                bool isEvent = line.StartsWith("HPUB scout.event.", StringComparison.Ordinal);
                string ack = !isEvent ? "{\"stream\":\"KV_SCOUT_NODES\",\"seq\":1}"
                    : (turn % 3) switch { 0 => "{\"stream\":\"OTHER\",\"seq\":1}", 1 => "{\"stream\":\"SCOUT_EVENTS\",\"seq\":0}", _ => "+ACK" };
                string reply = line.Split(' ')[2];
                await connection.SendAsync($"MSG {reply} 1 {ack.Length}\r\n{ack}\r\nMSG {reply} 1 {ack.Length}\r\n{ack}\r\n");
                if (!isEvent) return;
                Interlocked.Increment(ref wrongAcks);
                string attack = Attacks[turn % Attacks.Length];
                await connection.SendAsync(attack);
                if (attack.EndsWith(CutShort, StringComparison.Ordinal)) connection.Close();
            };
            await connection.HandshakeAsync();
            await connection.ServeAsync();
        });
        await using ScoutNode node = ScoutNode.Create(folder, "web1", server.Url);
        node.Define("turn.yaml", $"""
            checks:
              - name: turn
                plugin: [/bin/sh, -c, 'f={folder.File("count")}; n=$(cat $f 2>/dev/null || echo 0); echo $((n + 1)) > $f; exit $((n % 2 * 2))']
                interval: 500ms
                splay: 0
                flapping: off
            """);
        await node.StartAsync();
        await node.ReachesAsync("turn", "CRITICAL");
        long before = node.Process.ResidentBytes();
        int checks = Count(folder);
        await Until.TrueAsync("every attack has been made", () => server.Connections.Count > Attacks.Length * 3 / 2, TimeSpan.FromSeconds(60), () => $"{server.Connections.Count} connections\n{node.Process.Output}");
        Assert.True(Count(folder) > checks + 5, "checks went on");
        Assert.True(wrongAcks >= Attacks.Length, $"{wrongAcks} wrong acknowledgements");
        long grown = node.Process.ResidentBytes() - before;
        Assert.True(grown < MaxGrowth, $"grew by {grown} bytes");
        double outbox = Metric(node, "scout_outbox_events");
        Assert.True(outbox >= (Count(folder) - 3) / 2.0, $"{outbox} events in the outbox after {Count(folder)} checks");
        Assert.DoesNotContain("Unhandled", node.Process.Output, StringComparison.Ordinal);
        Assert.Equal(0, await node.StopAsync());
    }

    [Fact]
    public async Task A_command_ends_with_a_reason_and_without_a_stack()
    {
        await Parallel.ForEachAsync(Greetings.Concat(Attacks.Take(4)), new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (attack, _) =>
        {
            await using var server = new FakeNatsServer(async connection =>
            {
                if (!Greetings.Contains(attack)) await connection.HandshakeAsync();
                await connection.SendAsync(attack);
                await connection.Closed.WaitAsync(TimeSpan.FromSeconds(60));
            });
            CommandResult result = await ScoutExecutable.RunAsync(["nodes", "--broker", server.Url, "--timeout", "2s"]);
            string what = attack[..Math.Min(40, attack.Length)];
            Assert.True(result.ExitCode is > 0 and < 10, $"{what}: {result}");
            Assert.NotEmpty(result.Stderr);
            Assert.False(Stack().IsMatch(result.Stderr), $"{what}: {result}");
            Assert.DoesNotContain('\u001b', result.Stdout + result.Stderr);
        });
    }

    [GeneratedRegex(@"^\s+at \w+\.", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Stack();

    private static double Metric(ScoutNode node, string name)
    {
        string line = File.ReadLines(node.Textfile).First(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    private static int Count(TempFolder folder)
    {
        try
        {
            return int.Parse(File.ReadAllText(folder.File("count")), CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or FormatException)
        {
            return 0;
        }
    }
}
