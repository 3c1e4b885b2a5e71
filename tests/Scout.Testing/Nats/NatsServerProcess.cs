using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Scout.Testing;

/// <summary>
/// A real <c>nats-server</c> on a free loopback port, with a temporary JetStream store. It can be killed and started again on the same port and
/// store. The executables are those of <c>SCOUT_TEST_NATS=a:b:c</c> and the one on the path; a test without any is skipped, or fails with
/// <c>SCOUT_REQUIRE_NATS=1</c>.
/// </summary>
public sealed class NatsServerProcess : IAsyncDisposable
{
    private const int Sighup = 1;
    private const int Sigterm = 15;
    private const int Sigusr2 = 12;
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly TempFolder folder = new();
    private NatsServerSettings settings;
    private readonly StringBuilder log = new();
    private Process? process;

    private NatsServerProcess(string executable, NatsServerSettings settings)
    {
        Executable = executable;
        this.settings = settings;
        Port = settings.Port;
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    /// <summary>Every nats-server this run can test against; the first is the default.</summary>
    public static IReadOnlyList<string> Executables { get; } = Find();

    /// <summary>Why tests with a server cannot run here, or null when they can.</summary>
    public static string? Missing => Executables.Count > 0 ? null : "nats-server is neither on the path nor in SCOUT_TEST_NATS (apt-get install nats-server)";

    public string Executable { get; }

    /// <summary>The port on 127.0.0.1; the same after a restart.</summary>
    public int Port { get; private set; }

    /// <summary><c>nats://127.0.0.1:port</c></summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"nats://127.0.0.1:{Port}");

    /// <summary>The folder with configuration and store.</summary>
    public string Folder => folder.Path;

    /// <summary>The process id, or 0 while the server is down.</summary>
    public int ProcessId => process?.Id ?? 0;

    /// <summary>What the server has written so far.</summary>
    public string Log
    {
        get
        {
            lock (log) return log.ToString();
        }
    }

    /// <summary>Starts a server and waits until it answers. Skips the calling test when there is none to start.</summary>
    public static async Task<NatsServerProcess> StartAsync(NatsServerSettings? settings = null, CancellationToken cancellationToken = default)
    {
        settings ??= new NatsServerSettings();
        string executable = settings.Executable ?? (Executables.Count > 0 ? Executables[0] : throw SkipTestException.Because(Missing!, "SCOUT_REQUIRE_NATS"));
        var server = new NatsServerProcess(executable, settings);
        try
        {
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server that was killed or stopped, on the same port and store.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        if (process is not null) throw new InvalidOperationException("The server is running.");
        string config = folder.Write("nats.conf", Configuration());
        var start = new ProcessStartInfo(Executable)
        {
            ArgumentList = { "-c", config, "--ports_file_dir", folder.Path },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        process = Process.Start(start) ?? throw new InvalidOperationException($"{Executable} did not start");
        process.OutputDataReceived += Collect;
        process.ErrorDataReceived += Collect;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await WaitUntilReadyAsync(cancellationToken);
    }

    /// <summary><c>kill -9</c>, and waits until the process is gone.</summary>
    public void Kill()
    {
        if (process is null) return;
        process.Kill();
        Reap();
    }

    /// <summary><c>kill -9</c> and a start on the same port and store.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        Kill();
        await StartAgainAsync(cancellationToken);
    }

    /// <summary>Asks the server to end (SIGTERM) and waits for it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (process is null) return;
        Signal(Sigterm);
        await process.WaitForExitAsync(cancellationToken);
        Reap();
    }

    /// <summary>Writes the configuration anew and has the server take it over while it runs (SIGHUP). What it refuses is in its log.</summary>
    public async Task ReloadAsync(Func<NatsServerSettings, NatsServerSettings> change)
    {
        int before = Reloads();
        settings = change(settings);
        folder.Write("nats.conf", Configuration());
        Signal(Sighup);
        await Until.TrueAsync("the server has reloaded its configuration", () => Reloads() > before, seen: () => Log);
    }

    /// <summary>Tells the server to enter lame duck mode (SIGUSR2): it says so to its clients and ends after its lame duck duration.</summary>
    public void EnterLameDuckMode() => Signal(Sigusr2);

    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        Kill();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<string> Find()
    {
        IEnumerable<string> named = (Environment.GetEnvironmentVariable("SCOUT_TEST_NATS") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> onPath = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/usr/local/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => System.IO.Path.Combine(folder, "nats-server")).Where(File.Exists).Take(1);
        return [.. named.Concat(onPath).Where(File.Exists).Select(System.IO.Path.GetFullPath).Distinct(StringComparer.Ordinal)];
    }

    private string Configuration()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"listen: \"127.0.0.1:{(Port == 0 ? -1 : Port)}\"\nserver_name: \"test\"\n");
        if (settings.JetStream)
        {
            // Limits are reservations, not space taken: large enough for the streams of a production broker.
            string store = System.IO.Path.Combine(folder.Path, "store");
            text.Append(CultureInfo.InvariantCulture, $"jetstream {{ store_dir: \"{store}\", max_memory_store: 1GB, max_file_store: 100GB }}\n");
        }

        if (settings.Token is not null) text.Append(CultureInfo.InvariantCulture, $"authorization {{ token: \"{settings.Token}\" }}\n");
        return text.Append(settings.ExtraConfig).Append('\n').ToString();
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < StartDeadline)
        {
            if (process!.HasExited)
            {
                Reap();
                throw new InvalidOperationException($"{Executable} ended at start:\n{Log}");
            }

            if (Port == 0) Port = ReadPortsFile();
            if (Port != 0 && await AnswersAsync(cancellationToken)) return;
            await Task.Delay(Poll, TimeProvider.System, cancellationToken);
        }

        throw new TimeoutException($"{Executable} was not ready within {StartDeadline.TotalSeconds} s:\n{Log}");
    }

    private int ReadPortsFile()
    {
        string path = System.IO.Path.Combine(folder.Path, $"{System.IO.Path.GetFileName(Executable)}_{process!.Id}.ports");
        try
        {
            using JsonDocument ports = JsonDocument.Parse(File.ReadAllText(path));
            return new Uri(ports.RootElement.GetProperty("nats")[0].GetString()!).Port;
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            return 0;
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), cancellationToken);
            byte[] buffer = new byte[4096];
            int length = await socket.ReceiveAsync(buffer, cancellationToken);
            string info = Encoding.ASCII.GetString(buffer, 0, length);
            return info.StartsWith("INFO ", StringComparison.Ordinal)
                && (!settings.JetStream || info.Contains("\"jetstream\":true", StringComparison.Ordinal));
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private int Reloads() => Log.Split("Reloaded server configuration").Length;

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        lock (log) log.AppendLine(line.Data);
    }

    private void Reap()
    {
        process!.WaitForExit();
        process.Dispose();
        process = null;
    }

    private void Signal(int signal)
    {
        if (process is null) throw new InvalidOperationException("The server is not running.");
        if (SendSignal(process.Id, signal) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    private void KillAtExit(object? sender, EventArgs e) => process?.Kill();

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int pid, int signal);
}
