using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Scout.Broker.Attached;
using Scout.Broker.Cluster;
using Scout.Broker.Configuration;
using Scout.Broker.External;
using Scout.Broker.Files;
using Scout.Broker.Http;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Broker.Secure;
using Scout.Broker.Supervision;
using Scout.Kubernetes;
using Scout.Server.Http;

namespace Scout.Broker;

/// <summary><c>scout broker run</c>: an unmodified nats-server, supervised, with the streams of Scout in it.</summary>
public static class BrokerService
{
    /// <summary>Runs until <paramref name="stop"/>. Nothing is bound or started before the options are good.</summary>
    /// <param name="options">As asked.</param>
    /// <param name="logs">Lines for people.</param>
    /// <param name="time">All waiting goes by it.</param>
    /// <param name="stop">SIGTERM or SIGINT, handled by the caller. SIGHUP is handled here: a secure broker looks at its files again.</param>
    public static async Task<BrokerExit> RunAsync(BrokerOptions options, ILoggerFactory logs, TimeProvider time, CancellationToken stop)
    {
        ILogger log = logs.CreateLogger("broker");
        if (WhyMixed(options) is { } mixed) return mixed;
        if (options.Attached) return await AttachedService.RunAsync(options, log, time, stop);
        BrokerSettings? settings = null;
        if (!options.Dev && !SecureSettings.TryRead(options, out settings, out BrokerExit? error)) return error;
        if (settings?.External is not null) return await ExternalService.RunAsync(options, settings, log, time, stop);
        if (!ListenAddress.TryRead("--listen", settings?.Listen ?? options.Listen ?? BrokerOptions.DefaultListen, options.Dev, out ListenAddress? listen, out error)) return error;
        ListenAddress? httpListen = null;
        if (options.Http != "off" && !ListenAddress.TryRead("--http", options.Http, loopbackOnly: false, out httpListen, out error)) return error;
        string? token = null;
        (NatsServerBinary? binary, error) = await NatsServerBinary.FindAsync(options.NatsServer, Environment.GetEnvironmentVariable("PATH"), time);
        if (binary is null) return error!;
        if (!BrokerDirectory.TryOpen(options.Data, out BrokerDirectory? directory, out error)) return error;
        if (options.TokenFile is not null && !TokenFile.TryReadOrMake(Path.GetFullPath(options.TokenFile), out token, out error)) return error;
        if (WhyNotHere(directory, binary, listen) is { } refused) return refused;

        var state = new BrokerState();
        SecureBroker? secure = null;
        HttpEndpoint? http = null;
        ClusterWatch? cluster = null;
        try
        {
            if (settings is not null) secure = new SecureBroker(new SecureConfiguration(directory, new BrokerFiles(directory.Root), listen, binary), settings, SecureSettings.External(options), state, log, time);
            if ((secure is null ? await WriteDevAsync(directory, binary, listen, token, time) : await secure.PrepareAsync()) is { } unprepared) return unprepared;
            using PosixSignalRegistration? hangup = secure is null ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                _ = secure.LookAgainAsync(stop);
            });
            if (httpListen is not null)
            {
                if (!BrokerHttp.TryStart(httpListen, state, time, out http, out BrokerExit? taken)) return taken;
                BrokerLog.Http(log, http.Address.ToString());
            }

            if (secure is not null) BrokerLog.Secure(log, settings!.UrlList);
            else if (token is null) BrokerLog.Open(log);
            else BrokerLog.Guarded(log, options.TokenFile!);
            cluster = ClusterWatch.Open(options, time, log);
            state.Cluster = () => cluster?.Sample;
            BrokerLog.Starting(log, binary.Path, binary.Version.ToString(), listen.ToString());
            var plan = new SupervisorPlan(directory, binary, listen, token, options.Launcher ?? Ourselves(), options.ReadyTimeout, options.StopTimeout) { Secure = secure, Cluster = cluster };
            using var supervisor = new Supervisor(plan, state, log, time);
            BrokerExit exit = await supervisor.RunAsync(stop);
            if (exit.Code == 0) BrokerLog.Stopped(log);
            return exit;
        }
        catch (BrokerKeyException failure)
        {
            return failure.ToExit();
        }
        finally
        {
            if (http is not null) await http.DisposeAsync();
            if (cluster is not null) await cluster.DisposeAsync();
            secure?.Dispose();
        }
    }

    /// <summary>Words that start this program again: the executable, or dotnet and the assembly it runs.</summary>
    private static IReadOnlyList<string> Ourselves()
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("the path of this program is not known");
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Environment.GetCommandLineArgs()[0]] : [program];
    }

    private static BrokerExit? WhyMixed(BrokerOptions options)
    {
        if (options.Kubernetes is { PodSelector: { Length: > 0 } selector } && LabelSelectors.WhyBad(selector) is { } bad)
            return BrokerExit.Usage($"--kubernetes-pods '{Protocol.Shown.Clip(selector)}' {bad}", "a label selector such as app.kubernetes.io/name=scout,app.kubernetes.io/component=server");
        bool tls = options.TlsCertificate is not null || options.TlsKey is not null || options.TlsAuthority is not null;
        if (options.Attached && (options.Dev || tls || options.Listen is not null || options.NatsServer is not null || options.TokenFile is not null)) return BrokerExit.Usage("--attached goes by what 'scout broker config' was told, and takes --data and --http alone", "give listen address, certificate and the like to 'scout broker config'");
        if (options.Dev && tls) return BrokerExit.Usage("--tls-cert, --tls-key and --tls-ca are for a secure broker, and --dev has no TLS", "leave --dev away; 'scout broker init' sets a secure broker up");
        if (!options.Dev && options.TokenFile is not null) return BrokerExit.Usage("--token-file is for --dev", "a secure broker asks for credentials: 'scout creds new' makes them");
        if (tls && (options.TlsCertificate is null || options.TlsKey is null)) return BrokerExit.Usage("--tls-cert and --tls-key belong together", "give both");
        return null;
    }

    private static BrokerExit? WhyNotHere(BrokerDirectory directory, NatsServerBinary binary, ListenAddress listen)
    {
        if (VersionMark.WhyTooOld(directory.VersionMark, binary.Version) is { } newer)
        {
            return BrokerExit.Refused(
                $"{directory.Store} was written by nats-server {newer}, which {binary.Version} cannot read", $"give nats-server {newer} or later with --nats-server, or another --data");
        }

        // The lock is looked at before the port: a broker that runs on this store has the port as well, and the store is what matters. And before the
        // configuration is written: it may be in use.
        StoreHolder? holder = StoreLock.Probe(directory.Lock);
        if (holder is { Orphaned: false }) return Supervisor.InUse(directory, holder);
        if (holder is null && listen.WhyTaken() is { } taken)
        {
            return BrokerExit.Refused(
                $"--listen: port {listen.Port} of {listen.Address} cannot be bound: {taken}", "see who has it with 'ss -ltnp', or give another port with --listen");
        }

        return null;
    }

    private static async Task<BrokerExit?> WriteDevAsync(BrokerDirectory directory, NatsServerBinary binary, ListenAddress listen, string? token, TimeProvider time)
    {
        string draft = directory.Config + ".new";
        PrivateFile.Replace(draft, NatsServerConfig.Dev(directory, listen, token, binary.Version));
        if (await binary.WhyRefusedAsync(draft, time) is { } said) return BrokerExit.Failed($"nats-server refuses the configuration: {said}", $"look at {draft}");
        File.Move(draft, directory.Config, overwrite: true);
        return null;
    }
}
