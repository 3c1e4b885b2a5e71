using Scout.Broker.Checks;
using Scout.Broker.Rights;
using Scout.Broker.Tests.Roles;
using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Rights;

/// <summary>Attack row 37: an account whose owner gave too little or too much.</summary>
[Collection(RoleServerCollection.Name)]
[Trait("attack", "37")]
public sealed class RightsDoctorTests(RoleServer server)
{
    [Theory]
    [InlineData(ScoutRole.Node, "doc1", "web", "eu")]
    [InlineData(ScoutRole.Viewer, "bob")]
    [InlineData(ScoutRole.Operator, "olga")]
    [InlineData(ScoutRole.Deployer, "dora")]
    [InlineData(ScoutRole.Provisioner, "provisioner")]
    [InlineData(ScoutRole.ProvisionerEnrol, "provisioner-enrol")]
    [InlineData(ScoutRole.Admin, "ada")]
    [InlineData(ScoutRole.Broker, "broker")]
    [InlineData(ScoutRole.Gateway, "gw3")]
    [InlineData(ScoutRole.Enroll, "token-1")]
    [InlineData(ScoutRole.Recover, "web1")]
    public async Task Who_has_the_rights_of_the_role_is_told_nothing(ScoutRole role, string name, params string[] groups)
    {
        server.Need();
        IReadOnlyList<RightDifference> found = await TryAsync(server.Login(role, name, groups), role, name, groups);
        Assert.True(found.Count == 0, Text(found));
    }

    [Fact]
    public async Task Each_right_that_is_missing_and_each_that_is_too_much_is_listed()
    {
        server.Need();
        RoleLogin login = server.Login(key =>
        {
            RoleTemplate node = RoleTemplates.Of(ScoutRole.Node).For("doc2", key, []);
            return new NatsUserPermissions
            {
                // Without the renewal and the roster entry; with the events of everybody.
                Publish = new NatsSubjectPermissions { Allow = [.. node.Publish.Where(static one => one is not ("scout.renew.doc2" or "$KV.SCOUT_NODES.doc2")), "scout.event.>"] },
                // Without its group's, and with everybody's inbox.
                Subscribe = new NatsSubjectPermissions { Allow = [.. node.Subscribe, "_INBOX.>"] },
            };
        });
        IReadOnlyList<RightDifference> found = await TryAsync(login with { Inbox = "_INBOX.doc2" }, ScoutRole.Node, "doc2", ["web"]);
        string text = Text(found);
        Assert.Contains("missing publish scout.renew.doc2\n", text, StringComparison.Ordinal);
        Assert.Contains("missing publish $KV.SCOUT_NODES.doc2\n", text, StringComparison.Ordinal);
        Assert.Contains("missing subscribe scout.rpc.group.web.*\n", text, StringComparison.Ordinal);
        Assert.Contains("too much publish scout.event.scout-doctor.scout-doctor.state\n", text, StringComparison.Ordinal);
        Assert.Contains("too much subscribe _INBOX.>\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("scout.event.doc2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_may_do_everything_is_too_much_of_everything()
    {
        server.Need();
        RoleLogin login = server.Login(static _ => new NatsUserPermissions());
        IReadOnlyList<RightDifference> found = await TryAsync(login, ScoutRole.Viewer, "bob", []);
        Assert.All(found, static one => Assert.Equal("too much", one.Word));
        Assert.Contains(found, static one => one.Trial is { Publish: false, Subject: ">" });
        Assert.Contains(found, static one => one.Trial is { Publish: true, Subject: "scout.rpc.all.transition" });
        Assert.Contains(found, static one => one.Trial is { Publish: true, Subject: "$JS.API.STREAM.DELETE.scout-doctor" });
    }

    [Fact]
    public async Task Trying_stores_nothing()
    {
        server.Need();
        await using RawLogin admin = await server.ConnectAsync(server.Login(ScoutRole.Admin, "ada"));
        await TryAsync(server.Login(ScoutRole.Node, "doc4", "web"), ScoutRole.Node, "doc4", ["web"]);
        foreach ((string stream, string subject) in ((string, string)[])[("SCOUT_EVENTS", "scout.event.doc4.>"), ("SCOUT_LIFECYCLE", "scout.lifecycle.doc4.>"), ("KV_SCOUT_NODES", "$KV.SCOUT_NODES.doc4")])
        {
            string info = await admin.RequestAsync("$JS.API.STREAM.INFO." + stream, "{\"subjects_filter\":\"" + subject + "\"}");
            Assert.DoesNotContain("\"subjects\":{\"", info.Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_doctor_tells_of_login_rights_and_streams()
    {
        server.Need();
        using var folder = new TempFolder();
        DoctorOptions options = Options(folder, server.Login(ScoutRole.Viewer, "bob"), ScoutRole.Viewer);
        (IReadOnlyList<BrokerCheckRow> rows, BrokerExit? error) = await BrokerDoctor.RunAsync(options, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True(error is null, error?.Message);
        Assert.All(rows, static row => Assert.True(row.Ok, row.Check + " " + row.Detail));
        Assert.Equal(["login", "rights", "stream SCOUT_EVENTS"], rows.Take(3).Select(static row => row.Check));
        // The same login as somebody else: what it lacks and what it has too much.
        (rows, _) = await BrokerDoctor.RunAsync(options with { Role = ScoutRole.Deployer }, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Contains(rows, static row => row is { Ok: false, Check: "publish", Detail: "$KV.SCOUT_MACHINES.scout-doctor: missing" });
        Assert.Contains(rows, static row => row is { Ok: false, Check: "subscribe", Detail: "scout.event.>: too much" });
        Assert.Contains("missing", rows.Single(static row => row.Check == "rights").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_that_cannot_be_used_are_told_with_a_reason()
    {
        server.Need();
        using var folder = new TempFolder();
        DoctorOptions dotted = Options(folder, server.Login(ScoutRole.Viewer, "a.b"), ScoutRole.Node);
        Assert.Contains("is not a name for a node", (await BrokerDoctor.RunAsync(dotted, TimeProvider.System, default)).Error!.Message, StringComparison.Ordinal);
        DoctorOptions expired = Options(folder, server.Login(ScoutRole.Viewer, "old", [], TimeProvider.System.GetUtcNow().AddDays(-1), null), ScoutRole.Viewer);
        Assert.Contains("expired", (await BrokerDoctor.RunAsync(expired, TimeProvider.System, default)).Error!.Message, StringComparison.Ordinal);
        using NKeyPair unknown = NKeyPair.Create(NKeyType.Account);
        DoctorOptions foreign = Options(folder, server.Login(ScoutRole.Viewer, "bob", [], null, null, unknown), ScoutRole.Viewer);
        Assert.Contains("Authorization Violation", (await BrokerDoctor.RunAsync(foreign, TimeProvider.System, default)).Error!.Message, StringComparison.Ordinal);
    }

    private DoctorOptions Options(TempFolder folder, RoleLogin login, ScoutRole role)
    {
        string file = folder.Write(login.Key.PublicKey + ".creds", NatsCreds.Format(login.Jwt, login.Key.ExportSeed()));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new DoctorOptions { CredsFile = file, Role = role, Url = server.Server.Url };
    }

    private async Task<IReadOnlyList<RightDifference>> TryAsync(RoleLogin login, ScoutRole role, string name, string[] groups)
    {
        using NatsCreds creds = NatsCreds.Create(login.Jwt, login.Key);
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Server.Url, AuthOpts = new NatsAuthOpts { Creds = creds }, InboxPrefix = login.Inbox });
        await nats.ConnectAsync();
        return await RightsDoctor.TryAsync(nats, RightTrials.For(RoleTemplates.Of(role).For(name, login.Key.PublicKey, groups)), TestContext.Current.CancellationToken);
    }

    private static string Text(IReadOnlyList<RightDifference> found) => string.Concat(found.Select(static one => $"{one.Word} {(one.Trial.Publish ? "publish" : "subscribe")} {one.Trial.Subject}\n"));
}
