using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Scout.Broker.Accounts;
using Scout.Broker.Attached;
using Scout.Broker.Cluster;
using Scout.Broker.Configuration;
using Scout.Broker.Files;
using Scout.Broker.Http;
using Scout.Broker.Keys;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Secure;
using Scout.Broker.Streams;
using Scout.Broker.Supervision;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Streams;
using Scout.Server.Http;

namespace Scout.Broker.External;

/// <summary><c>scout broker run</c> at a broker that is not ours (security.md 14): no nats-server, no system account; streams, the localiser of the mesh, and, with imported keys, enrolment.</summary>
internal sealed class ExternalService(BrokerFiles files, BrokerSettings settings, ClusterWatch? cluster, BrokerState state, ILogger log, TimeProvider time)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LoginInterval = TimeSpan.FromHours(1);

    private readonly ExternalSettings external = settings.External!;
    private readonly MeshService mesh = MeshParts.Service(state.Mesh, log, time, cluster);
    private readonly Dictionary<string, long> lastSequences = new(StringComparer.Ordinal);
    private string said = "";

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    public static async Task<BrokerExit> RunAsync(BrokerOptions options, BrokerSettings settings, ILogger log, TimeProvider time, CancellationToken stop)
    {
        if (options.Listen is not null || options.TlsCertificate is not null || options.NatsServer is not null) return BrokerExit.Usage($"{options.Data} is for a broker that is not ours: --listen, --tls-cert and --nats-server mean nothing there", "leave them out");
        ListenAddress? httpListen = null;
        if (options.Http != "off" && !ListenAddress.TryRead("--http", options.Http, loopbackOnly: false, out httpListen, out BrokerExit? wrong)) return wrong;
        var files = new BrokerFiles(Path.GetFullPath(options.Data));
        if (PrivateFile.WhyUnsafeFolder(files.Root) is { } unsafeFolder) return BrokerExit.Refused(unsafeFolder, "chmod 700 what others may write");
        using AttachedLock? only = AttachedLock.TryTake(files);
        if (only is null) return BrokerExit.Refused($"another 'scout broker run' works on {files.Root}", "one is enough: stop the other");
        var state = new BrokerState();
        state.Down("the broker was not reached yet");
        HttpEndpoint? http = null;
        ClusterWatch? cluster = null;
        try
        {
            if (httpListen is not null)
            {
                if (!BrokerHttp.TryStart(httpListen, state, time, out http, out BrokerExit? taken)) return taken;
                BrokerLog.Http(log, http.Address.ToString());
            }

            // Whatever a command beside us changed is read when it is needed; the signal must not end us.
            using PosixSignalRegistration hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true);
            cluster = ClusterWatch.Open(options, time, log);
            state.Cluster = () => cluster?.Sample;
            await new ExternalService(files, settings, cluster, state, log, time).RunAsync(stop);
            BrokerLog.Stopped(log);
            return BrokerExit.Stopped;
        }
        catch (BrokerKeyException failure)
        {
            return failure.ToExit();
        }
        finally
        {
            if (http is not null) await http.DisposeAsync();
            if (cluster is not null) await cluster.DisposeAsync();
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        AccountAuthority? authority = external.Enrolment ? new AccountAuthority(BrokerKeyring.Open(files.Root), time) : null;
        using var manager = new ManagerNotifier(Environment.GetEnvironmentVariable);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task watchdog = manager.WatchdogAsync(time, ending.Token);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                if (authority is not null) RenewLogins(authority);
                await LiveAsync(authority, manager, stop);
                await Beat.PauseAsync(Again, time, stop);
            }
        }
        finally
        {
            state.Stop();
            manager.Stopping();
            BrokerLog.Stopping(log);
            await ending.CancelAsync();
            await watchdog;
        }
    }

    /// <summary>From a login to a line that does not come back, or to the end.</summary>
    private async Task LiveAsync(AccountAuthority? authority, ManagerNotifier manager, CancellationToken stop)
    {
        NatsConnection? nats = null;
        try
        {
            nats = await LocalLine.ConnectAsync(ExternalLine.Opts(files, settings, external.Login, time), time, jetStream: false, stop);
            StreamKeeper? keeper = await StreamsAsync(nats, stop);
            IReadOnlyList<StreamReport> reports = keeper is null ? [] : await keeper.LookAsync(external.ManageStreams == ManageStreams.Yes, stop);
            Tell(reports, keeper?.Streams ?? StreamCatalog.All, nats);
            Show(reports);
            manager.Ready($"{settings.UrlList}, nats-server {nats.ServerInfo?.Version}");
            BrokerLog.Ready(log, settings.UrlList, nats.ServerInfo?.Version ?? "", 0, reports.Count(static one => one.Exists));
            using var alive = CancellationTokenSource.CreateLinkedTokenSource(stop);
            List<Task> services = [MeshAsync(alive.Token)];
            if (authority is not null)
            {
                var context = new SecureContext(authority, settings, name => ExternalLine.Opts(files, settings, name, time), new ExternalReload(log), log, time) { Replicas = external.Replicas };
                services.AddRange(SecureParts.Make().Select(part => PartAsync(part, context, alive.Token)));
                services.Add(Beat.EachAsync("logins", LoginInterval, () => Task.Run(() => RenewLogins(authority), alive.Token), log, time, alive.Token));
            }

            try
            {
                await KeepLookingAsync(nats, keeper, stop);
            }
            finally
            {
                await alive.CancelAsync();
                await Task.WhenAll(services);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
        catch (Exception failure) when (failure is NatsException or NatsCredentialsException or JsonException)
        {
            Wait(failure.Message);
        }
        finally
        {
            if (nats is not null) await nats.DisposeAsync();
        }
    }

    /// <summary>Null where streams are the owner's alone.</summary>
    private async Task<StreamKeeper?> StreamsAsync(NatsConnection nats, CancellationToken stop)
    {
        if (external.ManageStreams == ManageStreams.No) return null;
        var api = new JetStreamApi(nats, time);
        JsonObject info = await api.CallAsync("INFO", null, stop);
        if (JetStreamApi.Error(info) is { } error) throw new NatsException("JetStream: " + error.Description);
        IReadOnlyList<StreamDefinition>? streams = StreamRoom.Fit([.. StreamCatalog.All.Select(one => one with { Replicas = external.Replicas })], info, out string remark);
        if (streams is null) throw new NatsException(remark);
        if (remark.Length > 0 && remark != said) BrokerLog.StreamsFitted(log, said = remark);
        return new StreamKeeper(api, Version(nats), lastSequences, log) { Streams = streams };
    }

    /// <summary>What the owner should set, in the form that his tools take.</summary>
    private void Tell(IReadOnlyList<StreamReport> reports, IReadOnlyList<StreamDefinition> wanted, NatsConnection nats)
    {
        if (external.ManageStreams == ManageStreams.Yes) return;
        NatsServerVersion version = Version(nats);
        foreach (StreamDefinition stream in wanted)
        {
            if (reports.FirstOrDefault(one => one.Name == stream.Name) is { Good: true }) continue;
            BrokerLog.OwnerStream(log, stream.Name, StreamConfigJson.Write(stream with { Replicas = external.Replicas }, version.Major, version.Minor).ToJsonString());
        }
    }

    private async Task KeepLookingAsync(NatsConnection nats, StreamKeeper? keeper, CancellationToken stop)
    {
        TimeSpan wait = LookInterval;
        while (!await Beat.PauseAsync(wait, time, stop))
        {
            try
            {
                await nats.PingAsync(stop);
                Show(keeper is null ? [] : await keeper.LookAsync(mend: false, stop));
                wait = LookInterval;
            }
            catch (Exception failure) when (failure is NatsException or JsonException)
            {
                // The line comes back by itself; who holds it tells us by the next answer.
                Wait(failure.Message);
                wait = Again;
            }
        }
    }

    private void Show(IReadOnlyList<StreamReport> reports)
    {
        StreamReport[] bad = [.. reports.Where(static one => !one.Good)];
        if (bad.Length == 0)
        {
            state.Up(reports);
            return;
        }

        state.Saw(reports);
        Wait("streams are not as wanted: " + string.Join(", ", bad.Select(static one => one.Name)));
    }

    private void Wait(string why)
    {
        state.Down(why);
        if (why != said) BrokerLog.ExternalTrouble(log, why);
        said = why;
    }

    private async Task MeshAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using NatsConnection line = await LocalLine.ConnectAsync(ExternalLine.Opts(files, settings, RoleNames.Word(ScoutRole.Broker), time), time, jetStream: false, stop);
                await mesh.RunAsync(line, stop);
            }
            catch (Exception failure) when (failure is NatsException or NatsCredentialsException)
            {
                BrokerLog.MeshTrouble(log, "the login of the mesh", failure.Message);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            if (await Beat.PauseAsync(Again, time, stop)) return;
        }
    }

    private async Task PartAsync(IBrokerPart part, SecureContext context, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await part.RunAsync(context, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                BrokerLog.PartFailed(log, part.Name, Again, failure.Message);
            }

            if (await Beat.PauseAsync(Again, time, stop)) return;
        }
    }

    private void RenewLogins(AccountAuthority authority)
    {
        (IReadOnlyList<string> renewed, IReadOnlyList<string> failed) = ServiceLogins.Renew(authority, settings, time.GetUtcNow(), authority.Keys.Has);
        if (renewed.Count > 0) BrokerLog.LoginsRenewed(log, string.Join(", ", renewed));
        foreach (string why in failed) BrokerLog.LoginNotRenewed(log, why);
    }

    private static NatsServerVersion Version(NatsConnection nats) => NatsServerVersion.TryParse(nats.ServerInfo?.Version ?? "", out NatsServerVersion read) ? read : NatsServerVersion.Oldest;
}
