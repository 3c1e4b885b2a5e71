using Microsoft.Extensions.Logging;
using Scout.Broker.Accounts;
using Scout.Broker.Attached;
using Scout.Broker.Configuration;
using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Broker.Supervision;

namespace Scout.Broker.Secure;

/// <summary>What a secure broker has beside nats-server: its directory, its authority, its certificate, and the services that run with it.</summary>
internal sealed class SecureBroker : IDisposable
{
    private static readonly TimeSpan LoginInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan PartPause = TimeSpan.FromSeconds(2);

    private readonly BrokerFiles files;
    private readonly BrokerSettings settings;
    private readonly SecureConfiguration configuration;
    private readonly ILogger log;
    private readonly TimeProvider time;
    private readonly CertificateWatch certificate;
    private readonly ServerReload reload;
    private readonly IReadOnlyList<IBrokerPart> parts;
    private readonly ClusterSeat? cluster;

    /// <exception cref="BrokerKeyException">The directory is not set up, or damaged.</exception>
    public SecureBroker(
        SecureConfiguration configuration, BrokerSettings settings, ExternalCertificate? external, BrokerState state, ILogger log, TimeProvider time, ClusterSeat? cluster = null)
    {
        this.configuration = configuration;
        this.settings = settings;
        this.log = log;
        this.time = time;
        files = configuration.Files;
        BrokerKeyring keys = BrokerKeyring.Open(files.Root);
        keys.Guard();
        keys.FinishRotations();
        Authority = new AccountAuthority(keys, time);
        certificate = new CertificateWatch(files, settings, external, state, log, time);
        reload = new ServerReload(configuration, state, log, time);
        this.cluster = cluster;
        parts = cluster is null ? SecureParts.Make() : [.. SecureParts.Make().Select(part => new LeaderPart(part, cluster)), new SharedAccounts(cluster)];
    }

    public AccountAuthority Authority { get; }

    public ServerReload Reload => reload;

    /// <summary>Before the first start: certificate, logins and configuration are as they should be. Null when good.</summary>
    public async Task<BrokerExit?> PrepareAsync()
    {
        using (await ChangeLock.TakeAsync(files.ChangeLock, time, CancellationToken.None))
        {
            if (certificate.Ensure() is { } bad) return BrokerExit.Refused($"there is no certificate that may be used: {bad}", $"'scout broker init {files.Root}' makes one when tls/ca.key is there");
            RenewLogins();
            _ = Authority.Trust.Current;
            if (Authority.TemplatesThatDiffer() is { Count: > 0 } different) BrokerLog.TemplatesDiffer(log, string.Join(", ", different));
            if (await configuration.WriteAsync(time) is { } said) return BrokerExit.Failed($"nats-server refuses the configuration: {said}", $"look at {files.Config}.new");
        }

        return null;
    }

    /// <summary>Before each further start: a pair that a crash left half written is made whole.</summary>
    public void BeforeStart()
    {
        if (certificate.Ensure() is { } bad) BrokerLog.CertificateRefused(log, bad);
    }

    /// <summary>How a service of ours logs in.</summary>
    /// <exception cref="NatsCredentialsException">Its login cannot be used.</exception>
    public NatsOpts Login(ServerPorts ports, string name) => LocalLine.Secure(ports, files, settings, name, time);

    /// <summary>Runs the services and keeps certificate and logins good until stopped, for one life of nats-server.</summary>
    public async Task RunAsync(IRunningServer child, ServerPorts ports, CancellationToken stop)
    {
        reload.Attach(child, ports, fresh: true);
        var context = new SecureContext(Authority, settings, name => Login(ports, name), reload, log, time) { Replicas = cluster?.Replicas ?? 1 };
        Task[] all =
        [
            Beat.EachAsync("certificate", certificate.Interval, () => certificate.LookAsync(reload, stop), log, time, stop),
            Beat.EachAsync("logins", LoginInterval, () => Task.Run(RenewLogins, stop), log, time, stop),
            .. parts.Select(part => AgainAsync(part, context, stop)),
        ];
        await Task.WhenAll(all);
        reload.Detach();
    }

    /// <summary>Something beside us changed the directory (SIGHUP): certificate, accounts, all of it.</summary>
    public async Task LookAgainAsync(CancellationToken stop)
    {
        // One that fails must not keep the others from their turn: what is wrong with the accounts, the reload reports.
        foreach (Func<Task> look in (Func<Task>[])[() => Task.Run(RenewLogins, stop), () => certificate.LookAsync(reload, stop), () => reload.ReloadAsync("asked to look again", stop)])
        {
            try
            {
                await look();
            }
            catch (Exception failure) when (failure is BrokerKeyException or IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
            {
                BrokerLog.SecureTrouble(log, "looking again", failure.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public void Dispose() => reload.Dispose();

    private void RenewLogins()
    {
        (IReadOnlyList<string> renewed, IReadOnlyList<string> failed) = ServiceLogins.Renew(Authority, settings, time.GetUtcNow());
        if (renewed.Count > 0) BrokerLog.LoginsRenewed(log, string.Join(", ", renewed));
        foreach (string why in failed) BrokerLog.LoginNotRenewed(log, why);
    }

    /// <summary>A broker must live with whatever a service of it runs into: it keeps nats-server.</summary>
    private async Task AgainAsync(IBrokerPart part, SecureContext context, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await part.RunAsync(context, stop);
                if (stop.IsCancellationRequested) return;
                BrokerLog.PartFailed(log, part.Name, PartPause, "it ended");
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                BrokerLog.PartFailed(log, part.Name, PartPause, failure.Message);
            }

            if (await Beat.PauseAsync(PartPause, time, stop)) return;
        }
    }
}
