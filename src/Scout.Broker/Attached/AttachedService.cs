using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Scout.Broker.Accounts;
using Scout.Broker.Cluster;
using Scout.Broker.Configuration;
using Scout.Broker.Http;
using Scout.Broker.Keys;
using Scout.Broker.Secure;
using Scout.Server.Http;

namespace Scout.Broker.Attached;

/// <summary><c>scout broker run --attached</c>.</summary>
internal static class AttachedService
{
    /// <summary>Runs until <paramref name="stop"/>.</summary>
    public static async Task<BrokerExit> RunAsync(BrokerOptions options, ILogger log, TimeProvider time, CancellationToken stop)
    {
        string data = Path.GetFullPath(options.Data);
        if (AttachedOptions.Read(data, out string? damaged) is not { } attached)
        {
            return BrokerExit.Usage(damaged ?? $"{data} does not say how the nats-server beside is set up", $"'scout broker config --data {data} --out DIR --store DIR' does, before that server starts");
        }

        ListenAddress? httpListen = null;
        if (options.Http != "off" && !ListenAddress.TryRead("--http", options.Http, loopbackOnly: false, out httpListen, out BrokerExit? wrong)) return wrong;
        HttpEndpoint? http = null;
        ClusterWatch? cluster = null;
        try
        {
            (AttachedSetup? setup, BrokerExit? error) = await AttachedSetup.OpenAsync(attached with { Data = data }, time, stop);
            if (setup is null) return error!;
            using AttachedLock? only = AttachedLock.TryTake(setup.Files);
            if (only is null) return BrokerExit.Refused($"another 'scout broker run --attached' works on {data}", "one is enough: stop the other");
            var state = new BrokerState();
            state.Down("nats-server is not there yet");
            using var secure = new SecureBroker(setup.Configuration, setup.Settings, setup.External, state, log, time, setup.Seat);
            if (await secure.PrepareAsync() is { } unprepared) return unprepared;
            using PosixSignalRegistration hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                _ = LookAgainAsync(setup, secure, log, time, stop);
            });
            if (httpListen is not null)
            {
                if (!BrokerHttp.TryStart(httpListen, state, time, out http, out BrokerExit? taken)) return taken;
                BrokerLog.Http(log, http.Address.ToString());
            }

            BrokerLog.Secure(log, setup.Settings.UrlList);
            cluster = ClusterWatch.Open(options, time, log);
            state.Cluster = () => cluster?.Sample;
            using var supervisor = new AttachedSupervisor(setup, secure, cluster, state, log, time);
            BrokerExit exit = await supervisor.RunAsync(stop);
            BrokerLog.Stopped(log);
            return exit;
        }
        catch (BrokerKeyException failure)
        {
            return failure.ToExit();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return BrokerExit.Stopped;
        }
        finally
        {
            if (http is not null) await http.DisposeAsync();
            if (cluster is not null) await cluster.DisposeAsync();
        }
    }

    /// <summary>Takes over what has changed in the mounted Secret, and, when asked, looks at everything else as well.</summary>
    public static async Task LookAgainAsync(AttachedSetup setup, SecureBroker secure, ILogger log, TimeProvider time, CancellationToken stop, bool always = true)
    {
        bool changed = false;
        try
        {
            using (await ChangeLock.TakeAsync(setup.Files.ChangeLock, time, stop)) changed = setup.Adopt(time);
            if (changed) BrokerLog.SecretTaken(log, setup.Options.Secret!);
        }
        catch (Exception failure) when (failure is BrokerKeyException or IOException or UnauthorizedAccessException)
        {
            BrokerLog.SecureTrouble(log, "the mounted Secret", failure.Message);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }

        if (changed || always) await secure.LookAgainAsync(stop);
    }
}
