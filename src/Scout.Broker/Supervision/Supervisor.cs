using System.Text.Json;
using Microsoft.Extensions.Logging;
using Scout.Broker.Configuration;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Streams;

namespace Scout.Broker.Supervision;

/// <summary>What the supervisor needs, checked.</summary>
internal sealed record SupervisorPlan(
    BrokerDirectory Directory, NatsServerBinary Binary, ListenAddress Listen, string? Token, IReadOnlyList<string> Launcher, TimeSpan ReadyTimeout, TimeSpan StopTimeout);

/// <summary>Keeps one nats-server alive on one store, and its streams as they should be, until it is told to stop.</summary>
internal sealed class Supervisor(SupervisorPlan plan, BrokerState state, ILogger log, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    private readonly LauncherThread thread = new();
    private readonly CrashPolicy crashes = new(time);
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly Dictionary<string, long> lastSequences = new(StringComparer.Ordinal);
    private readonly MeshService mesh = MeshParts.Service(state.Mesh, log, time);
    private bool wasReady;

    /// <summary>Runs until <paramref name="stop"/>, or until the first start fails.</summary>
    public async Task<BrokerExit> RunAsync(CancellationToken stop)
    {
        while (true)
        {
            if (await WaitForLockAsync(stop) is { } held) return stop.IsCancellationRequested ? BrokerExit.Stopped : held;
            ServerPorts.Clear(plan.Directory.Run);
            using NatsServerChild child = await NatsServerChild.StartAsync(
                thread, plan.Launcher, plan.Directory.Lock, plan.Binary.Path, plan.Directory.Config, log, time);
            TimeSpan ran = await LiveAsync(child, stop);
            CountDropped(child);
            if (stop.IsCancellationRequested) return BrokerExit.Stopped;
            int code = await child.Ended;
            if (!wasReady) return FirstStartFailed(code, child.LastWords);

            TimeSpan wait = crashes.Ended(ran);
            state.Down($"nats-server ended with {code}: {child.LastWords}");
            state.Restarted();
            if (crashes.Failed) BrokerLog.GaveUp(log, code, child.LastWords);
            else BrokerLog.Crashed(log, code, child.LastWords, wait);
            if (await DelayAsync(wait, stop)) return BrokerExit.Stopped;
        }
    }

    public static BrokerExit InUse(BrokerDirectory directory, StoreHolder holder)
    {
        string who = holder.Server > 0 ? $"nats-server with pid {holder.Server}" : "another process";
        return BrokerExit.Refused($"{directory.Store} is in use by {who}", "only one server may write to a store: stop that one, or give another --data");
    }

    public void Dispose()
    {
        thread.Dispose();
        http.Dispose();
    }

    /// <summary>One life of the server: from start to its end, by itself or because we stop. Returns how long it was ready.</summary>
    private async Task<TimeSpan> LiveAsync(NatsServerChild child, CancellationToken stop)
    {
        NatsConnection? nats = null;
        long readyAt = -1;
        try
        {
            var readiness = new Readiness(time, http);
            if (await readiness.WaitAsync(child, plan.Directory.Run, plan.ReadyTimeout, stop) is not { } ports)
            {
                await child.StopAsync(plan.StopTimeout);
                return TimeSpan.Zero;
            }

            nats = await readiness.LoginAsync(ports, plan.Token, stop);
            VersionMark.Write(plan.Directory.VersionMark, plan.Binary.Version);
            var keeper = new StreamKeeper(new JetStreamApi(nats, time), plan.Binary.Version, lastSequences, log);
            IReadOnlyList<StreamReport> reports = await keeper.LookAsync(mend: true, stop);
            readyAt = time.GetTimestamp();
            wasReady = true;
            state.Up(reports);
            BrokerLog.Ready(log, $"nats://{ports.Client.Authority}", plan.Binary.Version.ToString(), child.Pid, reports.Count(static one => one.Exists));
            using var alive = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Task looking = mesh.RunAsync(nats, alive.Token);
            try
            {
                await KeepLookingAsync(child, keeper, stop);
            }
            finally
            {
                await alive.CancelAsync();
                await looking;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop: the server is ended below.
        }
        catch (Exception failure) when (failure is NatsException or JsonException)
        {
            BrokerLog.StreamsUnknown(log, failure.Message, TimeSpan.Zero);
        }
        finally
        {
            if (nats is not null) await nats.DisposeAsync();
        }

        if (stop.IsCancellationRequested)
        {
            state.Stop();
            BrokerLog.Stopping(log);
        }

        if (await child.StopAsync(plan.StopTimeout)) BrokerLog.Killed(log);
        return readyAt < 0 ? TimeSpan.Zero : time.GetElapsedTime(readyAt);
    }

    private async Task KeepLookingAsync(NatsServerChild child, StreamKeeper keeper, CancellationToken stop)
    {
        TimeSpan wait = LookInterval;
        while (true)
        {
            Task pause = Task.Delay(wait, time, stop);
            if (await Task.WhenAny(child.Ended, pause) == child.Ended) return;
            await pause;
            try
            {
                state.Up(await keeper.LookAsync(mend: false, stop));
                wait = LookInterval;
            }
            catch (Exception failure) when (failure is NatsException or JsonException)
            {
                if (child.Ended.IsCompleted) return;
                wait = LookAgain;
                BrokerLog.StreamsUnknown(log, failure.Message, wait);
            }
        }
    }

    /// <summary>Null when the store is free; a server whose supervisor was killed ends by itself and is waited for.</summary>
    private async Task<BrokerExit?> WaitForLockAsync(CancellationToken stop)
    {
        long start = time.GetTimestamp();
        bool said = false;
        while (StoreLock.Probe(plan.Directory.Lock) is { } holder)
        {
            if (!holder.Orphaned || time.GetElapsedTime(start) > LockPatience) return InUse(plan.Directory, holder);
            if (!said) BrokerLog.WaitingForLock(log, holder.Server);
            said = true;
            if (await DelayAsync(LockPause, stop)) return BrokerExit.Stopped;
        }

        return null;
    }

    private BrokerExit FirstStartFailed(int code, string words)
    {
        if (code == NatsLauncher.ExitLocked) return BrokerExit.Refused($"{plan.Directory.Store} is in use by another server", "stop that one, or give another --data");
        if (words.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
        {
            return BrokerExit.Refused($"--listen: port {plan.Listen.Port} of {plan.Listen.Address} is taken", $"see who has it with 'ss -ltnp', or give another port with --listen");
        }

        return BrokerExit.Failed(words.Length > 0 ? $"nats-server did not become ready: {words}" : $"nats-server did not become ready within {plan.ReadyTimeout.TotalSeconds:0} s");
    }

    private void CountDropped(NatsServerChild child)
    {
        if (child.DroppedLines == 0) return;
        state.Dropped(child.DroppedLines);
        BrokerLog.DroppedLines(log, child.DroppedLines);
    }

    /// <summary>True when we were stopped meanwhile.</summary>
    private async Task<bool> DelayAsync(TimeSpan wait, CancellationToken stop)
    {
        try
        {
            await Task.Delay(wait, time, stop);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
