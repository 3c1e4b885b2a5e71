using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Scout.Benchmarks.Measuring;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Security.Signing;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.Benchmarks.Security;

/// <summary>
/// A broker, some nodes and a caller, all as a user has them: each its own process but the caller, who is this one. Every question goes to each node once, as
/// a command to the fleet does; nodes and server are woken by each.
/// </summary>
internal sealed class FleetPath : IAsyncDisposable
{
    private const int Machines = 20;
    private const string Round = "bench";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ChildProcess broker;
    private readonly List<ChildProcess> nodes = [];
    private readonly List<string> names = [];
    private NatsConnection? caller;
    private NatsCreds? creds;
    private RequestSigner? signer;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> waiting = new();
    private long asked;
    private int numbers;

    private FleetPath(ChildProcess broker) => this.broker = broker;

    /// <summary>In the clear, without credentials.</summary>
    public static async Task<FleetPath> StartDevAsync(TempFolder folder, int nodes)
    {
        string url = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ScoutExecutable.FreePort()}");
        var fleet = new FleetPath(ChildProcess.Start(ScoutExecutable.Path, ["broker", "run", "--dev", "--data", folder.File("dev"), "--listen", url]));
        await fleet.broker.PrintedAsync("ready", Patience);
        for (int i = 0; i < nodes; i++) await fleet.AddNodeAsync(folder, $"dev{i}", ["--broker", "nats://" + url]);
        fleet.caller = new NatsConnection(new NatsOpts { Url = "nats://" + url, InboxPrefix = "_INBOX.bench", RequestTimeout = Patience });
        await fleet.ReadyAsync();
        return fleet;
    }

    /// <summary>TLS, logins by JWT, signed requests, audit.</summary>
    public static async Task<FleetPath> StartSecureAsync(TempFolder folder, int nodes)
    {
        string data = folder.File("secure");
        string port = ScoutExecutable.FreePort().ToString(CultureInfo.InvariantCulture);
        await ScoutAsync("broker", "init", data, "--host", "localhost", "--listen", "127.0.0.1:" + port);
        var fleet = new FleetPath(ChildProcess.Start(ScoutExecutable.Path, ["broker", "run", "--data", data]));
        await fleet.broker.PrintedAsync("ready", Patience);
        string mine = folder.File("bench.creds");
        await ScoutAsync("creds", "new", "--role", "operator", "--name", "bench", "--data", data, "--out", mine);
        for (int i = 0; i < nodes; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"sec{i}");
            await EnrolAsync(folder, data, name);
            await fleet.AddNodeAsync(folder, name, ["--broker", "tls://localhost:" + port]);
        }

        NatsCreds login = fleet.creds = NatsCreds.Read(mine);
        fleet.caller = new NatsConnection(new NatsOpts
        {
            Url = "tls://localhost:" + port,
            InboxPrefix = "_INBOX." + login.Key.PublicKey,
            AuthOpts = new NatsAuthOpts { Creds = login },
            RequestTimeout = Patience,
        });
        fleet.signer = new RequestSigner(login.Jwt, bytes => login.Key.Sign(bytes), System.Security.Cryptography.RandomNumberGenerator.Fill, TimeProvider.System);
        await fleet.ReadyAsync();
        return fleet;
    }

    /// <summary>CPU so far, in microseconds: this process, the broker with its nats-server, the nodes.</summary>
    public CpuParts Cpu() => new(CpuClock.Own, Tree(broker.Id).Sum(CpuClock.OfProcess), nodes.SelectMany(static node => Tree(node.Id)).Sum(CpuClock.OfProcess));

    /// <summary>Asks each node once every so often, and waits for the answers.</summary>
    /// <returns>Questions answered.</returns>
    public async Task<int> AskAsync(TimeSpan length, TimeSpan every)
    {
        long start = TimeProvider.System.GetTimestamp();
        int answered = 0;
        for (int round = 1; TimeProvider.System.GetElapsedTime(start) < length; round++)
        {
            foreach (JsonElement reply in await Task.WhenAll(names.Select(AskAsync)))
            {
                string? code = reply.GetProperty("code").GetString();
                if (code != "ok" || reply.GetProperty("results").GetArrayLength() != Machines) throw new InvalidOperationException(reply.ToString());
                answered++;
            }

            TimeSpan wait = (every * round) - TimeProvider.System.GetElapsedTime(start);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, TimeProvider.System);
        }

        return answered;
    }

    public async ValueTask DisposeAsync()
    {
        if (caller is not null) await caller.DisposeAsync();
        foreach (ChildProcess node in nodes) await node.DisposeAsync();
        await broker.StopAsync();
        await broker.DisposeAsync();
        creds?.Dispose();
    }

    private static async Task<CommandResult> ScoutAsync(params string[] arguments)
    {
        CommandResult result = await ScoutExecutable.RunAsync(arguments);
        return result.ExitCode == 0 ? result : throw new InvalidOperationException($"scout {string.Join(' ', arguments)}: {result}");
    }

    // What enrolment leaves behind, without the way there.
    private static async Task EnrolAsync(TempFolder folder, string broker, string name)
    {
        string file = folder.File(name + ".creds");
        await ScoutAsync("creds", "new", "--role", "node", "--name", name, "--data", broker, "--out", file);
        using NatsCreds given = NatsCreds.Read(file);
        string identity = Directory.CreateDirectory(folder.File($"{name}/data/identity"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        foreach ((string part, string text) in new[]
                 {
                     ("node.nk", given.Key.ExportSeed()), ("node.creds", given.Format()), ("ca.pem", given.CertificatesPem!),
                     ("trust.json", await File.ReadAllTextAsync(Path.Combine(broker, "trust.json"))), ("fleet.json", "{\"v\":1,\"urls\":[]}"),
                 })
        {
            string path = Path.Combine(identity, part);
            await File.WriteAllTextAsync(path, text);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static IEnumerable<int> Tree(int pid)
    {
        yield return pid;
        foreach (string thread in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            foreach (string child in File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                foreach (int below in Tree(int.Parse(child, CultureInfo.InvariantCulture))) yield return below;
            }
        }
    }

    private async Task AddNodeAsync(TempFolder folder, string name, string[] broker)
    {
        // Machines that do nothing while this runs: only requests cost.
        var checks = new StringBuilder("checks:\n");
        for (int i = 0; i < Machines; i++) checks.Append(CultureInfo.InvariantCulture, $"  - {{ name: m{i}, plugin: /bin/true, interval: 12h }}\n");
        folder.Write($"{name}/machines/checks.yaml", checks.ToString());
        string config = folder.Write($"{name}/server.yaml", "mesh: { enabled: false }\n");
        ChildProcess node = ChildProcess.Start(ScoutExecutable.Path,
            ["server", "run", "--config", config, "--node", name, "--machines", folder.File($"{name}/machines"), "--data", folder.File($"{name}/data"), "--http", "off", .. broker]);
        nodes.Add(node);
        names.Add(name);
        await node.PrintedAsync("ready: ", Patience);
    }

    private async Task ReadyAsync()
    {
        await caller!.ConnectAsync();
        _ = HearAsync();
        foreach (string name in names)
        {
            await Until.TrueAsync($"{name} answers", async () =>
            {
                try
                {
                    return (await AskAsync(name)).GetProperty("code").GetString() == "ok";
                }
                catch (NatsException)
                {
                    return false;
                }
            }, Patience * 2, () => string.Join('\n', nodes.Select(static node => node.Output)));
        }
    }

    private async Task<JsonElement> AskAsync(string node)
    {
        string subject = $"scout.rpc.node.{node}.machines";
        byte[] body = Encoding.UTF8.GetBytes($$$"""{"schema":"io.scout.rpc.request.v1","id":"bench-{{{Interlocked.Increment(ref asked)}}}","ttl_ms":20000,"args":{}}""");
        var headers = new NatsHeaders();
        if (signer is null) headers["Scout-Caller"] = "bench";
        else foreach ((string name, string value) in signer.Headers(subject, body)) headers[name] = value;
        int number = Interlocked.Increment(ref numbers);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[number] = answer;
        try
        {
            await caller!.PublishAsync(subject, (ReadOnlyMemory<byte>)body, headers, Subjects.Answer(caller.Opts.InboxPrefix, node, Round, number));
            return await answer.Task.WaitAsync(Patience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            throw new NatsException($"{node} does not answer");
        }
        finally
        {
            waiting.TryRemove(number, out _);
        }
    }

    // As the commands do: one subscription for all answers, at inboxes where the name of the asked node stands.
    private async Task HearAsync()
    {
        await foreach (NatsMsg<ReadOnlyMemory<byte>> message in caller!.SubscribeAsync<ReadOnlyMemory<byte>>(Subjects.Answers(caller!.Opts.InboxPrefix, Round)))
        {
            if (!Subjects.TryParseAnswer(message.Subject, caller!.Opts.InboxPrefix, Round, out string? node, out int number) || !waiting.TryGetValue(number, out TaskCompletionSource<JsonElement>? answer)) continue;
            if (message.Data.IsEmpty)
            {
                answer.TrySetException(new NatsException($"{node} is not there"));
                continue;
            }

            using JsonDocument document = JsonDocument.Parse(message.Data);
            answer.TrySetResult(document.RootElement.Clone());
        }
    }
}
