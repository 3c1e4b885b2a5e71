using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Configuration;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Supervision;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Initialising;

/// <summary>
/// <c>scout broker init</c>: everything a secure broker needs, made once (security.md 3). Each file is made when it is missing and looked at when it is there, in an
/// order in which none refers to one that may still be lost: so it goes on after an interruption at any place, and never overwrites a key. No network, no other tool
/// but nats-server to judge the result.
/// </summary>
public static class BrokerInit
{
    /// <summary>Logins of the broker's own services, and of the one who sets it up.</summary>
    internal static IReadOnlyList<ScoutRole> ServiceRoles { get; } = [ScoutRole.Admin, ScoutRole.Broker, ScoutRole.Provisioner, ScoutRole.ProvisionerEnrol];

    /// <summary>Makes what is missing.</summary>
    public static async Task<(InitReport? Report, BrokerExit? Error)> RunAsync(InitOptions options, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            if (Judge(options, out BrokerSettings? settings) is { } wrong) return (null, wrong);
            if (!BrokerDirectory.TryOpen(options.Root, out BrokerDirectory? directory, out BrokerExit? error)) return (null, error with { Message = error.Message.Replace("--data: ", "", StringComparison.Ordinal) });
            var files = new BrokerFiles(directory.Root);
            using ChangeLock held = await ChangeLock.TakeAsync(files.ChangeLock, time, cancellation);
            var work = new InitWork(files, options.OfflineKeys is { } folder ? Path.GetFullPath(folder) : null, time);
            work.Folders();
            settings = work.Settings(settings!, options);
            if (!ListenAddress.TryRead("--listen", settings.Listen, loopbackOnly: false, out ListenAddress? listen, out error)) return (null, error);
            work.Identities();
            work.SigningKeys();
            work.Jwts();
            work.Certificates(settings);
            work.Credentials(settings);
            work.TrustDocument();
            (NatsServerBinary? binary, error) = await NatsServerBinary.FindAsync(options.NatsServer, Environment.GetEnvironmentVariable("PATH"), time);
            if (binary is null) return (null, error! with { Hint = error!.Hint + "; then call 'scout broker init' once more: what was made stays" });
            if (await new SecureConfiguration(directory, files, listen, binary).WriteAsync(time) is { } said)
            {
                return (null, BrokerExit.Failed($"nats-server refuses the configuration: {said}", $"look at {files.Config}.new"));
            }

            work.Note(files.Config, made: true, "configuration of nats-server, tested with it");
            return (work.Report(settings), null);
        }
        catch (BrokerKeyException failure)
        {
            return (null, failure.ToExit());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            return (null, BrokerExit.Refused($"{options.Root} cannot be set up: {failure.Message}", "mend that and call the same command again: it goes on where it stopped"));
        }
    }

    private static BrokerExit? Judge(InitOptions options, out BrokerSettings? settings)
    {
        settings = null;
        string there = new BrokerFiles(Path.GetFullPath(options.Root)).Settings;
        if (File.Exists(there))
        {
            if (!BrokerSettings.TryRead(there, out settings, out string? error)) return BrokerExit.Usage(error, "mend the file, or take it away and give --host again");
        }
        else if (options.Hosts.Count == 0)
        {
            return BrokerExit.Usage("--host is missing: the name or address by which nodes reach this broker", $"for example: scout broker init {options.Root} --host broker.example.org");
        }

        foreach (string host in options.Hosts)
        {
            if (BrokerSettings.WhyNoHost(host) is { } why) return BrokerExit.Usage($"--host: {why}");
        }

        if (options.OfflineKeys is { } offline && Path.GetFullPath(offline) == Path.GetFullPath(options.Root)) return BrokerExit.Usage("--offline-keys: it is the broker's own directory", "give one that you take away afterwards");
        settings ??= new BrokerSettings { Hosts = options.Hosts };
        return null;
    }
}
