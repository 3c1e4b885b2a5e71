using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Accounts;
using Scout.Broker.Attached;
using Scout.Broker.External;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Streams;
using Scout.Broker.Supervision;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Streams;

namespace Scout.Broker.Checks;

/// <summary>Rows of <c>scout broker check</c> for a broker that is not ours (security.md 14): our logins, our keys, and what its account gives us. Changes nothing.</summary>
internal static class ExternalCheck
{
    private const string StreamHint = "'scout broker streams --format json' prints what its owner should set; with --manage-streams yes 'scout broker run' sets it";

    public static async Task<IReadOnlyList<BrokerCheckRow>> LookAsync(BrokerFiles files, BrokerSettings settings, TimeProvider time, CancellationToken stop)
    {
        ExternalSettings external = settings.External!;
        List<BrokerCheckRow> rows = [Good("set up", $"a broker that is not ours: {settings.UrlList}")];
        rows.Add(PrivateFile.WhyUnsafeFolder(files.Root) is { } bad ? new BrokerCheckRow("directory", Ok: false, bad, "chmod 700 what others may write") : Good("directory", $"{files.Root} is ours"));
        using (AttachedLock? free = AttachedLock.TryTake(files)) rows.Add(Good("lock", free is null ? "held: 'scout broker run' works on it" : "free"));
        rows.AddRange(Logins(files, external, time));
        if (external.Enrolment) rows.Add(Keys(files, time));
        rows.AddRange(await BrokerAsync(files, settings, time, stop));
        return rows;
    }

    private static IEnumerable<BrokerCheckRow> Logins(BrokerFiles files, ExternalSettings external, TimeProvider time)
    {
        string[] needed = external.Enrolment ? [external.Creds, files.Creds(RoleNames.Word(ScoutRole.Provisioner)), files.Creds(RoleNames.Word(ScoutRole.ProvisionerEnrol))] : [external.Creds];
        foreach (string path in needed)
        {
            BrokerCheckRow row;
            try
            {
                using NatsCreds creds = NatsCreds.Read(path, time.GetUtcNow());
                row = Good("login", $"{path}: {creds.Claims.Name}, {(creds.Claims.Expires is { } end ? $"until {end.UtcDateTime:yyyy-MM-dd HH:mm}Z" : "without an end")}");
            }
            catch (NatsCredentialsException unfit)
            {
                row = new BrokerCheckRow("login", Ok: false, unfit.Message, "put the owner's new file there, or call 'scout broker external' with it");
            }

            yield return row;
        }
    }

    private static BrokerCheckRow Keys(BrokerFiles files, TimeProvider time)
    {
        try
        {
            var authority = new AccountAuthority(BrokerKeyring.Open(files.Root), time);
            return Good("keys", $"fleet {authority.Keys.Fleet}, trust document {authority.Trust.Current.Serial}: nodes can enrol");
        }
        catch (BrokerKeyException failure)
        {
            return new BrokerCheckRow("keys", Ok: false, failure.Message, failure.Hint);
        }
    }

    private static async Task<IReadOnlyList<BrokerCheckRow>> BrokerAsync(BrokerFiles files, BrokerSettings settings, TimeProvider time, CancellationToken stop)
    {
        ExternalSettings external = settings.External!;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(BrokerCheck.Patience);
            await using NatsConnection nats = await LocalLine.ConnectAsync(ExternalLine.Opts(files, settings, external.Login, time), time, jetStream: false, limit.Token);
            NatsServerVersion version = NatsServerVersion.TryParse(nats.ServerInfo?.Version ?? "", out NatsServerVersion read) ? read : NatsServerVersion.Oldest;
            BrokerCheckRow there = Good("broker", $"{settings.UrlList} answers, nats-server {nats.ServerInfo?.Version}");
            if (external.ManageStreams == ManageStreams.No) return [there, Good("streams", "the owner's alone (manage_streams: no)")];
            var api = new JetStreamApi(nats, time);
            JsonObject info = await api.CallAsync("INFO", null, limit.Token);
            if (JetStreamApi.Error(info) is { } error) return [there, new BrokerCheckRow("streams", Ok: false, "JetStream: " + error.Description, "the account needs JetStream, and the login its role")];
            if (StreamRoom.Fit([.. StreamCatalog.All.Select(one => one with { Replicas = external.Replicas })], info, out string remark) is not { } wanted) return [there, new BrokerCheckRow("streams", Ok: false, remark, "ask its owner for room")];
            var keeper = new StreamKeeper(api, version, [], NullLogger.Instance) { Streams = wanted };
            return [there, .. (await keeper.LookAsync(mend: false, limit.Token)).Select(static one => BrokerCheck.Row(one, StreamHint))];
        }
        catch (Exception failure) when (failure is NatsException or JsonException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return [new BrokerCheckRow("broker", Ok: false, $"{settings.UrlList} does not answer: {failure.Message}", "'scout doctor --broker --creds FILE --role broker' tries the login right by right")];
        }
    }

    private static BrokerCheckRow Good(string check, string detail) => new(check, Ok: true, detail, "");
}
