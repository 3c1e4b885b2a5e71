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
            Owner = new NatsConnection(new NatsOpts { Url = server.Url, AuthOpts = new NatsAuthOpts { Creds = Creds(account, "owner", []) } });
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
                    Responses = new NatsResponsePermission(role.Reply!.Max, role.Reply.Ttl),
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
