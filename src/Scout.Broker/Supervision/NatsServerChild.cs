using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Scout.Broker.Supervision;

/// <summary>One life of nats-server: started through the launcher, its output drained, ended in order or by force.</summary>
internal sealed class NatsServerChild : IRunningServer, IDisposable
{
    private const string ReloadFailure = "Failed to reload server configuration";

    private readonly Process process;
    private readonly TimeProvider time;
    private readonly Task drained;
    private readonly LineDrain[] drains;
    private readonly Lock gate = new();
    private string lastFatal = "";
    private string lastOdd = "";
    private bool recovering;
    private string? reloadError;

    private NatsServerChild(Process process, ILogger log, TimeProvider time)
    {
        this.process = process;
        this.time = time;
        Pid = process.Id;
        process.StandardInput.Close();
        drains = [new LineDrain(process.StandardError.BaseStream, line => Take(line, log)), new LineDrain(process.StandardOutput.BaseStream, line => Take(line, log))];
        drained = Task.WhenAll(drains.Select(drain => drain.RunAsync(time)));
        Ended = EndAsync();
    }

    public int Pid { get; }

    /// <summary>Ends with the exit code, after the last line was read.</summary>
    public Task<int> Ended { get; }

    public Task Over => Ended;

    /// <summary>The last <c>[FTL]</c> line, else the last line that was no log line; empty when there was none.</summary>
    public string LastWords
    {
        get
        {
            lock (gate) return lastFatal.Length > 0 ? lastFatal : lastOdd;
        }
    }

    /// <summary>The log said that it restores streams: readiness may take longer.</summary>
    public bool Recovering
    {
        get
        {
            lock (gate) return recovering;
        }
    }

    /// <inheritdoc/>
    public string? ReloadError
    {
        get
        {
            lock (gate) return reloadError;
        }
    }

    public void ForgetReloadError()
    {
        lock (gate) reloadError = null;
    }

    /// <inheritdoc/>
    public void Signal(int signal)
    {
        if (!process.HasExited) _ = Native.Kill(Pid, signal);
    }

    /// <summary>Log lines that a flood cost.</summary>
    public long DroppedLines => drains.Sum(drain => drain.Dropped);

    /// <param name="thread">Starts it, and its death ends the server.</param>
    /// <param name="launcher">Words that start ourselves.</param>
    /// <param name="lockFile">Taken by the launcher.</param>
    /// <param name="executable">nats-server.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="log">Gets its lines.</param>
    /// <param name="time">For the bound on lines.</param>
    public static async Task<NatsServerChild> StartAsync(
        LauncherThread thread, IReadOnlyList<string> launcher, string lockFile, string executable, string config, ILogger log, TimeProvider time)
    {
        var start = new ProcessStartInfo(launcher[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] words =
            [.. launcher.Skip(1), NatsLauncher.Argument, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), lockFile, executable, "-c", config];
        foreach (string word in words) start.ArgumentList.Add(word);
        return new NatsServerChild(await thread.StartAsync(start), log, time);
    }

    /// <summary>SIGTERM, then SIGKILL when it has not ended within the patience. Returns whether it had to be killed.</summary>
    public async Task<bool> StopAsync(TimeSpan patience)
    {
        if (!process.HasExited) _ = Native.Kill(Pid, Native.SignalTerminate);
        try
        {
            await Ended.WaitAsync(patience, time);
            return false;
        }
        catch (TimeoutException)
        {
            Kill();
            await Ended;
            return true;
        }
    }

    public void Kill()
    {
        try
        {
            process.Kill();
        }
        catch (Exception failure) when (failure is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    public void Dispose()
    {
        Kill();
        process.Dispose();
    }

    private async Task<int> EndAsync()
    {
        await process.WaitForExitAsync();
        // A grandchild could hold the pipes for ever; nats-server has none, but nothing hangs here.
        await Task.WhenAny(drained, Task.Delay(TimeSpan.FromSeconds(2), time));
        return process.ExitCode;
    }

    private void Take(string line, ILogger log)
    {
        ServerLine parsed = ServerLine.Parse(line);
        lock (gate)
        {
            if (parsed.Tag == "FTL") lastFatal = parsed.Text;
            else if (parsed.Tag.Length == 0) lastOdd = parsed.Text;
            if (parsed.Text.StartsWith(ReloadFailure, StringComparison.Ordinal)) reloadError = parsed.Text[ReloadFailure.Length..].TrimStart(':', ' ');
            recovering |= parsed.Text.StartsWith("Starting restore", StringComparison.Ordinal) || parsed.Text.Contains("Restored", StringComparison.Ordinal)
                || parsed.Text.Contains("recover", StringComparison.OrdinalIgnoreCase);
        }

        BrokerLog.Server(log, parsed.Level, parsed.Text);
    }
}
