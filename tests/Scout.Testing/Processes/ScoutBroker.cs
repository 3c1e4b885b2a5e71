using System.Globalization;

namespace Scout.Testing.Processes;

/// <summary><c>scout broker run --dev</c> on a free port, with a store that outlives a restart.</summary>
public sealed class ScoutBroker : IAsyncDisposable
{
    private readonly string data;
    private readonly int http;
    private ChildProcess? process;

    private ScoutBroker(string data, int port, int http) => (this.data, Port, this.http) = (data, port, http);

    /// <summary>More flags.</summary>
    public IReadOnlyList<string> Flags { get; private init; } = [];

    /// <summary>Variables of its process, beside those of the tests.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; private init; }

    public int Port { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"nats://127.0.0.1:{Port}");

    /// <summary>Its own series.</summary>
    public Uri Metrics => new($"http://127.0.0.1:{http}/metrics");

    public ChildProcess Process => process ?? throw new InvalidOperationException("The broker is not running.");

    /// <summary>Starts a broker and waits until it is ready. Skips the calling test when there is no nats-server.</summary>
    /// <param name="folder">Its data go to <c>broker</c> in here.</param>
    /// <param name="withHttp">Metrics too.</param>
    /// <param name="flags">More flags.</param>
    /// <param name="environment">More variables.</param>
    public static async Task<ScoutBroker> StartAsync(TempFolder folder, bool withHttp = false, IReadOnlyList<string>? flags = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        var broker = new ScoutBroker(folder.File("broker"), ScoutExecutable.FreePort(), withHttp ? ScoutExecutable.FreePort() : 0) { Flags = flags ?? [], Environment = environment };
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Starts it after <see cref="StopAsync"/>, on the same port and store.</summary>
    public async Task StartAgainAsync()
    {
        string[] metrics = http == 0 ? [] : ["--http", $"127.0.0.1:{http}"];
        process = ChildProcess.Start(ScoutExecutable.Path, ["broker", "run", "--dev", "--data", data, "--listen", $"127.0.0.1:{Port}", .. metrics, "--nats-server", NatsServerProcess.Executables[0], .. Flags], Environment);
        await process.PrintedAsync("ready", TimeSpan.FromSeconds(30));
    }

    /// <summary>Stops broker and nats-server; the store stays.</summary>
    public async Task StopAsync()
    {
        await Process.StopAsync();
        await Process.DisposeAsync();
        process = null;
    }

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
