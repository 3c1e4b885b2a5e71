using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Scout.Broker.Tests;

/// <summary>A broker in this process with a real nats-server, and what tests want of it.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly CancellationTokenSource stop = new();
    private Task<BrokerExit>? running;

    public Bench()
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        Port = FreePort();
        Options = new BrokerOptions
        {
            Dev = true,
            Data = folder.File("data"),
            Listen = $"127.0.0.1:{Port}",
            NatsServer = NatsServerProcess.Executables[0],
            Launcher = [HostPath],
        };
    }

    /// <summary>The executable that is launcher and supervisor in tests; built beside us.</summary>
    public static string HostPath { get; } =
        Path.Combine(AppContext.BaseDirectory.Replace("Scout.Broker.Tests", "Scout.Broker.Host"), "Scout.Broker.Host");

    public int Port { get; }

    public string Url => $"nats://127.0.0.1:{Port}";

    public BrokerOptions Options { get; set; }

    public LogBook Log { get; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string File(string name) => folder.File(name);

    /// <summary>Pid of nats-server, by the lock.</summary>
    public int ServerPid => int.Parse(LockWords()[0], CultureInfo.InvariantCulture);

    public string[] LockWords() => ReadWithoutLock(Path.Combine(Options.Data, "jetstream", ".scout.lock")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Runs to the end: for what is refused.</summary>
    public Task<BrokerExit> RunAsync() => BrokerService.RunAsync(Options, Log, Time, stop.Token);

    /// <summary>Starts and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        int before = Log.Count(5003);
        running = RunAsync();
        await Until.TrueAsync("the broker is ready", () => running.IsCompleted || Log.Count(5003) > before, TimeSpan.FromSeconds(30), () => Log.Text);
        if (running.IsCompleted) throw new InvalidOperationException($"{await running}\n{Log.Text}");
    }

    public async Task<BrokerExit> StopAsync()
    {
        await stop.CancelAsync();
        return await running!.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public Task CancelAsync() => stop.CancelAsync();

    public static bool Alive(int pid) => Directory.Exists($"/proc/{pid}") && !System.IO.File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>The library locks what it opens, and the server holds that lock; the C library does not.</summary>
    public static string ReadWithoutLock(string path)
    {
        using Process cat = Process.Start(new ProcessStartInfo("cat", [path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string text = cat.StandardOutput.ReadToEnd();
        cat.WaitForExit();
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        if (running is not null) await running.WaitAsync(TimeSpan.FromSeconds(30));
        stop.Dispose();
        folder.Dispose();
    }
}

/// <summary>Keeps log lines for tests.</summary>
internal sealed class LogBook : ILoggerFactory, ILogger
{
    private readonly List<(int Id, LogLevel Level, string Text)> lines = [];

    public string Text
    {
        get
        {
            lock (lines) return string.Join('\n', lines.Select(line => $"{line.Level} {line.Id} {line.Text}"));
        }
    }

    public int Count(int id)
    {
        lock (lines) return lines.Count(line => line.Id == id);
    }

    public IReadOnlyList<string> Lines(int id)
    {
        lock (lines) return [.. lines.Where(line => line.Id == id).Select(line => line.Text)];
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (lines) lines.Add((eventId.Id, logLevel, formatter(state, exception)));
    }

    public void Dispose()
    {
    }
}
