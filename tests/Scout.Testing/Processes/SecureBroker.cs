using System.Globalization;

namespace Scout.Testing.Processes;

/// <summary>A broker as <c>scout broker init</c> makes it: TLS, logins by JWT, enrolment, on a free port of loopback.</summary>
public sealed class SecureBroker : IAsyncDisposable
{
    private readonly TempFolder folder;
    private ChildProcess? process;

    private SecureBroker(TempFolder folder, int port) => (this.folder, Port) = (folder, port);

    public int Port { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"tls://127.0.0.1:{Port}");

    /// <summary>What <c>init</c> made.</summary>
    public string Data => folder.File("broker");

    /// <summary>The administrator's credentials.</summary>
    public string Admin => Path.Combine(Data, "creds", "admin.creds");

    public ChildProcess Process => process ?? throw new InvalidOperationException("The broker is not running.");

    /// <summary>Makes and starts one, and waits until it is ready. Skips the calling test when there is no nats-server.</summary>
    /// <param name="folder">Its keys and streams go to <c>broker</c> in here.</param>
    public static async Task<SecureBroker> StartAsync(TempFolder folder)
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        var broker = new SecureBroker(folder, ScoutExecutable.FreePort());
        CommandResult init = await ScoutExecutable.RunAsync(["broker", "init", broker.Data, "--host", "127.0.0.1", "--listen", $"127.0.0.1:{broker.Port}", "--nats-server", NatsServerProcess.Executables[0]]);
        if (init.ExitCode != 0) throw new InvalidOperationException($"scout broker init: {init}");
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Starts it after <see cref="StopAsync"/>.</summary>
    public async Task StartAgainAsync()
    {
        process = ChildProcess.Start(ScoutExecutable.Path, ["broker", "run", "--data", Data, "--nats-server", NatsServerProcess.Executables[0]]);
        await process.PrintedAsync("ready: ", TimeSpan.FromSeconds(60));
    }

    /// <summary>Stops broker and nats-server; keys and streams stay.</summary>
    public async Task StopAsync()
    {
        await Process.StopAsync();
        await Process.DisposeAsync();
        process = null;
    }

    /// <summary>Credentials for somebody; the path of the file.</summary>
    public async Task<string> PersonAsync(string role, string name)
    {
        string file = folder.File($"{name}.creds");
        CommandResult made = await ScoutExecutable.RunAsync(["creds", "new", "--role", role, "--name", name, "--data", Data, "--out", file]);
        return made.ExitCode == 0 ? file : throw new InvalidOperationException($"scout creds new: {made}");
    }

    /// <summary>An enrolment token; the path of the file.</summary>
    public async Task<string> TokenAsync(string node, params string[] more)
    {
        string file = folder.File($"{node}.token");
        CommandResult made = await AsAsync(Admin, ["token", "new", "--for", node, "--ttl", "10m", .. more]);
        if (made.ExitCode != 0) throw new InvalidOperationException($"scout token new: {made}");
        await using (var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        await using (var text = new StreamWriter(stream)) await text.WriteAsync(made.Stdout);
        return file;
    }

    /// <summary>A command with somebody's credentials.</summary>
    public static Task<CommandResult> AsAsync(string creds, params string[] arguments) => ScoutExecutable.RunAsync([.. arguments, "--creds", creds]);

    public async ValueTask DisposeAsync()
    {
        if (process is null) return;
        try
        {
            await process.StopAsync();
        }
        finally
        {
            await process.DisposeAsync();
        }
    }
}
