using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Scout.Protocol.Rpc;

namespace Scout.Server.Tests.Security;

/// <summary>
/// A5 of reliability.md 3, the content of requests: whatever the bytes are, the answer is one of the closed list and names the field, and what was refused has moved nothing. By
/// the local socket, where nothing is in front of the reader; every run of a plugin is on a list of the plugin's own.
/// </summary>
[Collection("node")]
[Trait("attack", "A5")]
[Trait("attack", "23")]
public sealed class RequestContentTests : IAsyncLifetime
{
    private const string Head = "{\"schema\":\"io.scout.rpc.request.v1\",\"id\":\"";

    // Of each action one that does something, and says all that can be said.
    private static readonly (string Action, string Args)[] Valid =
    [
        ("ping", "{}"), ("facts", """{"keys":["os"]}"""), ("machines", """{"machines":["it*"],"labels":{"tier":"web"},"states":["OK"],"after":"a"}"""), ("machine", """{"machine":"it"}"""),
        ("check", """{"machines":["it"],"wait_ms":0}"""), ("transition", """{"machine":"it","transition":"OK"}"""),
        ("maintenance", """{"machines":["it"],"labels":{"tier":"web"},"for_s":60,"reason":"why"}"""), ("resume", """{"machines":["it"]}"""),
        ("acknowledge", """{"machines":["it"],"until":"2030-01-01T00:00:00Z","reason":"known"}"""), ("mesh", """{"after":"n7"}"""), ("probe", """{"target":"n7","packets":1,"proto":"udp"}"""),
        ("history", """{"machines":["it"],"kinds":["check","audit"],"since":"2026-01-01T00:00:00Z","limit":5,"wait_ms":0}"""),
    ];

    private static readonly HashSet<string> Codes = [.. Enum.GetValues<RpcCode>().Select(RpcCodes.Name)];

    private readonly TestNode node = new();
    private string runs = "";
    private Socket? socket;

    public static TheoryData<string, string> Hostile => new()
    {
        { "depth 1,000", "JSON" }, { "two MiB", "65536 bytes|the line is over" }, { "1e400", "args.for_s" }, { "invalid UTF-8", "UTF-8|JSON" }, { "empty", "" }, { "doubled field", "args.for_s" },
        { "doubled id", "id' is there twice" }, { "unknown field", "args.command" }, { "wrong type", "args.machines" }, { "no machine", "" }, { "unknown machine", "" }, { "unknown transition", "" },
        { "lone surrogate", "" }, { "NUL in a name", "args.machines" }, { "huge number", "args.for_s" }, { "negative", "args.for_s" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Each_is_an_error_that_names_the_field_and_nothing_happens(string what, string named)
    {
        string before = await FingerprintAsync();
        JsonElement reply = await SendAsync(what switch
        {
            "depth 1,000" => Maintenance(string.Concat(Enumerable.Repeat("{\"a\":", 1000)) + "1" + new string('}', 1000)),
            "two MiB" => Maintenance($$"""{"machines":["it"],"for_s":60,"reason":"{{new string('x', 2 << 20)}}"}"""),
            "1e400" => Maintenance("""{"machines":["it"],"for_s":1e400}"""),
            "invalid UTF-8" => Spoilt(Maintenance("""{"machines":["it"],"for_s":60,"reason":"~"}"""), 0xFF),
            "empty" => [],
            "doubled field" => Maintenance("""{"machines":["it"],"for_s":60,"for_s":61}"""),
            "doubled id" => Frame("maintenance", Head + "a\",\"id\":\"b\",\"args\":{\"machines\":[\"it\"],\"for_s\":60}}"),
            "unknown field" => Maintenance("""{"machines":["it"],"for_s":60,"command":"/bin/sh"}"""),
            "wrong type" => Maintenance("""{"machines":"it","for_s":60}"""),
            "no machine" => Maintenance("""{"machines":[],"for_s":60}"""),
            "unknown machine" => Maintenance("""{"machines":["other"],"for_s":60}"""),
            "unknown transition" => Frame("transition", Head + """t","args":{"machine":"it","transition":"EXPLODE"}}"""),
            "lone surrogate" => Maintenance("""{"machines":["it"],"for_s":60,"reason":"\ud800","x":1}"""),
            "NUL in a name" => Maintenance("""{"machines":["it\u0000"],"for_s":60}"""),
            "huge number" => Maintenance("""{"machines":["it"],"for_s":99999999999999999999999999}"""),
            _ => Maintenance("""{"machines":["it"],"for_s":-1}"""),
        });
        string text = reply.ToString();
        string code = reply.GetProperty("code").GetString()!;
        Assert.True(code is "bad_request" or "not_found" or "not_allowed" or "partial", text);
        string message = reply.TryGetProperty("message", out JsonElement told) ? told.GetString()! : "";
        Assert.True(named.Split('|').Any(one => message.Contains(one, StringComparison.Ordinal)), text);
        Assert.Equal(before, await FingerprintAsync());
        Assert.Equal("ok", (await node.AskAsync("ping")).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Five_thousand_mutants_of_valid_requests_get_an_answer_each_and_move_nothing_when_refused()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("SCOUT_SEED"), out int given) ? given : 20261121;
        int mutants = Environment.GetEnvironmentVariable("SCOUT_LANE") == "extended" ? 100_000 : 5_000;
        var random = new Random(seed);
        var codes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        string before = await FingerprintAsync();
        bool moved = false;
        byte[] last = [];
        for (int i = 0; i < mutants; i++)
        {
            (string action, string args) = Valid[random.Next(Valid.Length)];
            last = Mutants.Of(random, Encoding.UTF8.GetBytes($"{Head}m{i}\",\"ttl_ms\":5000,\"args\":{args}}}"));
            byte[] line = [.. Encoding.ASCII.GetBytes($"{{\"action\":\"{action}\",\"request\":"), .. last, (byte)'}'];
            string code = (await SendAsync(line)).GetProperty("code").GetString()!;
            Assert.True(Codes.Contains(code), $"seed {seed}, mutant {i}: {code}");
            codes[code] = codes.GetValueOrDefault(code) + 1;
            moved |= code is not ("bad_request" or "unsupported" or "unknown_action" or "not_found");
            if (i % 50 != 49) continue;
            string now = await FingerprintAsync();
            // A check that was asked for ends by itself.
            if (moved) await Wait.UntilAsync(async () => !(now = await FingerprintAsync()).StartsWith("FORCE_CHECK", StringComparison.Ordinal), () => node.Log);
            Assert.True(moved || now == before, $"seed {seed}, up to mutant {i}: {before} became {now}; the last was {Encoding.UTF8.GetString(last)}");
            (before, moved) = (now, false);
        }

        string all = string.Join(' ', codes.Select(pair => $"{pair.Key}={pair.Value}"));
        TestContext.Current.TestOutputHelper?.WriteLine(all);
        Assert.True(codes.GetValueOrDefault("bad_request") > mutants / 2, all);
        Assert.Equal(0, codes.GetValueOrDefault("busy") + codes.GetValueOrDefault("internal"));
        Assert.DoesNotContain("Unhandled", node.Log, StringComparison.Ordinal);
        // What ran is the check and nothing else, and the folder of the node has what it had.
        Assert.All(await File.ReadAllLinesAsync(runs), line => Assert.Equal("look it", line));
        Assert.Equal(["data", "machines", "plugins", "runs"], Directory.EnumerateFileSystemEntries(node.Folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
    }

    public async ValueTask InitializeAsync()
    {
        runs = node.Folder.File("runs");
        string look = node.Plugin("look", $"echo \"look $*\" >>{runs}; exit 0");
        node.Machines("checks.yaml", $"checks:\n  - {{ name: it, plugin: {look} it, interval: 1h, splay: 0, labels: {{ tier: web }} }}\n");
        await node.StartAsync();
        await node.ReachesAsync("it", "OK");
    }

    public async ValueTask DisposeAsync()
    {
        socket?.Dispose();
        await node.DisposeAsync();
    }

    private static byte[] Frame(string action, string request) => Encoding.UTF8.GetBytes($"{{\"action\":\"{action}\",\"request\":{request}}}");

    private static byte[] Maintenance(string args) => Frame("maintenance", $"{Head}{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}\",\"args\":{args}}}");

    private static byte[] Spoilt(byte[] line, byte with)
    {
        line[Array.IndexOf(line, (byte)'~')] = with;
        return line;
    }

    // One line, one answer; whoever sent no frame is cut off afterwards and comes again.
    private async Task<JsonElement> SendAsync(byte[] line)
    {
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '\n') line[i] = (byte)' ';
        }

        for (int attempt = 0; ; attempt++)
        {
            if (socket is null)
            {
                socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(node.SocketFile));
            }

            try
            {
                byte[] whole = [.. line, (byte)'\n'];
                await SendAllAsync(socket, whole);
                return await TestNode.ReadLineAsync(socket);
            }
            catch (Exception gone) when (gone is IOException or SocketException && attempt < 2)
            {
                socket.Dispose();
                socket = null;
            }
        }
    }

    // A line beyond every bound is answered before it has been sent to its end.
    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty) bytes = bytes[await socket.SendAsync(bytes)..];
        }
        catch (SocketException) when (bytes.Length > 0)
        {
            if (socket.Available == 0) throw;
        }
    }

    private async Task<string> FingerprintAsync()
    {
        JsonElement record = (await node.AskAsync("machine", """{"machine":"it"}""")).GetProperty("results")[0].GetProperty("record");
        string maintenance = record.TryGetProperty("maintenance", out JsonElement one) ? one.ToString() : "";
        string acknowledged = record.TryGetProperty("acknowledged", out JsonElement other) ? other.ToString() : "";
        return string.Create(CultureInfo.InvariantCulture, $"{record.GetProperty("state")} {record.GetProperty("since")} {maintenance} {acknowledged}");
    }
}
