using System.Collections.Immutable;
using System.Text.Json;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;
using Scout.Protocol.Streams;
using Scout.Testing;

namespace Scout.Server.Tests.Connection;

/// <summary>A node at somebody else's nats-server, with a creds file of its owner and the rights of the role, no more.</summary>
[Collection("node")]
public sealed class ExternalBrokerTests
{
    [Fact]
    public async Task A_node_with_credentials_of_the_owner_has_all_the_rights_it_needs()
    {
        await using var bench = await Bench.StartAsync();
        await using var node = new TestNode();
        bench.Configure(node, "ext1", "web");
        node.Machines("m.yaml", "checks:\n  - name: disk\n    plugin: check_it\n    interval: 1s\n");
        node.Plugin("check_it", "echo fine");
        await node.StartAsync();
        var js = new NatsJSContext(bench.Owner);
        await Wait.UntilAsync(async () => await TryGetAsync(js, StreamCatalog.Roster, Subjects.RosterKey("ext1")) is { } entry && entry.Contains("\"secure\"", StringComparison.Ordinal), () => node.Log);
        await Wait.UntilAsync(async () => await TryGetAsync(js, StreamCatalog.Events, "scout.event.ext1.disk.state") is not null, () => node.Log);
        JsonElement roster = JsonDocument.Parse((await TryGetAsync(js, StreamCatalog.Roster, Subjects.RosterKey("ext1")))!).RootElement;
        Assert.Equal("web", roster.GetProperty("groups")[0].GetString());
        // What nobody signed is answered by nobody, though somebody listens.
        await Assert.ThrowsAsync<NatsNoReplyException>(async () => await bench.Owner.RequestAsync<string, byte[]>("scout.rpc.node.ext1.ping", "{}", replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromMilliseconds(500) }));
        Assert.DoesNotContain("Permissions Violation", node.Log, StringComparison.Ordinal);
        Assert.Equal(0, await node.StopAsync());
    }

    [Fact]
    public async Task Where_all_share_one_login_nodes_answer_what_only_reads_and_the_audit_says_whose_word_it_has()
    {
        await using var bench = await Bench.StartAsync();
        await using var node = new TestNode { Policy = null };
        bench.Configure(node, "ext3", "web");
        Share(node, "");
        node.Machines("m.yaml", "checks:\n  - { name: disk, builtin: heartbeat, interval: 1h, splay: 0 }\n");
        await node.StartAsync();
        await ConnectedAsync(node);
        Assert.Equal("ok", (await AskAsync(bench.Owner, "scout.rpc.node.ext3.ping", "{}", "ann")).GetProperty("code").GetString());
        Assert.Equal("ok", (await AskAsync(bench.Owner, "scout.rpc.group.web.facts", "{}", "not a name")).GetProperty("code").GetString());
        JsonElement denied = await AskAsync(bench.Owner, "scout.rpc.node.ext3.maintenance", """{"machines":["disk"],"open_ended":true}""", "ann");
        Assert.Equal("denied", denied.GetProperty("code").GetString());
        Assert.Contains("trust_broker", denied.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.NotEqual("MAINTENANCE", await node.StateAsync("disk"));
        await AuditedAsync(node, "\"caller\":\"broker:ann\"");
        await AuditedAsync(node, "\"caller\":\"broker:unknown\"");
        // What a server copied there is no request.
        await Assert.ThrowsAsync<NatsNoReplyException>(async () => await bench.Owner.RequestAsync<string, byte[]>(
            "scout.rpc.node.ext3.ping", Body("{}"), new NatsHeaders { ["Nats-Stream"] = "SCOUT_EVENTS" }, replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromMilliseconds(500) }));
        // The socket has proofs of its own.
        Assert.Equal("ok", (await node.AskAsync("maintenance", """{"machines":["disk"],"open_ended":true}""")).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Where_it_is_written_out_that_the_broker_is_trusted_its_word_is_enough()
    {
        await using var bench = await Bench.StartAsync();
        await using var node = new TestNode { Policy = null };
        bench.Configure(node, "ext2", "web");
        node.Folder.Write("policy.yaml", "rules:\n  - { allow: [machine, ping], roles: [admin] }\n  - { allow: [ping, maintenance], roles: [operator] }\n  - { deny: [maintenance], callers: ['broker:mallory'], reason: no }\n");
        File.SetUnixFileMode(node.Folder.File("policy.yaml"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Share(node, $"policy: {{ file: {node.Folder.File("policy.yaml")}, trust_broker: true }}\n");
        node.Machines("m.yaml", "checks:\n  - { name: disk, builtin: heartbeat, interval: 1h, splay: 0 }\n");
        await node.StartAsync();
        await node.ReachesAsync("disk", "OK");
        await ConnectedAsync(node);
        Assert.Equal("denied", (await AskAsync(bench.Owner, "scout.rpc.node.ext2.maintenance", """{"machines":["disk"],"open_ended":true}""", "mallory")).GetProperty("code").GetString());
        Assert.Equal("ok", (await AskAsync(bench.Owner, "scout.rpc.node.ext2.maintenance", """{"machines":["disk"],"open_ended":true}""", "ann")).GetProperty("code").GetString());
        Assert.Equal("MAINTENANCE", await node.StateAsync("disk"));
        // The file's rules stand: facts are in none.
        Assert.Equal("denied", (await AskAsync(bench.Owner, "scout.rpc.node.ext2.facts", "{}", "ann")).GetProperty("code").GetString());
        await AuditedAsync(node, "\"caller\":\"broker:ann\"");
    }

    [Theory]
    [InlineData("broker: { urls: [\"tls://broker.example.org:4222\"] }\npolicy: { trust_broker: true }", "requests are signed here")]
    [InlineData("broker: { mode: external, creds: a.creds, trust: /etc/scout/trust.json, urls: [\"tls://broker.example.org:4222\"] }\npolicy: { trust_broker: true }", "'broker.trust' proves who asks")]
    [InlineData("mode: dev\npolicy: { trust_broker: true }", "requests are signed here")]
    [InlineData("policy: { trust_broker: maybe }", "is no value of 'policy.trust_broker'")]
    [InlineData("policy: { files: x }", "'files' is not a key of 'policy'")]
    public async Task What_would_weaken_a_proof_that_there_is_is_an_error(string yaml, string why)
    {
        await using var node = new TestNode();
        node.Folder.Write("scout.yaml", yaml + "\n");
        node.Arguments = node.Arguments with { Config = node.Folder.File("scout.yaml") };
        Directory.CreateDirectory(node.MachinesFolder);
        Assert.Equal(2, await node.RunAsync());
        Assert.Contains(why, node.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mode: external, urls: [\"tls://broker.example.org:4222\"]", "'broker.creds' is missing")]
    [InlineData("mode: external, creds: a.creds", "'broker.urls' is missing")]
    [InlineData("mode: external, creds: a.creds, urls: [\"nats://broker.example.org:4222\"]", "is not encrypted")]
    [InlineData("creds: a.creds, urls: [\"tls://broker.example.org:4222\"]", "'broker.creds' is for a broker that is not Scout's own")]
    [InlineData("mode: external, creds: a.creds, inbox_prefix: \"a.>\", urls: [\"tls://broker.example.org:4222\"]", "is no subject")]
    public async Task What_does_not_fit_together_is_refused(string broker, string why)
    {
        await using var node = new TestNode();
        node.Folder.Write("scout.yaml", $"broker: {{ {broker} }}\n");
        node.Arguments = node.Arguments with { Config = node.Folder.File("scout.yaml") };
        Directory.CreateDirectory(node.MachinesFolder);
        Assert.Equal(2, await node.RunAsync());
        Assert.Contains(why, node.Log, StringComparison.Ordinal);
    }

    // A creds file and no trust document: what the owner of a cluster gives who has one login for all.
    private static void Share(TestNode node, string more)
    {
        string config = node.Arguments.Config!;
        File.WriteAllText(config, File.ReadAllText(config).Replace(", trust: trust.json", "", StringComparison.Ordinal) + more);
    }

    private static Task ConnectedAsync(TestNode node) =>
        Wait.UntilAsync(async () => (await node.AskAsync("ping")).GetProperty("results")[0].GetProperty("broker").GetString() == "connected", () => node.Log);

    private static Task AuditedAsync(TestNode node, string text) => Wait.UntilAsync(
        () =>
        {
            using var file = new FileStream(Path.Combine(node.DataFolder, "audit.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new StreamReader(file).ReadToEnd().Contains(text, StringComparison.Ordinal);
        },
        () => node.Log);

    private static string Body(string args) => $$"""{"schema":"io.scout.rpc.request.v1","id":"shared-{{Interlocked.Increment(ref ids)}}","ttl_ms":20000,"args":{{args}}}""";

    private static int ids;

    private static async Task<JsonElement> AskAsync(NatsConnection owner, string subject, string args, string caller)
    {
        NatsMsg<byte[]> answer = default;
        // A node is connected a moment before the server has heard what it listens to.
        await Wait.UntilAsync(async () =>
        {
            string inbox = Security.Attacks.SignedMessage.InboxFor(owner, subject);
            await using INatsSub<byte[]> answers = await owner.SubscribeCoreAsync<byte[]>(inbox, opts: new NatsSubOpts { Timeout = TimeSpan.FromSeconds(20) });
            await owner.PublishAsync(subject, Body(args), new NatsHeaders { ["Scout-Caller"] = caller }, inbox);
            return await answers.Msgs.WaitToReadAsync() && answers.Msgs.TryRead(out answer) && !answer.HasNoResponders;
        }, () => $"no answer on {subject}");
        return JsonDocument.Parse(answer.Data!).RootElement;
    }

    private static async Task<string?> TryGetAsync(NatsJSContext js, string stream, string subject)
    {
        try
        {
            return (await js.GetStreamHandle(stream).GetDirectAsync<string>(new StreamMsgGetRequest { LastBySubj = subject })).Data;
        }
        catch (NatsJSApiException missing) when (missing.Error.Code == 404)
        {
            return null;
        }
    }

    /// <summary>An account with JetStream, the streams of Scout and one scoped key: what an owner sets up.</summary>
    private sealed class Bench : IAsyncDisposable
    {
        private readonly NatsServerProcess server;
        private readonly NKeyPair account;
        private readonly NKeyPair nodes;
        private readonly List<NKeyPair> keys = [];

        private Bench(NatsServerProcess server, NKeyPair account, NKeyPair nodes)
        {
            this.server = server;
            this.account = account;
            this.nodes = nodes;
            Owner = new NatsConnection(new NatsOpts { Url = server.Url, InboxPrefix = "_INBOX.owner", AuthOpts = new NatsAuthOpts { Creds = Creds(account, "owner", []) } });
        }

        public NatsConnection Owner { get; }

        public static async Task<Bench> StartAsync()
        {
            using NKeyPair @operator = NKeyPair.Create(NKeyType.Operator);
            using NKeyPair system = NKeyPair.Create(NKeyType.Account);
            NKeyPair fleet = NKeyPair.Create(NKeyType.Account);
            NKeyPair signing = NKeyPair.Create(NKeyType.Account);
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            RoleTemplate role = RoleTemplates.Of(ScoutRole.Node);
            var scope = new NatsSigningKey(signing.PublicKey)
            {
                Role = "node",
                Template = new NatsUserPermissions
                {
                    Publish = new NatsSubjectPermissions { Allow = role.Publish },
                    Subscribe = new NatsSubjectPermissions { Allow = role.Subscribe },
                    Subscriptions = role.MaxSubscriptions,
                    Payload = role.MaxPayload,
                },
            };
            string Jwt(NatsJwtClaims claims) => NatsJwt.Encode(claims, @operator, now, claims.Subject);
            string main = Jwt(new NatsAccountClaims { Subject = fleet.PublicKey, Name = "OWNER", Limits = new NatsAccountLimits().WithJetStream(), SigningKeys = [scope] });
            string systemJwt = Jwt(new NatsAccountClaims { Subject = system.PublicKey, Name = "SYS" });
            string root = Jwt(new NatsOperatorClaims { Subject = @operator.PublicKey, Name = "op", SystemAccount = system.PublicKey });
            NatsServerProcess started = await NatsServerProcess.StartAsync(new NatsServerSettings
            {
                ExtraConfig = $"operator: \"{root}\"\nsystem_account: {system.PublicKey}\nresolver: MEMORY\nresolver_preload {{ {system.PublicKey}: \"{systemJwt}\", {fleet.PublicKey}: \"{main}\" }}\n",
            });
            var bench = new Bench(started, fleet, signing);
            var js = new NatsJSContext(bench.Owner);
            await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Events, Subjects = ["scout.event.*.*.*"], AllowDirect = true });
            await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Lifecycle, Subjects = ["scout.lifecycle.*.*"], AllowDirect = true });
            await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Roster, Subjects = ["$KV.SCOUT_NODES.>"], MaxMsgsPerSubject = 5, AllowDirect = true, Republish = new Republish { Src = "$KV.SCOUT_NODES.>", Dest = "scout.roster.>" } });
            await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Mesh, Subjects = ["$KV.SCOUT_MESH.>"], MaxMsgsPerSubject = 1, AllowDirect = true });
            return bench;
        }

        public void Configure(TestNode node, string name, params string[] groups)
        {
            NatsCreds creds = Creds(nodes, name, groups);
            node.Name = name;
            string file = node.Folder.Write("node.creds", creds.Format());
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            using NKeyPair signer = NKeyPair.Create(NKeyType.Server);
            TrustDocument trust = new TrustDocument
            {
                Serial = 1,
                Issued = TimeProvider.System.GetUtcNow(),
                Fleet = account.PublicKey,
                Key = signer.PublicKey,
                Roles = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("node", [nodes.PublicKey]),
            }.Sign(message => signer.Sign(message));
            File.WriteAllBytes(node.Folder.File("trust.json"), trust.ToBytes());
            node.Folder.Write("scout.yaml", $"plugin_path: [{node.Folder.File("plugins")}]\nbroker: {{ mode: external, urls: [\"{server.Url}\"], creds: node.creds, trust: trust.json }}\nmesh: {{ listen: {{ address: 127.0.21.1, port: 0 }} }}\n");
            node.Arguments = node.Arguments with { Config = node.Folder.File("scout.yaml") };
        }

        public async ValueTask DisposeAsync()
        {
            await Owner.DisposeAsync();
            await server.DisposeAsync();
            foreach (NKeyPair key in keys) key.Dispose();
            account.Dispose();
            nodes.Dispose();
        }

        private NatsCreds Creds(NKeyPair signer, string name, string[] groups)
        {
            NKeyPair key = NKeyPair.Create(NKeyType.User);
            keys.Add(key);
            var claims = new NatsUserClaims
            {
                Subject = key.PublicKey,
                Name = name,
                IssuerAccount = signer == account ? null : account.PublicKey,
                Permissions = signer == account ? new NatsUserPermissions() : null,
                Tags = [.. groups.Select(static group => RoleTemplate.GroupTag + group)],
                Expires = TimeProvider.System.GetUtcNow().AddDays(1),
            };
            return NatsCreds.Create(NatsJwt.Encode(claims, signer, TimeProvider.System.GetUtcNow(), key.PublicKey), key);
        }
    }
}
