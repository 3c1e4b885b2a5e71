using System.Text;

namespace Scout.Testing.Processes;

/// <summary>A <c>scout server run</c> with its own folders: machines, data, textfile.</summary>
public sealed class ScoutNode : IAsyncDisposable
{
    private readonly TempFolder folder;
    private readonly string? broker;
    private readonly string config;
    private ChildProcess? process;

    private ScoutNode(TempFolder folder, string name, string? broker, string extraConfig)
    {
        this.folder = folder;
        this.broker = broker;
        Name = name;
        Directory.CreateDirectory(Machines);
        var text = new StringBuilder();
        text.Append("plugin_path: [").Append(Path.Combine(Repository.Root, "checks")).Append(", ").Append(Path.Combine(Repository.Root, "tests", "plugins"))
            .Append(", /usr/lib/nagios/plugins]\n");
        text.Append(extraConfig);
        config = folder.Write($"{name}/server.yaml", text.ToString());
    }

    public string Name { get; }

    public string Machines => folder.File($"{Name}/machines");

    public string Data => folder.File($"{Name}/data");

    public string Textfile => folder.File($"textfile/scout-{Name}.prom");

    public string Socket => SocketOverride ?? Path.Combine(Data, "server.sock");

    /// <summary>Where the socket is from here, when the node has another view of the file system.</summary>
    public string? SocketOverride { get; set; }

    /// <summary>A process in whose mount namespace the node is started; null: ours.</summary>
    public int? Within { get; set; }

    /// <summary>Variables of its process, beside those of the tests.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public ChildProcess Process => process ?? throw new InvalidOperationException("The node is not running.");

    /// <summary>Makes a node that is not started yet.</summary>
    /// <param name="folder">Everything of it lies in here.</param>
    /// <param name="name">The node name.</param>
    /// <param name="broker">URL, or null: none.</param>
    /// <param name="extraConfig">More lines for its server.yaml.</param>
    public static ScoutNode Create(TempFolder folder, string name, string? broker, string extraConfig = "") => new(folder, name, broker, extraConfig);

    /// <summary>Writes a definition into its machine directory by rename, as a careful editor does.</summary>
    public ScoutNode Define(string file, string yaml)
    {
        string temporary = folder.Write($"{Name}/{file}.tmp", yaml);
        string target = Path.Combine(Machines, file);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Move(temporary, target, overwrite: true);
        return this;
    }

    /// <summary>Starts it and waits for its ready line.</summary>
    public async Task<ScoutNode> StartAsync()
    {
        process = Launch();
        await process.PrintedAsync("ready: ", TimeSpan.FromSeconds(30));
        return this;
    }

    /// <summary>Starts it and does not wait.</summary>
    public ChildProcess Launch()
    {
        List<string> arguments = ["server", "run", "--config", config, "--node", Name, "--machines", Machines, "--data", Data,
            "--textfile", Path.GetDirectoryName(Textfile)!, "--http", "127.0.0.1:0"];
        if (broker is not null) arguments.AddRange(["--broker", broker]);
        return process = Within is { } holder
            ? ChildProcess.Start("/usr/bin/nsenter", ["-m", "-t", $"{holder}", ScoutExecutable.Path, .. arguments], Environment)
            : ChildProcess.Start(ScoutExecutable.Path, arguments, Environment);
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        await Process.KillAsync();
        await Process.DisposeAsync();
        process = null;
    }

    /// <summary>SIGTERM.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        int code = await Process.StopAsync();
        await Process.DisposeAsync();
        process = null;
        return code;
    }

    /// <summary>Asks this node over its socket.</summary>
    public Task<CommandResult> ScoutAsync(params string[] arguments) => ScoutExecutable.RunAsync([.. arguments, "--socket", Socket]);

    /// <summary>Waits until a machine is in a state, by the socket.</summary>
    public Task ReachesAsync(string machine, string state, TimeSpan? within = null)
    {
        CommandResult? last = null;
        return Until.TrueAsync(
            $"{Name}/{machine} is {state}",
            async () =>
            {
                last = await ScoutAsync("status", $"{Name}/{machine}", "-o", "json");
                return last.ExitCode == 0 && last.Json().EnumerateArray().Any(row => row.GetProperty("state").GetString() == state);
            },
            within,
            () => $"{last}\n{process?.Output}");
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await process.DisposeAsync();
    }
}
