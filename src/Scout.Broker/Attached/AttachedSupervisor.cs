using System.Text.Json;
using Microsoft.Extensions.Logging;
using Scout.Broker.Cluster;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Secure;
using Scout.Broker.Streams;
using Scout.Broker.Supervision;
using Scout.Protocol.Streams;

namespace Scout.Broker.Attached;

/// <summary>
/// Keeps streams, accounts, certificates and the services of the broker at a nats-server that somebody else starts and stops (kubernetes.md 4.3). Waits for it as long as it takes; is
/// ready while its own login, a PING, JetStream and the streams are as they should be.
/// </summary>
internal sealed class AttachedSupervisor(AttachedSetup setup, SecureBroker secure, ClusterWatch? cluster, BrokerState state, ILogger log, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProcessInterval = TimeSpan.FromSeconds(1);

    /// <summary>How soon a changed Secret is noticed, after the kubelet has swapped its link.</summary>
    private static readonly TimeSpan SecretInterval = TimeSpan.FromSeconds(10);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly Dictionary<string, long> lastSequences = new(StringComparer.Ordinal);
    private readonly MeshService mesh = MeshParts.Service(setup.Options.ServerName, state.Mesh, log, time, cluster);
    private readonly ManagerNotifier manager = new(Environment.GetEnvironmentVariable);
    private string said = "";
    private bool lived;

    public async Task<BrokerExit> RunAsync(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task watchdog = manager.WatchdogAsync(time, ending.Token);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                if (NeighbourServer.Find(setup.PidFile, out string why) is { } server) await LiveAsync(server, stop);
                else Wait(why);
                await Beat.PauseAsync(Again, time, stop);
            }
        }
        finally
        {
            state.Stop();
            manager.Stopping();
            await ending.CancelAsync();
            await watchdog;
        }

        BrokerLog.Stopping(log);
        return BrokerExit.Stopped;
    }

    public void Dispose()
    {
        http.Dispose();
        manager.Dispose();
    }

    private void Wait(string why)
    {
        state.Down(why);
        // Said once a cause: it may be long.
        if (why != said) BrokerLog.WaitingForServer(log, why);
        said = why;
    }

    /// <summary>One life of the server, or what of it our line lives.</summary>
    private async Task LiveAsync(NeighbourServer server, CancellationToken stop)
    {
        NatsConnection? nats = null;
        try
        {
            nats = await LocalLine.ConnectAsync(secure.Login(setup.Ports, "admin"), time, jetStream: true, stop, TimeSpan.FromSeconds(1));
            NatsServerVersion version = NatsServerVersion.TryParse(nats.ServerInfo?.Version ?? "", out NatsServerVersion read) ? read : NatsServerVersion.Oldest;
            var keeper = new StreamKeeper(new JetStreamApi(nats, time), version, lastSequences, log) { Streams = Wanted() };
            IReadOnlyList<StreamReport> reports = await keeper.LookAsync(mend: true, stop);
            if (lived) state.Restarted();
            lived = true;
            said = "";
            await TakeOverAsync(server, stop);
            Show(reports);
            string url = "tls://" + setup.Listen;
            manager.Ready($"{url}, nats-server {version}");
            BrokerLog.Ready(log, url, version.ToString(), server.Pid, reports.Count(static one => one.Exists));
            using var alive = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Task[] services = [MeshAsync(alive.Token), secure.RunAsync(server, setup.Ports, alive.Token), SecretAsync(alive.Token)];
            try
            {
                await KeepLookingAsync(server, nats, keeper, stop);
            }
            finally
            {
                await alive.CancelAsync();
                await Task.WhenAll(services);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop; the server goes on.
        }
        catch (Exception failure) when (failure is NatsException or JsonException or OperationCanceledException)
        {
            Wait($"nats-server does not answer as it should: {failure.Message}");
        }
        finally
        {
            if (nats is not null) await nats.DisposeAsync();
        }
    }

    private IReadOnlyList<StreamDefinition> Wanted() => [.. StreamCatalog.All.Select(one => one with { Replicas = setup.Options.Replicas })];

    /// <summary>A server that was started before the files became what they are now has them read again.</summary>
    private async Task TakeOverAsync(NeighbourServer server, CancellationToken stop)
    {
        string? loaded = await new Monitoring(http).ConfigLoadTimeAsync(setup.Ports, stop);
        DateTime changed = new[] { setup.Files.Config, setup.Files.Served, setup.Files.ServedKey }.Max(File.GetLastWriteTimeUtc);
        bool fresh = DateTimeOffset.TryParse(loaded, System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset at) && at.UtcDateTime >= changed;
        secure.Reload.Attach(server, setup.Ports, fresh);
        if (!fresh) await secure.Reload.ReloadAsync("files that changed while we did not look", stop);
    }

    private async Task KeepLookingAsync(NeighbourServer server, NatsConnection nats, StreamKeeper keeper, CancellationToken stop)
    {
        long looked = time.GetTimestamp();
        while (true)
        {
            if (await Beat.PauseAsync(ProcessInterval, time, stop)) return;
            if (!server.Look())
            {
                BrokerLog.ServerLeft(log, server.Pid);
                Wait($"nats-server with pid {server.Pid} has ended");
                return;
            }

            if (state.Ready && time.GetElapsedTime(looked) < LookInterval) continue;
            looked = time.GetTimestamp();
            try
            {
                await nats.PingAsync(stop);
                Show(await keeper.LookAsync(mend: false, stop));
            }
            catch (Exception failure) when (failure is NatsException or JsonException)
            {
                Wait($"nats-server does not answer as it should: {failure.Message}");
            }
        }
    }

    private void Show(IReadOnlyList<StreamReport> reports)
    {
        StreamReport[] bad = [.. reports.Where(static one => !one.Good)];
        if (bad.Length == 0)
        {
            said = "";
            state.Up(reports);
            return;
        }

        state.Saw(reports);
        Wait("streams are not as wanted: " + string.Join(", ", bad.Select(static one => one.Error is { } error ? $"{one.Name} ({error})" : one.Exists ? $"{one.Name} ({string.Join(", ", one.Differences.Select(static each => each.Field))})" : $"{one.Name} (missing)")));
    }

    private async Task MeshAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using NatsConnection line = await LocalLine.ConnectAsync(secure.Login(setup.Ports, "broker"), time, jetStream: false, stop);
                await mesh.RunAsync(line, stop);
            }
            catch (Exception failure) when (failure is NatsException)
            {
                BrokerLog.MeshTrouble(log, "the login of the mesh", failure.Message);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            if (await Beat.PauseAsync(ProcessInterval, time, stop)) return;
        }
    }

    private Task SecretAsync(CancellationToken stop) => Beat.EachAsync("the secret", SecretInterval, () => AttachedService.LookAgainAsync(setup, secure, log, time, stop, always: false), log, time, stop);
}
