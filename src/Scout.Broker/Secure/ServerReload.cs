using Microsoft.Extensions.Logging;
using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Broker.Supervision;

namespace Scout.Broker.Secure;

/// <summary>
/// Has a running nats-server take over what changed (security.md 13): draft, <c>nats-server -t</c>, rename, SIGHUP; then <c>config_load_time</c> must change and the
/// accounts must be the new ones. A refused reload is only a log line of the server: it is reported, and the last good file is put back, so that a restart finds it.
/// </summary>
internal sealed class ServerReload(SecureConfiguration configuration, BrokerState state, ILogger log, TimeProvider time) : IBrokerReload, IDisposable
{
    /// <summary>How long the server may take to confirm.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    private readonly SemaphoreSlim one = new(1, 1);
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly BrokerFiles files = configuration.Files;
    private IRunningServer? child;
    private ServerPorts? ports;

    /// <summary>The server is up, as a rule with what the files said when it was started.</summary>
    /// <param name="running">Gets the signal.</param>
    /// <param name="at">Where it answers.</param>
    /// <param name="fresh">False: the files have changed since it was started, and a reload follows.</param>
    public void Attach(IRunningServer running, ServerPorts at, bool fresh)
    {
        if (child == running) return;
        ports = at;
        child = running;
        if (!fresh) return;
        // What it was started with is the last good configuration now.
        PrivateFile.Copy(files.Config, files.LastGoodConfig);
        Tell(BrokerStatus.Mark(files), "", "");
    }

    /// <summary>The server has ended.</summary>
    public void Detach() => child = null;

    public async Task<ReloadOutcome> ReloadAsync(string why, CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            // Begun is ended: a configuration in place that the server never heard of would be a surprise at its next start.
            return await ReloadAsync(why);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose()
    {
        one.Dispose();
        http.Dispose();
    }

    private async Task<ReloadOutcome> ReloadAsync(string why)
    {
        string mark;
        string? said;
        try
        {
            mark = BrokerStatus.Mark(files);
            said = await configuration.WriteAsync(time);
        }
        catch (Exception failure) when (failure is BrokerKeyException or IOException or UnauthorizedAccessException)
        {
            return Refused(why, "", failure.Message);
        }

        if (said is not null) return Refused(why, mark, $"nats-server -t refuses the new configuration: {said}");
        if (child is not { } running || ports is not { } at || running.Over.IsCompleted) return new ReloadOutcome(Applied: false, "nats-server does not run; it will start with the new configuration");
        if (await ConfirmAsync(running, at) is { } refused)
        {
            if (File.Exists(files.LastGoodConfig)) PrivateFile.Copy(files.LastGoodConfig, files.Config);
            return Refused(why, mark, refused);
        }

        PrivateFile.Copy(files.Config, files.LastGoodConfig);
        state.Reloaded();
        BrokerLog.Reloaded(log, why);
        Tell(mark, "", "");
        return new ReloadOutcome(Applied: true, "nats-server has confirmed it");
    }

    /// <summary>Null when the server runs with the new configuration; else what it said.</summary>
    private async Task<string?> ConfirmAsync(IRunningServer running, ServerPorts at)
    {
        var monitoring = new Monitoring(http);
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            string? before = await monitoring.ConfigLoadTimeAsync(at, limit.Token);
            running.ForgetReloadError();
            running.Signal(Native.SignalHangup);
            while (running.ReloadError is null && !running.Over.IsCompleted)
            {
                string? now = await monitoring.ConfigLoadTimeAsync(at, limit.Token);
                if (now is not null && before is not null && now != before) return await AccountsDifferAsync(monitoring, at, limit.Token);
                await Task.Delay(Pause, time, limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return $"nats-server did not confirm the reload within {Patience.TotalSeconds:0} s";
        }

        return running.ReloadError is { } error ? "nats-server refuses to reload: " + error : "nats-server ended while it read its configuration";
    }

    private async Task<string?> AccountsDifferAsync(Monitoring monitoring, ServerPorts at, CancellationToken cancellation)
    {
        BrokerKeyring keys = BrokerKeyring.Open(files.Root);
        foreach (BrokerAccount account in (BrokerAccount[])[BrokerAccount.Fleet, BrokerAccount.Provision])
        {
            string wanted = AccountFile.Text(files.AccountJwt(account));
            string key = keys.Account(account).Subject;
            // Silence is no contradiction: an older monitoring may not show the JWT.
            while (await monitoring.AccountJwtAsync(at, key, cancellation) is { } got && got != wanted) await Task.Delay(Pause, time, cancellation);
        }

        return null;
    }

    private ReloadOutcome Refused(string why, string mark, string detail)
    {
        state.ReloadRefused();
        BrokerLog.ReloadRefused(log, why, detail);
        BrokerStatus? before = BrokerStatus.Read(files);
        Tell(before?.Applied ?? "", mark, detail);
        return new ReloadOutcome(Applied: false, detail);
    }

    private void Tell(string applied, string failed, string detail)
    {
        try
        {
            new BrokerStatus(Environment.ProcessId, applied, failed, detail).Write(files);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            BrokerLog.SecureTrouble(log, files.Status, failure.Message);
        }
    }
}
