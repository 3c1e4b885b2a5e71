using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using Scout.MeshLab.Networks;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.MeshLab.Fleet;

/// <summary>A real server on a host of the lab.</summary>
internal sealed class LabNode : IAsyncDisposable
{
    private readonly LabNetwork network;
    private readonly TempFolder folder;
    private readonly bool withBroker;
    private readonly string host;
    private readonly string config;
    private ChildProcess? process;

    /// <param name="network">Its host must be in it.</param>
    /// <param name="folder">Its files.</param>
    /// <param name="name">Of the node.</param>
    /// <param name="config">server.yaml.</param>
    /// <param name="withBroker">False: alone.</param>
    /// <param name="host">Where it runs; the one of its name when not given.</param>
    public LabNode(LabNetwork network, TempFolder folder, string name, string config, bool withBroker = true, string? host = null)
    {
        this.network = network;
        this.folder = folder;
        this.withBroker = withBroker;
        Name = name;
        this.host = host ?? name;
        this.config = folder.Write($"{name}/server.yaml", config);
        folder.Write($"{name}/machines/mesh.yaml", "checks:\n  - { name: mesh, mesh: { scope: node }, interval: 2s, splay: 0 }\n");
    }

    public string Name { get; }

    public ChildProcess Process => process ?? throw new InvalidOperationException($"{Name} does not run");

    public string Socket => folder.File($"{Name}/data/server.sock");

    public void Launch()
    {
        List<string> arguments =
        [
            "netns", "exec", network.Namespace(host), ScoutExecutable.Path, "server", "run", "--config", config, "--node", Name,
            "--machines", folder.File($"{Name}/machines"), "--data", folder.File($"{Name}/data"), "--http", "127.0.0.1:8619",
        ];
        if (withBroker) arguments.AddRange(["--broker", "nats://127.0.0.1:4222"]);
        process = ChildProcess.Start("ip", arguments);
    }

    public Task ReadyAsync() => Process.PrintedAsync("ready: ", TimeSpan.FromSeconds(60));

    /// <summary>SIGTERM, and the end.</summary>
    public async Task StopAsync()
    {
        await Process.StopAsync();
        await Process.DisposeAsync();
        process = null;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        await Process.KillAsync();
        await Process.DisposeAsync();
        process = null;
    }

    /// <summary>Its series, by name and labels as they stand on the page.</summary>
    public async Task<IReadOnlyDictionary<string, double>> ScrapeAsync()
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(
                NetworkNamespace.Inside(network.Namespace(host), () =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Connect(new IPEndPoint(IPAddress.Loopback, 8619));
                    return socket;
                }),
                ownsSocket: true)),
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10) };
        string page = await client.GetStringAsync(new Uri("http://127.0.0.1:8619/metrics"));
        var series = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#') continue;
            int end = line.LastIndexOf(' ');
            series[line[..end]] = double.Parse(line[(end + 1)..].Replace("+Inf", "Infinity", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
        }

        return series;
    }

    /// <summary>The sum over all series of a family whose labels hold all of these texts.</summary>
    public async Task<double> SumAsync(string family, params string[] labels)
    {
        IReadOnlyDictionary<string, double> series = await ScrapeAsync();
        return series.Where(one => one.Key.StartsWith(family + "{", StringComparison.Ordinal) && labels.All(label => one.Key.Contains(label, StringComparison.Ordinal))).Sum(one => one.Value);
    }

    /// <summary>Asks it over its socket.</summary>
    public Task<CommandResult> ScoutAsync(params string[] arguments) => ScoutExecutable.RunAsync([.. arguments, "--socket", Socket]);

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await process.DisposeAsync();
    }
}
