using System.Globalization;
using System.Text;
using Scout.Benchmarks.Measuring;
using Scout.Nats;
using Scout.Nats.Tests.Fakes;
using Scout.Testing;

namespace Scout.Benchmarks.Security;

/// <summary>
/// What security costs: CPU of client and server together, per message, of TLS with JWT logins beside the same paths in the clear, in the same minutes;
/// logins and signatures apart.
/// </summary>
internal static class SecureBenchmark
{
    private const double Goal = 1.5;

    // A typical event: subject, headers and 500 bytes of JSON.
    private static readonly byte[] Event = Encoding.ASCII.GetBytes("{\"data\":\"" + new string('x', 490) + "\"}");
    private static readonly byte[] Question = Encoding.ASCII.GetBytes("{\"schema\":\"io.scout.rpc.request.v1\",\"id\":\"01a1fb93-4601-7a0f-95f5-5c94ec7de222\",\"ttl_ms\":5000,\"args\":{}}");

    public static async Task<int> RunAsync(string[] options)
    {
        if (NatsServerProcess.Missing is { } missing)
        {
            Console.WriteLine($"skipped: {missing}");
            return 77;
        }

        bool quick = options.Contains("--quick");
        int rounds = quick ? 3 : 9;
        int scale = quick ? 4 : 1;
        await using NatsServerProcess plain = await NatsServerProcess.StartAsync();
        await using SecureServer secure = await SecureServer.StartAsync();
        using NatsCreds nodeCreds = secure.Creds("web1");
        using NatsCreds callerCreds = secure.Creds("bob");
        await using var dev = new Side(plain.ProcessId, Connect(plain.Url, null, "web1"), Connect(plain.Url, null, "bob"));
        await using var tls = new Side(secure.Process.ProcessId, Connect(secure.Url, nodeCreds, "web1"), Connect(secure.Url, callerCreds, "bob"));
        await dev.StartAsync();
        await tls.StartAsync();
        Console.WriteLine($"nats-server {tls.Node.ServerInfo!.Version}, {rounds} rounds of dev, secure, secure, dev; CPU of client and server together");

        List<Cost> rows = options.Contains("--fleet") ? [] :
        [
            await CompareAsync("event: publish, acknowledged, 64 in flight", rounds, 40_000 / scale, dev, tls, static (side, count) => side.PublishAsync(count, 64)),
            await CompareAsync("event: the same, one at a time", rounds, 4_000 / scale, dev, tls, static (side, count) => side.PublishAsync(count, 1)),
            // Bare lines, to see what the wire alone costs; a fleet's request does more.
            await CompareAsync("request and reply, 64 in flight", rounds, 40_000 / scale, dev, tls, static (side, count) => side.AskAsync(count, 64)) with { Judged = false },
            await CompareAsync("request and reply, one at a time", rounds, 4_000 / scale, dev, tls, static (side, count) => side.AskAsync(count, 1)) with { Judged = false },
        ];
        if (!options.Contains("--wire")) rows.Add(await FleetAsync(Math.Max(1, rounds / 3), quick ? 4 : 10));
        foreach (Cost row in rows)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Name,-46} dev {row.Dev,7:0.0} µs  secure {row.Secure,7:0.0} µs  ratio {row.Ratio:0.00}  {(!row.Judged ? "" : row.Ratio <= Goal ? $"[≤ {Goal}] ok" : $"[≤ {Goal}] MISSED")}"));
        }

        int logins = 400 / scale;
        Cost login = await CompareAsync("login", Math.Max(1, rounds / 3), logins, dev, tls, (side, count) => side == dev
            ? LoginAsync(plain.Url, null, count)
            : LoginAsync(secure.Url, callerCreds, count));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{login.Name,-46} dev {login.Dev,7:0.0} µs  secure {login.Secure,7:0.0} µs  of it the server {login.ServerDev:0} and {login.ServerSecure:0} µs"));
        (double sign, double verify, double jwt) = Signatures(callerCreds, 4_000 / scale);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Ed25519: sign {sign:0.0} µs, verify {verify:0.0} µs, read and verify a JWT {jwt:0.0} µs"));
        bool ok = rows.TrueForAll(static row => !row.Judged || row.Ratio <= Goal);
        string json = string.Join(',', rows.Append(login).Select(static row => string.Create(CultureInfo.InvariantCulture,
            $"\"{row.Name}\":{{\"dev_us\":{row.Dev:0.##},\"secure_us\":{row.Secure:0.##},\"ratio\":{row.Ratio:0.###}}}")));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{{\"benchmark\":\"secure\",\"ok\":{(ok ? "true" : "false")},{json},\"sign_us\":{sign:0.##},\"verify_us\":{verify:0.##},\"jwt_us\":{jwt:0.##}}}"));
        return ok ? 0 : 1;
    }

    // The whole way of a request: caller, server, node, machines, audit, and back. What the same processes use when nobody asks is taken off.
    private static async Task<Cost> FleetAsync(int rounds, int seconds)
    {
        const int Nodes = 4;
        using var folder = new TempFolder();
        await using FleetPath dev = await FleetPath.StartDevAsync(folder, Nodes);
        await using FleetPath secure = await FleetPath.StartSecureAsync(folder, Nodes);
        TimeSpan length = TimeSpan.FromSeconds(seconds);
        // A node proves at most 50 requests a second of one caller.
        TimeSpan every = TimeSpan.FromMilliseconds(25);

        async Task<CpuParts> OneAsync(FleetPath fleet)
        {
            CpuParts start = fleet.Cpu();
            await Task.Delay(length / 2, TimeProvider.System);
            CpuParts idle = (fleet.Cpu() - start) * 2;
            start = fleet.Cpu();
            int answered = await fleet.AskAsync(length, every);
            return (fleet.Cpu() - start - idle) / answered;
        }

        await dev.AskAsync(length, every);
        await secure.AskAsync(length, every);
        List<CpuParts> clear = [], proven = [];
        List<double> ratios = [];
        for (int round = 0; round < rounds; round++)
        {
            CpuParts first = await OneAsync(dev), one = await OneAsync(secure), two = await OneAsync(secure), last = await OneAsync(dev);
            clear.AddRange([first, last]);
            proven.AddRange([one, two]);
            ratios.Add((one.All + two.All) / (first.All + last.All));
        }

        static string Parts(List<CpuParts> runs) => string.Create(CultureInfo.InvariantCulture,
            $"caller {Quantiles.Median(runs.Select(static run => run.Caller)):0}, broker {Quantiles.Median(runs.Select(static run => run.Broker)):0}, node {Quantiles.Median(runs.Select(static run => run.Nodes)):0} µs");
        Console.WriteLine($"fleet: dev {Parts(clear)}; secure {Parts(proven)}");
        return new Cost("fleet RPC: question to a node, with its answer", Quantiles.Median(clear.Select(static run => run.All)), Quantiles.Median(proven.Select(static run => run.All)), Quantiles.Median(ratios), 0, 0);
    }

    private static async Task<Cost> CompareAsync(string name, int rounds, int count, Side dev, Side secure, Func<Side, int, Task> body)
    {
        async Task<(double All, double Server)> OneAsync(Side side)
        {
            double server = CpuClock.OfProcess(side.ServerPid);
            long own = CpuClock.Own;
            await body(side, count);
            double ofServer = CpuClock.OfProcess(side.ServerPid) - server;
            return ((CpuClock.Own - own + ofServer) / count, ofServer / count);
        }

        await OneAsync(dev);
        await OneAsync(secure);
        List<(double All, double Server)> clear = [], encrypted = [];
        List<double> ratios = [];
        for (int round = 0; round < rounds; round++)
        {
            (double All, double Server) first = await OneAsync(dev), one = await OneAsync(secure), two = await OneAsync(secure), last = await OneAsync(dev);
            clear.AddRange([first, last]);
            encrypted.AddRange([one, two]);
            ratios.Add((one.All + two.All) / (first.All + last.All));
        }

        return new Cost(
            name, Quantiles.Median(clear.Select(static run => run.All)), Quantiles.Median(encrypted.Select(static run => run.All)), Quantiles.Median(ratios),
            Quantiles.Median(clear.Select(static run => run.Server)), Quantiles.Median(encrypted.Select(static run => run.Server)));
    }

    private static async Task LoginAsync(string url, NatsCreds? creds, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await using NatsConnection nats = Connect(url, creds, "bob");
            await nats.ConnectAsync();
        }
    }

    private static (double Sign, double Verify, double Jwt) Signatures(NatsCreds creds, int count)
    {
        byte[] message = new byte[200], signature = new byte[Ed25519.SignatureSize];
        double Each(Action action)
        {
            for (int i = 0; i < count / 4; i++) action();
            long start = CpuClock.Own;
            for (int i = 0; i < count; i++) action();
            return (CpuClock.Own - start) / (double)count;
        }

        double sign = Each(() => creds.Key.Sign(message, signature));
        double verify = Each(() => NKeys.Verify(creds.Key.PublicKey, message, signature));
        double jwt = Each(() => NatsJwt.TryRead(creds.Jwt, out _, out _));
        return (sign, verify, jwt);
    }

    private static NatsConnection Connect(string url, NatsCreds? creds, string name) => new(new NatsOpts
    {
        Url = url,
        InboxPrefix = "_INBOX." + name,
        AuthOpts = new NatsAuthOpts { Creds = creds },
        RequestTimeout = TimeSpan.FromSeconds(30),
        CommandTimeout = TimeSpan.FromSeconds(30),
    });

    /// <summary>CPU in microseconds a message.</summary>
    private sealed record Cost(string Name, double Dev, double Secure, double Ratio, double ServerDev, double ServerSecure)
    {
        /// <summary>Whether the goal is for this row.</summary>
        public bool Judged { get; init; } = true;
    }

    /// <summary>A node and a caller on one server.</summary>
    private sealed class Side(int serverPid, NatsConnection node, NatsConnection caller) : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private Task answering = Task.CompletedTask;
        private NatsJSContext js = null!;
        private int run;

        public int ServerPid => serverPid;

        public NatsConnection Node => node;

        public async Task StartAsync()
        {
            await node.ConnectAsync();
            await caller.ConnectAsync();
            js = new NatsJSContext(node);
            await js.CreateStreamAsync(new StreamConfig("EVENTS", ["e.*.*.*"]) { MaxBytes = 500_000_000, DuplicateWindow = TimeSpan.FromMinutes(2) });
            INatsSub<ReadOnlyMemory<byte>> sub = await node.SubscribeCoreAsync<ReadOnlyMemory<byte>>("rpc.web1.*");
            answering = Task.Run(async () =>
            {
                await using (sub)
                {
                    await foreach (NatsMsg<ReadOnlyMemory<byte>> message in sub.Msgs.ReadAllAsync(stop.Token)) await message.ReplyAsync((ReadOnlyMemory<byte>)Event);
                }
            });
            await node.PingAsync();
        }

        public async Task PublishAsync(int count, int inFlight)
        {
            int number = run++;
            await ManyAsync(count, inFlight, async i =>
            {
                var opts = new NatsJSPubOpts { MsgId = $"{number:d4}-4685-7a0f-95f5-{i:d12}", ExpectedStream = "EVENTS" };
                (await js.PublishAsync("e.web1.disk_root.check", (ReadOnlyMemory<byte>)Event, opts)).EnsureSuccess();
            });
        }

        public Task AskAsync(int count, int inFlight) => ManyAsync(
            count, inFlight, async _ => await caller.RequestAsync<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>("rpc.web1.machines", Question));

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await answering.ContinueWith(static _ => { }, TaskScheduler.Default);
            await node.DisposeAsync();
            await caller.DisposeAsync();
            stop.Dispose();
        }

        private static async Task ManyAsync(int count, int inFlight, Func<int, ValueTask> one)
        {
            int next = 0;
            await Task.WhenAll(Enumerable.Range(0, inFlight).Select(async _ =>
            {
                while (Interlocked.Increment(ref next) is var i && i <= count) await one(i);
            }));
        }
    }
}
