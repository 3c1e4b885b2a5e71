using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Scout.Server.Configuration;
using Scout.Server.Life;
using Scout.Server.LocalSockets;
using Scout.Server.Rpc;
using Scout.Server.Store;
using Scout.Testing;

namespace Scout.Server.Tests;

/// <summary>A whole node in this process, with real files, plugins and socket, told to stop as a signal would.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static int number;

    private readonly StringWriter error = new();
    private NodeSignals signals = new();
    private Task<int>? running;

    public TestNode() => Name = $"t{Environment.ProcessId}-{Interlocked.Increment(ref number)}";

    public TempFolder Folder { get; } = new();

    public string Name { get; set; }

    public NodeReady? Ready { get; private set; }

    public string Log => error.ToString();

    public ServerArguments Arguments { get; set; } = new();

    public IRequestPolicy? Policy { get; set; } = new OpenPolicy();

    public Protocol.Security.Trust.ITrustSource? Trust { get; set; }

    public IStoreFiles StoreFiles { get; set; } = new LinuxStoreFiles();

    public Dictionary<string, string> Environment2 { get; } = [];

    public string MachinesFolder => Folder.File("machines");

    public string DataFolder => Folder.File("data");

    public string TextfileFolder => Folder.File("textfile");

    public string SocketFile => Path.Combine(DataFolder, "server.sock");

    /// <summary>Writes a plugin that exits with what the file <c>NAME.exit</c> says.</summary>
    public string Plugin(string name, string body)
    {
        string path = Folder.Write("plugins/" + name, "#!/bin/sh\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    public void Machines(string file, string yaml) => Folder.Write("machines/" + file, yaml);

    public async Task<TestNode> StartAsync()
    {
        Directory.CreateDirectory(MachinesFolder);
        signals = new NodeSignals();
        var ready = new TaskCompletionSource<NodeReady>(TaskCreationOptions.RunContinuationsAsynchronously);
        running = NodeServer.RunAsync(With(Arguments), Context(ready.SetResult));
        Task first = await Task.WhenAny(ready.Task, running).WaitAsync(Patience);
        if (first == running) throw new InvalidOperationException($"the node ended with {await running}: {Log}");
        Ready = await ready.Task;
        return this;
    }

    /// <summary>Runs to its end, for starts that fail.</summary>
    public Task<int> RunAsync() => NodeServer.RunAsync(With(Arguments), Context(_ => signals.Stop("SIGTERM"))).WaitAsync(Patience);

    public async Task<int> StopAsync()
    {
        signals.Stop("SIGTERM");
        int code = await running!.WaitAsync(Patience);
        running = null;
        return code;
    }

    /// <summary>A signal; the node goes on until it has ended of itself.</summary>
    public void Signal() => signals.Stop("SIGTERM");

    /// <summary>Begins to start and does not wait for it.</summary>
    public Task<int> Begin()
    {
        Directory.CreateDirectory(MachinesFolder);
        signals = new NodeSignals();
        return NodeServer.RunAsync(With(Arguments), Context(ready => Ready = ready));
    }

    /// <summary>How it ended.</summary>
    public async Task<int> EndAsync()
    {
        int code = await running!.WaitAsync(Patience);
        running = null;
        return code;
    }

    public void Hangup() => signals.Reload();

    /// <summary>Asks over the local socket.</summary>
    public async Task<JsonElement> AskAsync(string action, string args = "{}", string? id = null)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await SocketPath.ConnectAsync(socket, SocketFile, CancellationToken.None);
        string line = $$$"""{"action":"{{{action}}}","request":{"schema":"io.scout.rpc.request.v1","id":"{{{id ?? "t" + Interlocked.Increment(ref number)}}}","ttl_ms":20000,"args":{{{args}}}}}""";
        await socket.SendAsync(Encoding.UTF8.GetBytes(line + "\n"));
        return await ReadLineAsync(socket);
    }

    public static async Task<JsonElement> ReadLineAsync(Socket socket)
    {
        var text = new MemoryStream();
        byte[] buffer = new byte[4096];
        while (true)
        {
            int read = await socket.ReceiveAsync(buffer).WaitAsync(Patience);
            if (read == 0) throw new IOException("closed: " + Encoding.UTF8.GetString(text.ToArray()));
            text.Write(buffer, 0, read);
            if (buffer[read - 1] == '\n') break;
        }

        using JsonDocument document = JsonDocument.Parse(text.ToArray());
        return document.RootElement.Clone();
    }

    /// <summary>State of a machine, or null.</summary>
    public async Task<string?> StateAsync(string machine)
    {
        JsonElement reply = await AskAsync("machine", $$"""{"machine":"{{machine}}"}""");
        JsonElement result = reply.GetProperty("results")[0];
        return result.TryGetProperty("record", out JsonElement record) ? record.GetProperty("state").GetString() : null;
    }

    public async Task ReachesAsync(string machine, string state)
    {
        string? last = null;
        await Wait.UntilAsync(async () => (last = await StateAsync(machine)) == state, () => $"{last}: {Log}");
    }

    public async Task<string> GetAsync(string page)
    {
        using var client = new HttpClient();
        using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://{Ready!.Http}{page}"));
        return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
    }

    public string Textfile => File.ReadAllText(Path.Combine(TextfileFolder, $"scout-{Name}.prom"));

    public async ValueTask DisposeAsync()
    {
        if (running is not null) await StopAsync();
        Folder.Dispose();
    }

    private ServerArguments With(ServerArguments given) => given with
    {
        Node = given.Node ?? Name,
        Machines = given.Machines ?? MachinesFolder,
        Data = given.Data ?? DataFolder,
        Http = given.Http ?? "127.0.0.1:0",
        Textfile = given.Textfile ?? (Directory.Exists(TextfileFolder) ? TextfileFolder : null),
    };

    private NodeContext Context(Action<NodeReady> ready) => new()
    {
        Error = TextWriter.Synchronized(error),
        Environment = Environment2,
        WorkingFolder = Folder.Path,
        Signals = signals,
        Policy = Policy,
        StoreFiles = StoreFiles,
        Trust = Trust,
        Ready = ready,
    };
}
