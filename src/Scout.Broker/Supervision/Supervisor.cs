using System.Text.Json;
using Microsoft.Extensions.Logging;
using Scout.Broker.Cluster;
using Scout.Broker.Configuration;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Secure;
using Scout.Broker.Streams;

namespace Scout.Broker.Supervision;

/// <summary>What the supervisor needs, checked.</summary>
internal sealed record SupervisorPlan(
    BrokerDirectory Directory, NatsServerBinary Binary, ListenAddress Listen, string? Token, IReadOnlyList<string> Launcher, TimeSpan ReadyTimeout, TimeSpan StopTimeout)
{
    /// <summary>Null in dev mode.</summary>
    public SecureBroker? Secure { get; init; }

    /// <summary>Null: the cluster is not read.</summary>
    public ClusterWatch? Cluster { get; init; }
}

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
    private readonly MeshService mesh = MeshParts.Service(state.Mesh, log, time, plan.Cluster);
    private readonly ManagerNotifier manager = new(Environment.GetEnvironmentVariable);
    private bool wasReady;
    private string trouble = "";
    private bool wasShort;

    /// <summary>Runs until <paramref name="stop"/>, or until the first start fails.</summary>
    public async Task<BrokerExit> RunAsync(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task watchdog = manager.WatchdogAsync(time, ending.Token);
        try
        {
            return await KeepRunningAsync(stop);
        }
        finally
        {
            await ending.CancelAsync();
            await watchdog;
        }
    }

    private async Task<BrokerExit> KeepRunningAsync(CancellationToken stop)
    {
        while (true)
        {
            if (await WaitForLockAsync(stop) is { } held) return stop.IsCancellationRequested ? BrokerExit.Stopped : held;
            ServerPorts.Clear(plan.Directory.Run);
            plan.Secure?.BeforeStart();
            using NatsServerChild child = await NatsServerChild.StartAsync(
                thread, plan.Launcher, plan.Directory.Lock, plan.Binary.Path, plan.Directory.Config, log, time);
            state.Draining(() => child.DroppedLines);
            TimeSpan ran = await LiveAsync(child, stop);
            CountDropped(child);
            if (stop.IsCancellationRequested) return BrokerExit.Stopped;
            int code = await child.Ended;
            if (!wasReady) return FirstStartFailed(code, child.LastWords);

            TimeSpan wait = crashes.Ended(ran);
            manager.Status($"nats-server ended with {code}, started again in {wait.TotalSeconds:0} s");
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
        manager.Dispose();
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

            nats = await LocalLine.ConnectAsync(Login(ports, "admin"), time, jetStream: true, stop);
            VersionMark.Write(plan.Directory.VersionMark, plan.Binary.Version);
            var keeper = new StreamKeeper(new JetStreamApi(nats, time), plan.Binary.Version, lastSequences, log);
            IReadOnlyList<StreamReport> reports = await keeper.LookAsync(mend: true, stop);
            readyAt = time.GetTimestamp();
            wasReady = true;
            state.Up(reports);
            string url = $"{(plan.Secure is null ? "nats" : "tls")}://{ports.Client.Authority}";
            manager.Ready($"{url}, nats-server {plan.Binary.Version}");
            BrokerLog.Ready(log, url, plan.Binary.Version.ToString(), child.Pid, reports.Count(static one => one.Exists));
            using var alive = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Task looking = plan.Secure is null ? mesh.RunAsync(nats, alive.Token) : SecureMeshAsync(ports, alive.Token);
            Task services = plan.Secure?.RunAsync(child, ports, alive.Token) ?? Task.CompletedTask;
            try
            {
                await KeepLookingAsync(child, keeper, stop);
            }
            finally
            {
                await alive.CancelAsync();
                await Task.WhenAll(looking, services);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop: the server is ended below.
        }
        catch (Exception failure) when (failure is NatsException or JsonException)
        {
            trouble = failure.Message;
            BrokerLog.StreamsUnknown(log, failure.Message, TimeSpan.Zero);
        }
        finally
        {
            if (nats is not null) await nats.DisposeAsync();
        }

        if (stop.IsCancellationRequested)
        {
            state.Stop();
            manager.Stopping();
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
            LookAtRoom(child.Pid);
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

    private NatsOpts Login(ServerPorts ports, string name) => plan.Secure?.Login(ports, name) ?? LocalLine.Dev(ports, plan.Token, time);

    /// <summary>The mesh on a line of its own, with the rights of role broker and no more.</summary>
    private async Task SecureMeshAsync(ServerPorts ports, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using NatsConnection line = await LocalLine.ConnectAsync(Login(ports, "broker"), time, jetStream: false, stop);
                await mesh.RunAsync(line, stop);
            }
            catch (Exception failure) when (failure is NatsException)
            {
                BrokerLog.MeshTrouble(log, "the login of the mesh", failure.Message);
                if (await DelayAsync(LookAgain, stop)) return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private void LookAtRoom(int pid)
    {
        IReadOnlyList<string> low = HeadRoom.Look(plan.Directory.Store, pid);
        foreach (string what in low) if (!wasShort) BrokerLog.Short(log, what);
        if (low.Count == 0 && wasShort) BrokerLog.RoomAgain(log);
        wasShort = low.Count > 0;
        state.Short = low;
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

        if (trouble.Length > 0) return BrokerExit.Failed($"nats-server runs, but the broker's own login did not get through: {trouble}", "look at the lines above; 'scout broker check' tries it again");
        return BrokerExit.Failed(words.Length > 0 ? $"nats-server did not become ready: {words}" : $"nats-server did not become ready within {plan.ReadyTimeout.TotalSeconds:0} s");
    }

    private void CountDropped(NatsServerChild child)
    {
        state.Dropped(child.DroppedLines);
        if (child.DroppedLines > 0) BrokerLog.DroppedLines(log, child.DroppedLines);
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
