using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Configuration;
using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Broker.Secure;
using Scout.Broker.Streams;
using Scout.Broker.Supervision;

namespace Scout.Broker.Checks;

/// <summary>
/// <c>scout broker check</c>: would a broker start here, and if one runs, are its streams as they should be (server.md 11). Starts and changes nothing but the
/// directory, which it makes as <c>run</c> would.
/// </summary>
public static class BrokerCheck
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<BrokerCheckRow>> RunAsync(BrokerOptions options, TimeProvider time, CancellationToken cancellation)
    {
        List<BrokerCheckRow> rows = [];
        // A cluster of somebody else has its own nats-server.
        if (!options.Dev && SecureSettings.TryRead(options, out BrokerSettings? theirs, out _) && theirs.External is not null) return await ExternalCheck.LookAsync(new BrokerFiles(Path.GetFullPath(options.Data)), theirs, time, cancellation);
        (NatsServerBinary? binary, BrokerExit? error) = await NatsServerBinary.FindAsync(options.NatsServer, Environment.GetEnvironmentVariable("PATH"), time);
        rows.Add(binary is not null ? Good("nats-server", $"{binary.Path}, version {binary.Version}") : Bad("nats-server", error!));
        BrokerSettings? settings = null;
        if (!options.Dev && !SecureSettings.TryRead(options, out settings, out error)) return [.. rows, Bad("set up", error)];
        bool listens = ListenAddress.TryRead("--listen", settings?.Listen ?? options.Listen ?? BrokerOptions.DefaultListen, options.Dev, out ListenAddress? listen, out error);
        if (!listens) rows.Add(Bad("listen", error!));
        bool open = BrokerDirectory.TryOpen(options.Data, out BrokerDirectory? directory, out error);
        rows.Add(open ? Good("directory", $"{directory!.Root} is ours and may be written") : Bad("directory", error!));
        string? token = null;
        if (options.TokenFile is not null)
        {
            bool readable = TokenFile.TryReadOrMake(Path.GetFullPath(options.TokenFile), out token, out error);
            rows.Add(readable ? Good("token", options.TokenFile) : Bad("token", error!));
        }

        if (directory is not null && settings is not null) rows.AddRange(SecureCheck.Look(directory, settings, time));
        if (binary is not null && directory is not null && listen is not null) rows.Add(await ConfigurationAsync(directory, binary, listen, token, settings is not null, time));
        if (binary is not null && directory is not null) rows.Add(Version(directory, binary));
        if (directory is null || listen is null) return rows;

        StoreHolder? holder = StoreLock.Probe(directory.Lock);
        rows.Add(Good("lock", holder is null ? "free" : $"held by nats-server with pid {holder.Server}: a broker runs here"));
        if (holder is null)
        {
            rows.Add(listen.WhyTaken() is { } taken
                ? new BrokerCheckRow("port", Ok: false, $"{listen}: {taken}", "see who has it with 'ss -ltnp', or give another port with --listen")
                : Good("port", $"{listen} is free"));
        }
        else
        {
            NatsOpts Login(ServerPorts ports) => settings is null ? LocalLine.Dev(ports, token, time) : LocalLine.Secure(ports, new BrokerFiles(directory.Root), settings, "admin", time);
            rows.AddRange(await StreamsAsync(directory, holder, binary?.Version ?? NatsServerVersion.Oldest, Login, time, cancellation));
        }

        return rows;
    }

    private static async Task<BrokerCheckRow> ConfigurationAsync(
        BrokerDirectory directory, NatsServerBinary binary, ListenAddress listen, string? token, bool secure, TimeProvider time)
    {
        string draft = Path.Combine(directory.Run, "check.conf");
        try
        {
            string text = secure
                ? new SecureConfiguration(directory, new BrokerFiles(directory.Root), listen, binary).Text()
                : NatsServerConfig.Dev(directory, listen, token, binary.Version);
            PrivateFile.Replace(draft, text);
            string? said = await binary.WhyRefusedAsync(draft, time);
            return said is null ? Good("configuration", "accepted by nats-server -t") : new BrokerCheckRow("configuration", Ok: false, said, "this nats-server is not one we know: give another with --nats-server");
        }
        catch (BrokerKeyException failure)
        {
            return Bad("configuration", failure.ToExit());
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private static BrokerCheckRow Version(BrokerDirectory directory, NatsServerBinary binary) => VersionMark.WhyTooOld(directory.VersionMark, binary.Version) is { } newer
        ? new BrokerCheckRow("store", Ok: false, $"written by nats-server {newer}", $"give nats-server {newer} or later with --nats-server")
        : Good("store", "may be opened by this version");

    private static async Task<IReadOnlyList<BrokerCheckRow>> StreamsAsync(
        BrokerDirectory directory, StoreHolder holder, NatsServerVersion version, Func<ServerPorts, NatsOpts> login, TimeProvider time, CancellationToken cancellation)
    {
        if (ServerPorts.Read(directory.Run, holder.Server) is not { } ports)
        {
            return [new BrokerCheckRow("broker", Ok: false, "it has not said its ports yet", "wait until it is ready, then ask again")];
        }

        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Patience);
            await using NatsConnection nats = await LocalLine.ConnectAsync(login(ports), time, jetStream: true, limit.Token);
            var keeper = new StreamKeeper(new JetStreamApi(nats, time), version, [], NullLogger.Instance);
            IReadOnlyList<StreamReport> reports = await keeper.LookAsync(mend: false, limit.Token);
            return [Good("broker", $"{ports.Client.Authority} answers"), .. reports.Select(static one => Row(one))];
        }
        catch (Exception failure) when (failure is NatsException or JsonException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return [new BrokerCheckRow("broker", Ok: false, $"{ports.Client.Authority} does not answer: {failure.Message}", "a dev broker with a token wants the same --token-file; a secure one its creds/admin.creds")];
        }
    }

    internal static BrokerCheckRow Row(StreamReport one, string hint = "a restart of the broker mends what can be changed in place")
    {
        string name = "stream " + one.Name;
        if (one.Good) return Good(name, $"as it should be, last sequence {one.LastSequence}");
        string detail = one.Error ?? (one.Exists ? string.Join("; ", one.Differences.Select(static each => $"{each.Field} is {each.Got}, not {each.Wanted}")) : "missing");
        return new BrokerCheckRow(name, Ok: false, detail, hint);
    }

    private static BrokerCheckRow Good(string check, string detail) => new(check, Ok: true, detail, "");

    private static BrokerCheckRow Bad(string check, BrokerExit error) => new(check, Ok: false, error.Message, error.Hint);
}
