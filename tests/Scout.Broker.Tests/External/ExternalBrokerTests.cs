using System.Text.Json.Nodes;
using Scout.Broker.Accounts;
using Scout.Broker.Checks;
using Scout.Broker.Custody;
using Scout.Broker.External;
using Scout.Broker.Files;
using Scout.Broker.Rights;
using Scout.Broker.Streams;
using Scout.Broker.Supervision;
using Scout.Broker.Tests.Provisioning;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Roster;
using Scout.Protocol.Security.Enrolment;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Streams;

namespace Scout.Broker.Tests.External;

/// <summary>A broker that is not ours (security.md 14): rights of an account, no system account, no configuration.</summary>
public sealed class ExternalBrokerTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public async Task Streams_are_made_within_the_accounts_limits_and_a_node_enrols_with_imported_keys()
    {
        await using var cluster = new OwnersCluster();
        await cluster.StartAsync(storage: 600 * MiB);
        IReadOnlyList<string> said = await OwnersCluster.SetUpAsync(cluster.WithKeys(cluster.Options(ScoutRole.Admin)) with { ManageStreams = ManageStreams.Yes });
        Assert.Contains(said, static line => line.StartsWith("nodes can enrol", StringComparison.Ordinal));
        await using var broker = Broker.Start(cluster);
        await broker.ReadyAsync();
        await Until.TrueAsync("the provisioner listens", () => broker.Log.Count(5087) > 0, TimeSpan.FromSeconds(30), () => broker.Log.Text);
        Assert.Contains("made smaller", broker.Log.Lines(5069)[0], StringComparison.Ordinal);

        EnrolmentToken token = await cluster.TokenAsync("web1");
        using NKeyPair own = NKeyPair.FromSeed(token.Seed), key = NKeyPair.Create(NKeyType.User);
        using var ticket = NatsCreds.Create(token.Jwt, own);
        EnrolmentReply reply;
        await using (NatsConnection line = await cluster.ConnectAsync(ticket, Subjects.Inbox(own.PublicKey)))
        {
            reply = await ProvisioningServiceTests.Broker.AskAsync(line, Subjects.Enroll(own.PublicKey), ProvisioningServiceTests.Broker.Signed("web1", key, (now, nonce) => EnrolmentProof.Enroll(own.PublicKey, "web1", now, nonce)));
        }

        Assert.Equal(EnrolmentStatus.Issued, reply.Status);
        using var creds = NatsCreds.Create(reply.Jwt!, key);
        await using NatsConnection node = await cluster.ConnectAsync(creds, Subjects.NodeInbox("web1"));
        PubAckResponse ack = await new NatsJSContext(node).PublishAsync("scout.event.web1.disk.state", "x"u8.ToArray());
        Assert.Null(ack.Error);
        Assert.Equal(StreamCatalog.Events, ack.Stream);

        // What we can take back, and what its owner must.
        (CustodyReport? report, BrokerExit? error) = await KeyCustody.RevokeAsync(cluster.Ours.Root, HolderKind.Node, ["web1"], TimeProvider.System, CancellationToken.None);
        Assert.True(report is { InForce: false, Waiting: true }, error?.Message);
        Assert.Contains("nsc revocations", report.Detail, StringComparison.Ordinal);
        (_, error) = await KeyCustody.RotateRoleAsync(cluster.Ours.Root, "node", TimeProvider.System, CancellationToken.None);
        Assert.Contains("its owner changes that", error!.Message, StringComparison.Ordinal);
        Assert.Equal(BrokerExit.Stopped, await broker.StopAsync());
    }

    [Fact]
    public async Task With_check_nothing_is_made_and_the_owner_is_told_what_he_should_set()
    {
        await using var cluster = new OwnersCluster();
        await cluster.StartAsync(settings: "\"domain\":\"hub\"");
        ExternalOptions options = cluster.Options(ScoutRole.Broker) with { JsDomain = "hub", InboxPrefix = null };
        IReadOnlyList<string> said = await OwnersCluster.SetUpAsync(options);
        Assert.Contains(said, static line => line.Contains("no signing key was given", StringComparison.Ordinal));
        IReadOnlyList<BrokerCheckRow> looked = await BrokerCheck.RunAsync(new BrokerOptions { Data = cluster.Ours.Root }, TimeProvider.System, CancellationToken.None);
        Assert.Equal(["set up", "directory", "lock", "login", "broker", .. StreamCatalog.All.Select(static one => "stream " + one.Name)], looked.Select(static row => row.Check));
        Assert.All(looked, static row => Assert.Equal(!row.Check.StartsWith("stream ", StringComparison.Ordinal), row.Ok));
        await using var broker = Broker.Start(cluster);
        await Until.TrueAsync("all six are told", () => broker.Log.Count(5068) >= StreamCatalog.All.Length, TimeSpan.FromSeconds(30), () => broker.Log.Text);
        Assert.Contains("streams are not as wanted", broker.Log.Lines(5070)[^1], StringComparison.Ordinal);

        // The owner does as he is told, each line in the form that his tools take; every call of the API goes through the domain.
        using NatsCreds creds = NatsCreds.Read(cluster.Creds(ScoutRole.Admin, "owner"));
        await using NatsConnection owner = await cluster.ConnectAsync(creds, "_INBOX." + creds.Key.PublicKey, "hub");
        var api = new JetStreamApi(owner, TimeProvider.System);
        foreach (string line in broker.Log.Lines(5068).Take(StreamCatalog.All.Length))
        {
            var config = (JsonObject)JsonNode.Parse(line[line.IndexOf('{', StringComparison.Ordinal)..])!;
            Assert.Null(JetStreamApi.Error(await api.CallAsync("STREAM.CREATE." + config["name"], config, CancellationToken.None)));
        }

        await broker.StopAsync();
        await using var again = Broker.Start(cluster);
        await again.ReadyAsync();
        looked = await BrokerCheck.RunAsync(new BrokerOptions { Data = cluster.Ours.Root }, TimeProvider.System, CancellationToken.None);
        Assert.All(looked, static row => Assert.True(row.Ok, row.Check + ": " + row.Detail));
        Assert.Contains(looked, static row => row.Check == "lock" && row.Detail.StartsWith("held", StringComparison.Ordinal));
        Assert.Equal(0, again.Log.Count(5068));
        Assert.DoesNotContain("iolation", again.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_37_a_login_with_too_few_or_too_many_rights_is_told_right_by_right()
    {
        await using var cluster = new OwnersCluster();
        await cluster.StartAsync();
        // A viewer's creds where an operator's are due, and an admin's where a viewer's are.
        string[] few = await DifferencesAsync(cluster, ScoutRole.Viewer, ScoutRole.Operator), many = await DifferencesAsync(cluster, ScoutRole.Admin, ScoutRole.Viewer);
        Assert.Contains("scout.rpc.all.check: missing", few);
        Assert.DoesNotContain(few, static line => line.EndsWith("too much", StringComparison.Ordinal));
        Assert.Contains("$JS.API.STREAM.DELETE.scout-doctor: too much", many);
        Assert.Empty(await DifferencesAsync(cluster, ScoutRole.Viewer, ScoutRole.Viewer));

        // Who goes by an older trust document is named.
        using NatsCreds creds = NatsCreds.Read(cluster.Creds(ScoutRole.Admin, "owner"));
        await using NatsConnection owner = await cluster.ConnectAsync(creds, "_INBOX." + creds.Key.PublicKey);
        await new StreamKeeper(new JetStreamApi(owner, TimeProvider.System), NatsServerVersion.Oldest, [], Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).LookAsync(mend: true, default);
        foreach ((string node, long serial, bool gone) in ((string, long, bool)[])[("old1", 3, false), ("new1", 4, false), ("left1", 2, true)])
        {
            var entry = new RosterEntry { Node = node, Version = "1", Os = "linux", Arch = "x64", Machines = 0, Started = TimeProvider.System.GetUtcNow(), AliveS = 300, Trust = serial, Stopped = gone ? TimeProvider.System.GetUtcNow() : null };
            Assert.Null((await new NatsJSContext(owner).PublishAsync(Subjects.RosterKey(node), entry.ToBytes())).Error);
        }

        var viewer = new DoctorOptions { CredsFile = cluster.Creds(ScoutRole.Viewer, "bob"), Role = ScoutRole.Viewer, Url = $"tls://127.0.0.1:{cluster.Port}", CaFile = cluster.Owner.Authority };
        (IReadOnlyList<BrokerCheckRow> rows, _) = await BrokerDoctor.RunAsync(viewer, TimeProvider.System, CancellationToken.None);
        Assert.Contains(" says it has, and may still believe callers who were taken back: old1 (3)", Assert.Single(rows, static row => row is { Check: "trust", Ok: false }).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"limits":{"max_storage":-1,"max_streams":-1}}""", 10 * 1024, "")]
    [InlineData("""{"limits":{"max_storage":1073741824,"max_streams":10}}""", 806, "made smaller")]
    [InlineData("""{"limits":{"max_storage":0},"tiers":{"R1":{"limits":{"max_storage":1073741824}}}}""", 806, "made smaller")]
    [InlineData("""{"limits":{"max_storage":-1,"storage_max_stream_bytes":104857600}}""", 100, "made smaller")]
    [InlineData("""{"limits":{"max_storage":4194304}}""", 0, "too little")]
    [InlineData("""{"limits":{"max_storage":-1,"max_streams":3}}""", 0, "may have 3 streams")]
    [InlineData("""{"limits":{"max_storage":0}}""", 0, "may not store")]
    [InlineData("""{"tiers":{"R3":{"limits":{"max_storage":1073741824}}}}""", 0, "1 copies")]
    public void Streams_are_fitted_into_what_the_account_may_store(string info, long events, string says)
    {
        IReadOnlyList<StreamDefinition>? fitted = StreamRoom.Fit(StreamCatalog.All, (JsonObject)JsonNode.Parse(info)!, out string remark);
        Assert.Contains(says, remark, StringComparison.Ordinal);
        Assert.Equal(events, (fitted?[0].MaxBytes ?? 0) / MiB);
    }

    [Theory]
    [InlineData("nats://cluster.example.org:4222", null, null, "no tls://")]
    [InlineData("tls://bob:secret@cluster.example.org:4222", null, null, "no tls://")]
    [InlineData("tls://cluster.example.org:4222", "a.b", null, "no name of a domain")]
    [InlineData("tls://cluster.example.org:4222", null, "_INBOX.>", "no subject")]
    public async Task What_cannot_be_is_refused_before_anything_is_written(string url, string? domain, string? inbox, string says)
    {
        using var folder = new TempFolder();
        (_, BrokerExit? error) = await ExternalSetup.MakeAsync(new ExternalOptions { Root = folder.File("ours"), Urls = [url], Creds = folder.File("none"), JsDomain = domain, InboxPrefix = inbox }, TimeProvider.System, CancellationToken.None);
        Assert.Contains(says, error!.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("ours")));
    }

    private static async Task<string[]> DifferencesAsync(OwnersCluster cluster, ScoutRole has, ScoutRole due)
    {
        (var rows, BrokerExit? error) = await BrokerDoctor.RunAsync(
            new DoctorOptions { CredsFile = cluster.Creds(has, "bob"), Role = due, Url = $"tls://127.0.0.1:{cluster.Port}", CaFile = cluster.Owner.Authority, Streams = false }, TimeProvider.System, CancellationToken.None);
        Assert.Null(error);
        return [.. rows.Where(static row => row.Check is "publish" or "subscribe").Select(static row => row.Detail)];
    }

    private sealed class Broker : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private Task<BrokerExit> running = null!;

        public LogBook Log { get; } = new();

        public static Broker Start(OwnersCluster cluster)
        {
            var broker = new Broker();
            broker.running = BrokerService.RunAsync(new BrokerOptions { Data = cluster.Ours.Root }, broker.Log, TimeProvider.System, broker.stop.Token);
            return broker;
        }

        public Task ReadyAsync() => Until.TrueAsync("ready", () => running.IsCompleted ? throw new InvalidOperationException(running.Result.ToString()) : Log.Count(5003) > 0, TimeSpan.FromSeconds(30), () => Log.Text);

        public async Task<BrokerExit> StopAsync()
        {
            await stop.CancelAsync();
            return await running.WaitAsync(TimeSpan.FromSeconds(30));
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            stop.Dispose();
        }
    }
}
