using System.Diagnostics;
using Scout.Broker.Attached;
using Scout.Broker.Custody;
using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Attached;

/// <summary>A pod in this process: a mounted Secret, a volume, a shared folder, a real nats-server that we start as its container would, and the broker beside it.</summary>
internal sealed class AttachedBench : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly CancellationTokenSource stop = new();
    private Process? server;
    private Task<BrokerExit>? running;

    /// <param name="fleet">Another pod of the same fleet; null: a fleet of its own.</param>
    public AttachedBench(AttachedBench? fleet = null)
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        Port = Bench.FreePort();
        Home = fleet?.Home ?? new BrokerFiles(folder.File("home"));
        Mount = fleet?.Mount ?? new MountedFolder(folder.File("secret"));
        Files = new BrokerFiles(folder.File("volume")) { Out = folder.File("nats") };
        Options = new AttachedOptions
        {
            Data = Files.Root,
            Out = Files.Out,
            Store = folder.File("store"),
            Secret = Mount.Path,
            Listen = $"127.0.0.1:{Port}",
            MonitorPort = Bench.FreePort(),
        };
    }

    public int Port { get; }

    /// <summary>Where somebody called 'scout broker init'.</summary>
    public BrokerFiles Home { get; }

    public MountedFolder Mount { get; }

    /// <summary>The broker's directory in the pod.</summary>
    public BrokerFiles Files { get; }

    public AttachedOptions Options { get; set; }

    public LogBook Log { get; } = new();

    public int ServerPid => server!.Id;

    public string File(string name) => folder.File(name);

    public async Task InitAsync()
    {
        (InitReport? report, BrokerExit? error) = await BrokerInit.RunAsync(
            new InitOptions { Root = Home.Root, Hosts = ["broker.test"], NatsServer = NatsServerProcess.Executables[0] }, TimeProvider.System, CancellationToken.None);
        if (report is null) throw new InvalidOperationException($"{error!.Message} ({error.Hint})");
        await ApplyAsync();
    }

    /// <summary>'scout broker secret DIR | kubectl apply -f -', and the kubelet.</summary>
    public async Task<string> ApplyAsync()
    {
        (string? yaml, BrokerExit? error) = await SecretSheet.RenderAsync(new SecretOptions { Root = Home.Root }, TimeProvider.System, CancellationToken.None);
        if (yaml is null) throw new InvalidOperationException($"{error!.Message} ({error.Hint})");
        Mount.Put(MountedFolder.Data(yaml, "scout-broker"));
        return yaml;
    }

    public string Write(string name, string text) => folder.Write(name, text);

    public Task<(IReadOnlyList<string>? Done, BrokerExit? Error)> ConfigAsync() => AttachedConfig.WriteAsync(Options, TimeProvider.System, CancellationToken.None);

    /// <summary>As a container runtime does.</summary>
    public void StartServer()
    {
        server?.Dispose();
        server = Process.Start(new ProcessStartInfo(NatsServerProcess.Executables[0], ["-c", Files.Config]) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
    }

    public void KillServer()
    {
        server!.Kill();
        server.WaitForExit();
    }

    public bool ServerLives => !server!.HasExited;

    public void Begin() => running = BrokerService.RunAsync(new BrokerOptions { Data = Files.Root, Attached = true, Http = "127.0.0.1:0" }, Log, TimeProvider.System, stop.Token);

    public Task ReadyAsync(int times = 1) => Until.TrueAsync("the broker is ready", () => running!.IsCompleted ? throw new InvalidOperationException($"{running.Result}\n{Log.Text}") : Log.Count(5003) >= times, TimeSpan.FromSeconds(60), () => Log.Text);

    public static async Task<AttachedBench> RunningAsync()
    {
        var bench = new AttachedBench();
        try
        {
            await bench.InitAsync();
            (IReadOnlyList<string>? done, BrokerExit? error) = await bench.ConfigAsync();
            if (done is null) throw new InvalidOperationException($"{error!.Message} ({error.Hint})");
            bench.StartServer();
            bench.Begin();
            await bench.ReadyAsync();
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
        return await running!.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>A login signed where 'scout broker init' was called.</summary>
    public string Creds(ScoutRole role, string name)
    {
        string path = folder.File(RoleNames.Word(role) + "-" + name + ".creds");
        PrivateFile.Replace(path, new Broker.Accounts.AccountAuthority(BrokerKeyring.Open(Home.Root), TimeProvider.System).IssueCreds(role, name, BrokerSettings.Read(Home)));
        return path;
    }

    public async Task<NatsConnection> ConnectAsync(string credsFile, bool patient = true)
    {
        using NatsCreds creds = NatsCreds.Read(credsFile);
        var nats = new NatsConnection(new NatsOpts
        {
            Url = $"tls://127.0.0.1:{Port}",
            AuthOpts = new NatsAuthOpts { CredsFile = credsFile },
            InboxPrefix = "_INBOX." + creds.Key.PublicKey,
            ReconnectSpread = TimeSpan.Zero,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(50),
            RefusedPatience = patient ? TimeSpan.FromSeconds(3) : TimeSpan.Zero,
            RefusedWaitMax = TimeSpan.FromMilliseconds(200),
        });
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

    public async Task<(int Code, string Body)> GetAsync(string path)
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(Log.Lines(5030)[^1].Split(' ')[^1] + path);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public static async Task<CustodyReport> RevokeAsync(BrokerFiles where, HolderKind kind, string who)
    {
        (CustodyReport? report, BrokerExit? error) = await KeyCustody.RevokeAsync(where.Root, kind, [who], TimeProvider.System, CancellationToken.None);
        return report ?? throw new InvalidOperationException($"{error!.Message} ({error.Hint})");
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        if (running is not null) await running.WaitAsync(TimeSpan.FromSeconds(60));
        if (server is { HasExited: false }) KillServer();
        server?.Dispose();
        stop.Dispose();
        folder.Dispose();
    }
}
