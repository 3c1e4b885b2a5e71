using System.Globalization;
using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Secure;

/// <summary>A secure broker in this process, set up in a folder of its own, with a real nats-server.</summary>
internal sealed class SecureBench : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private CancellationTokenSource stop = new();
    private Task<BrokerExit>? running;

    public SecureBench()
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        Port = Bench.FreePort();
        Files = new BrokerFiles(folder.File("data"));
        Options = new BrokerOptions { Data = Files.Root, NatsServer = NatsServerProcess.Executables[0], Launcher = [Bench.HostPath], Http = "127.0.0.1:0" };
    }

    public int Port { get; }

    public BrokerFiles Files { get; }

    public BrokerOptions Options { get; set; }

    public LogBook Log { get; } = new();

    public string File(string name) => folder.File(name);

    public int ServerPid => int.Parse(Bench.ReadWithoutLock(Path.Combine(Options.Data, "jetstream", ".scout.lock")).Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>What tests sign logins with: the same files, another process would do the same.</summary>
    public AccountAuthority Authority => new(BrokerKeyring.Open(Files.Root), TimeProvider.System);

    public async Task InitAsync()
    {
        (InitReport? report, BrokerExit? error) = await BrokerInit.RunAsync(
            new InitOptions { Root = Files.Root, Hosts = ["broker.test"], Listen = $"127.0.0.1:{Port}", NatsServer = Options.NatsServer }, TimeProvider.System, CancellationToken.None);
        if (report is null) throw new InvalidOperationException($"{error!.Message} ({error.Hint})");
    }

    /// <summary>Starts and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        int before = Log.Count(5003);
        if (stop.IsCancellationRequested) stop = new CancellationTokenSource();
        running = BrokerService.RunAsync(Options, Log, TimeProvider.System, stop.Token);
        await Until.TrueAsync("the broker is ready", () => running.IsCompleted || Log.Count(5003) > before, TimeSpan.FromSeconds(30), () => Log.Text);
        if (running.IsCompleted) throw new InvalidOperationException($"{await running}\n{Log.Text}");
    }

    public static async Task<SecureBench> RunningAsync()
    {
        var bench = new SecureBench();
        try
        {
            await bench.InitAsync();
            await bench.StartAsync();
            return bench;
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    public async Task<BrokerExit> StopAsync()
    {
        await stop.CancelAsync();
        return await running!.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>A login in a file of its own.</summary>
    public string Creds(ScoutRole role, string name, TimeSpan? life = null)
    {
        string path = folder.File(RoleNames.Word(role) + "-" + name + ".creds");
        PrivateFile.Replace(path, Authority.IssueCreds(role, name, BrokerSettings.Read(Files), life));
        return path;
    }

    public NatsOpts Opts(string credsFile)
    {
        using NatsCreds creds = NatsCreds.Read(credsFile);
        return new NatsOpts
        {
            Url = $"tls://127.0.0.1:{Port}",
            AuthOpts = new NatsAuthOpts { CredsFile = credsFile },
            InboxPrefix = "_INBOX." + creds.Key.PublicKey,
            ReconnectSpread = TimeSpan.Zero,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(50),
            RefusedPatience = TimeSpan.FromSeconds(3),
            RefusedWaitMax = TimeSpan.FromMilliseconds(200),
        };
    }

    /// <summary>A line that got through.</summary>
    /// <param name="credsFile">Who.</param>
    /// <param name="patient">Whether a refusal may only have met a reload.</param>
    public async Task<NatsConnection> ConnectAsync(string credsFile, bool patient = true)
    {
        NatsOpts opts = Opts(credsFile);
        var nats = new NatsConnection(patient ? opts : opts with { RefusedPatience = TimeSpan.Zero });
        try
        {
            await nats.ConnectAsync();
            return nats;
        }
        catch
        {
            await nats.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGHUP to this process, in which the broker runs.</summary>
    public static void Hangup() => Scout.Broker.Supervision.Native.Kill(Environment.ProcessId, Scout.Broker.Supervision.Native.SignalHangup);

    public async Task<string> MetricsAsync()
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(Log.Lines(5030)[^1].Split(' ')[^1] + "/metrics");
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        if (running is not null) await running.WaitAsync(TimeSpan.FromSeconds(30));
        stop.Dispose();
        folder.Dispose();
    }
}
