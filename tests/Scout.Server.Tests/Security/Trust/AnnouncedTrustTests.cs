using Scout.Nats;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Signing;
using Scout.Protocol.Security.Trust;
using Scout.Server.Tests.Security.Attacks;

namespace Scout.Server.Tests.Security.Trust;

/// <summary>How a new trust document comes to a node that is enrolled at a real broker, and what is not taken for one (security.md 11, row 30).</summary>
[Collection("node")]
[Trait("attack", "30")]
public sealed class AnnouncedTrustTests : IClassFixture<EnrolledFleet>
{
    private const string Maintenance = """{"machines":["disk"],"open_ended":true}""";
    private const string Resume = """{"machines":["disk"]}""";

    private readonly EnrolledFleet fleet;

    public AnnouncedTrustTests(EnrolledFleet fleet)
    {
        this.fleet = fleet;
        fleet.Need();
    }

    [Fact]
    public async Task A_caller_who_is_taken_back_is_refused_by_the_node_itself_within_seconds()
    {
        (Person alice, _) = await fleet.PersonAsync("operator", "alice");
        (Person bob, string bobs) = await fleet.PersonAsync("operator", "bob");
        // What alice signs comes over bob's line: the broker cuts her, and lets him through.
        await using NatsConnection line = await fleet.LineAsync(bobs);
        Assert.Equal(RpcCode.Ok, (await alice.Ask("scout.rpc.node.web1.maintenance", Maintenance).AskAsync(line)).Code);
        Assert.Equal(RpcCode.Ok, (await alice.Ask("scout.rpc.node.web1.resume", Resume).AskAsync(line)).Code);
        long before = await fleet.SerialAsync();

        await EnrolledFleet.DoAsync("caller", "revoke", "alice", "--data", fleet.Broker.Data);
        await fleet.ReachesAsync(before + 1);
        await fleet.AuditedAsync($"serial {before + 1} in the place of {before}");
        Assert.Null(await alice.Ask("scout.rpc.node.web1.maintenance", Maintenance).SendAsync(line, () => bob.Ask("scout.rpc.node.web1.ping").AskAsync(line)));
        await fleet.AuditedAsync(SignatureFaults.Revoked);
        Assert.NotEqual("MAINTENANCE", await fleet.Node.StateAsync("disk"));
        Assert.Contains($"scout_trust_serial{{node=\"web1\"}} {before + 1}", await fleet.Node.GetAsync("/metrics"), StringComparison.Ordinal);
        // The roster tells, so that the provisioner and people know.
        await Wait.UntilAsync(
            async () => (await EnrolledFleet.DoAsync("nodes", "-o", "json", "--creds", bobs)).Contains($"\"trust\": {before + 1}", StringComparison.Ordinal),
            () => fleet.Node.Log, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task An_admin_takes_a_login_back_from_his_own_machine_and_it_is_cut_refused_and_no_more_believed()
    {
        (_, string admins) = await fleet.PersonAsync("admin", "root1");
        (_, string bobs) = await fleet.PersonAsync("operator", "bob2");
        (Person mallory, string mallorys) = await fleet.PersonAsync("operator", "mallory");
        await using NatsConnection bob = await fleet.LineAsync(bobs);
        await using NatsConnection cut = await fleet.LineAsync(mallorys);
        Assert.Equal(RpcCode.Ok, (await mallory.Ask("scout.rpc.node.web1.ping").AskAsync(bob)).Code);
        long before = await fleet.SerialAsync();
        int lost = 0;
        bob.ConnectionDisconnected += (_, _) =>
        {
            lost++;
            return ValueTask.CompletedTask;
        };
        Assert.Contains("mallory", await EnrolledFleet.DoAsync("caller", "revoke", "mallory", "--creds", admins), StringComparison.Ordinal);
        await Wait.UntilAsync(() => cut.ConnectionState == NatsConnectionState.Refused, () => cut.Status.Reason, TimeSpan.FromSeconds(30));
        await Assert.ThrowsAnyAsync<NatsException>(() => fleet.LineAsync(mallorys));
        await fleet.ReachesAsync(before + 1);
        Assert.Null(await mallory.Ask("scout.rpc.node.web1.ping").SendAsync(bob, () => PersonOf(bobs).Ask("scout.rpc.node.web1.ping").AskAsync(bob)));
        Assert.Equal(0, lost);
        // Whoever is no admin is refused by the broker, the last word on it is the provisioner's audit.
        Scout.Testing.Processes.CommandResult denied = await Scout.Testing.Processes.ScoutExecutable.RunAsync(["caller", "revoke", "root1", "--creds", bobs]);
        Assert.True(denied.ExitCode == 3, denied.ToString());
        string audit = await File.ReadAllTextAsync(Path.Combine(fleet.Broker.Data, "audit.jsonl"));
        Assert.Contains("\"caller\":\"root1\"", audit, StringComparison.Ordinal);
        Assert.Contains("\"action\":\"revoke-caller\"", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_key_that_is_withdrawn_ends_its_logins_and_their_requests_and_leaves_the_others()
    {
        (Person vera, string veras) = await fleet.PersonAsync("deployer", "vera");
        (Person otto, string ottos) = await fleet.PersonAsync("operator", "otto");
        await using NatsConnection cut = await fleet.LineAsync(veras);
        await using NatsConnection line = await fleet.LineAsync(ottos);
        Assert.Equal(RpcCode.Ok, (await vera.Ask("scout.rpc.node.web1.ping").AskAsync(line)).Code);
        long before = await fleet.SerialAsync();
        await EnrolledFleet.DoAsync("broker", "rotate", "role", "deployer", "--yes", "--data", fleet.Broker.Data);
        await Wait.UntilAsync(() => cut.ConnectionState != NatsConnectionState.Open, () => cut.Status.Reason, TimeSpan.FromSeconds(30));
        await fleet.ReachesAsync(before + 1);
        Assert.Null(await vera.Ask("scout.rpc.node.web1.ping").SendAsync(line, () => otto.Ask("scout.rpc.node.web1.ping").AskAsync(line)));
        await fleet.AuditedAsync(SignatureFaults.UnknownIssuer);
        Assert.Equal(RpcCode.Ok, (await otto.Ask("scout.rpc.node.web1.ping").AskAsync(line)).Code);
    }

    [Fact]
    public async Task A_node_that_was_away_is_told_when_it_comes_back()
    {
        await fleet.PersonAsync("viewer", "carol");
        long before = await fleet.SerialAsync();
        Assert.Equal(0, await fleet.Node.StopAsync());
        await EnrolledFleet.DoAsync("caller", "revoke", "carol", "--data", fleet.Broker.Data);
        await fleet.Node.StartAsync();
        await fleet.ReachesAsync(before + 1);
        // And it is on disk: another start has it before any line is there.
        Assert.Equal(0, await fleet.Node.StopAsync());
        await fleet.Node.StartAsync();
        Assert.Equal(before + 1, await fleet.SerialAsync());
        await fleet.ConnectedAsync();
    }

    [Fact]
    public async Task A_renewal_brings_a_new_key_which_logs_in_before_the_old_one_goes()
    {
        string KeyOf(string file)
        {
            using NatsCreds creds = NatsCreds.Read(Path.Combine(fleet.Identity, file));
            return creds.Key.PublicKey;
        }

        string old = KeyOf("node.creds");
        (_, string admins) = await fleet.PersonAsync("admin", "root2");
        Assert.Equal(0, await fleet.Node.StopAsync());
        fleet.Age();
        await fleet.Node.StartAsync();
        await Wait.UntilAsync(() => KeyOf("node.creds") != old && !File.Exists(Path.Combine(fleet.Identity, "node.nk.next")), () => fleet.Node.Log, TimeSpan.FromSeconds(30));
        await fleet.ConnectedAsync();
        string fresh = KeyOf("node.creds");
        Assert.Equal(fresh, KeyOf("recover.creds"));
        using NKeyPair seed = NKeyPair.FromSeed((await File.ReadAllTextAsync(Path.Combine(fleet.Identity, "node.nk"))).Trim());
        Assert.Equal(fresh, seed.PublicKey);
        Assert.Empty(Directory.EnumerateFiles(fleet.Identity, "*.next"));
        string audit = await File.ReadAllTextAsync(Path.Combine(fleet.Broker.Data, "audit.jsonl"));
        Assert.Contains("\"action\":\"rekey\"", audit, StringComparison.Ordinal);
        Assert.Contains("in the place of " + old, audit, StringComparison.Ordinal);
        Assert.Contains(fresh, await EnrolledFleet.DoAsync("enroll", "ls", "-o", "json", "--creds", admins), StringComparison.Ordinal);
        Assert.True(await fleet.SerialAsync() > 0);
        // And it is that node after a restart, too.
        Assert.Equal(0, await fleet.Node.StopAsync());
        await fleet.Node.StartAsync();
        await fleet.ConnectedAsync();
        Assert.Equal(fresh, KeyOf("node.creds"));
    }

    [Fact]
    public async Task What_is_forged_older_steered_or_nonsense_changes_nothing_and_a_flood_of_it_does_not_keep_a_true_one_out()
    {
        await fleet.PersonAsync("viewer", "dave");
        string path = Path.Combine(fleet.Broker.Data, "trust.json");
        byte[] old = await File.ReadAllBytesAsync(path);
        await EnrolledFleet.DoAsync("caller", "revoke", "dave", "--data", fleet.Broker.Data);
        Assert.True(TrustDocument.TryRead(await File.ReadAllBytesAsync(path), out TrustDocument? now, out _));
        await fleet.ReachesAsync(now.Serial);

        // The provisioner's own login: nobody else may publish there at all.
        await using NatsConnection line = await fleet.LineAsync(Path.Combine(fleet.Broker.Data, "creds", "provisioner.creds"));
        using NKeyPair stranger = NKeyPair.Create(NKeyType.Server);
        TrustDocument empty = now with { RevokedCallers = [], Serial = now.Serial + 100 };
        byte[][] forgeries =
        [
            old,
            empty.ToBytes(),
            (empty with { Key = stranger.PublicKey }).Sign(bytes => stranger.Sign(bytes)).ToBytes(),
            empty.Sign(bytes => stranger.Sign(bytes)).ToBytes(),
            "{\"stream\":\"SCOUT_EVENTS\",\"seq\":1}"u8.ToArray(),
            new byte[70_000],
        ];
        foreach (byte[] forged in forgeries) await line.PublishAsync(TrustSubjects.All, forged);
        await line.PublishAsync(TrustSubjects.Node("web1"), now.ToBytes(), new NatsHeaders { ["Nats-Stream"] = "SCOUT_EVENTS" });
        for (int i = 0; i < 2000; i++) await line.PublishAsync(TrustSubjects.All, forgeries[2]);
        foreach (string why in (string[])["is lower than", "its signature does not fit", "not by the trust key", "not a trust document", "steered"]) await fleet.AuditedAsync(why);
        Assert.Equal(now.Serial, await fleet.SerialAsync());

        await fleet.PersonAsync("viewer", "erin");
        await EnrolledFleet.DoAsync("caller", "revoke", "erin", "--data", fleet.Broker.Data);
        await fleet.ReachesAsync(now.Serial + 1);
        // Refusals are folded: a row for a kind, and counts.
        Assert.True(fleet.Audit().Split('\n').Count(row => row.Contains("\"action\":\"trust\"", StringComparison.Ordinal)) < 60, fleet.Audit());
    }

    private static Person PersonOf(string file)
    {
        NatsCreds creds = NatsCreds.Read(file);
        return new Person(creds.Jwt, creds.Key);
    }
}
