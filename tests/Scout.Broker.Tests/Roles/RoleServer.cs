using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Accounts;
using Scout.Broker.Streams;
using Scout.Broker.Supervision;
using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Roles;

/// <summary>
/// A real nats-server in operator mode with the accounts and the scoped keys of all roles, and the streams of Scout: one for all tests of the collection. Without TLS: what a
/// role may do does not depend on it.
/// </summary>
public sealed class RoleServer : IAsyncLifetime
{
    private readonly Dictionary<ScoutRole, NKeyPair> signers = [];
    private readonly Dictionary<AccountKind, NKeyPair> accounts = new() { [AccountKind.Fleet] = NKeyPair.Create(NKeyType.Account), [AccountKind.Provision] = NKeyPair.Create(NKeyType.Account) };
    private NatsServerProcess? server;

    public NatsServerProcess Server => server ?? throw new InvalidOperationException("not started");

    public async ValueTask InitializeAsync()
    {
        if (NatsServerProcess.Missing is not null) return;
        using NKeyPair @operator = NKeyPair.Create(NKeyType.Operator);
        using NKeyPair system = NKeyPair.Create(NKeyType.Account);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        foreach (RoleTemplate role in RoleTemplates.All) signers[role.Role] = NKeyPair.Create(NKeyType.Account);
        string operatorJwt = NatsJwt.Encode(new NatsOperatorClaims { Subject = @operator.PublicKey, Name = "scout", SystemAccount = system.PublicKey }, @operator, now, "operator");
        string systemJwt = NatsJwt.Encode(new NatsAccountClaims { Subject = system.PublicKey, Name = "SYSTEM" }, @operator, now, "system");
        string Account(AccountKind kind) => NatsJwt.Encode(
            new NatsAccountClaims
            {
                Subject = accounts[kind].PublicKey,
                Name = kind.ToString().ToUpperInvariant(),
                Limits = new NatsAccountLimits().WithJetStream(),
                SigningKeys = [.. RoleTemplates.All.Where(role => role.Account == kind).Select(role => AccountPlan.Scope(role.Role, signers[role.Role].PublicKey))],
            },
            @operator,
            now,
            kind.ToString());
        server = await NatsServerProcess.StartAsync(new NatsServerSettings
        {
            ExtraConfig = $$"""
                operator: "{{operatorJwt}}"
                system_account: {{system.PublicKey}}
                resolver: MEMORY
                resolver_preload { {{system.PublicKey}}: "{{systemJwt}}", {{accounts[AccountKind.Fleet].PublicKey}}: "{{Account(AccountKind.Fleet)}}", {{accounts[AccountKind.Provision].PublicKey}}: "{{Account(AccountKind.Provision)}}" }
                """,
        });
        RoleLogin login = Login(ScoutRole.Admin, "maker");
        using NatsCreds creds = NatsCreds.Create(login.Jwt, login.Key);
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url, AuthOpts = new NatsAuthOpts { Creds = creds }, InboxPrefix = login.Inbox });
        await nats.ConnectAsync();
        NatsServerVersion version = NatsServerVersion.TryParse(nats.ServerInfo?.Version ?? "", out NatsServerVersion read) ? read : NatsServerVersion.Oldest;
        var keeper = new StreamKeeper(new JetStreamApi(nats, TimeProvider.System), version, [], NullLogger.Instance);
        Assert.All(await keeper.LookAsync(mend: true, default), static one => Assert.True(one.Good, $"{one.Name}: {one.Error}"));
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        foreach (NKeyPair key in signers.Values.Concat(accounts.Values)) key.Dispose();
    }

    /// <summary>Skips the test where no server is.</summary>
    public void Need()
    {
        if (server is null) throw SkipTestException.Because(NatsServerProcess.Missing ?? "no nats-server", "SCOUT_REQUIRE_NATS");
    }

    /// <summary>A login as the broker makes it.</summary>
    public RoleLogin Login(ScoutRole role, string name, params string[] groups) => Login(role, name, groups, null, null);

    /// <summary>A login as somebody makes it who holds the key of the role and minds no rule.</summary>
    public RoleLogin Login(ScoutRole role, string name, string[] groups, DateTimeOffset? expires, NatsUserPermissions? permissions, NKeyPair? signer = null)
    {
        NKeyPair key = NKeyPair.Create(NKeyType.User);
        var claims = new NatsUserClaims
        {
            Subject = key.PublicKey,
            Name = name,
            Expires = expires,
            IssuerAccount = accounts[RoleTemplates.Of(role).Account].PublicKey,
            Permissions = permissions,
            Tags = [.. groups.Select(static group => RoleTemplate.GroupTag + group)],
        };
        return new RoleLogin(NatsJwt.Encode(claims, signer ?? signers[role], TimeProvider.System.GetUtcNow(), key.PublicKey), key, "_INBOX." + (role == ScoutRole.Node ? name : key.PublicKey));
    }

    /// <summary>A login with permissions of its own, as the owner of an account makes it by hand: no scoped key has a say.</summary>
    public RoleLogin Login(Func<string, NatsUserPermissions> permissions)
    {
        NKeyPair key = NKeyPair.Create(NKeyType.User);
        var claims = new NatsUserClaims { Subject = key.PublicKey, Name = "by-hand", Permissions = permissions(key.PublicKey) };
        return new RoleLogin(NatsJwt.Encode(claims, accounts[AccountKind.Fleet], TimeProvider.System.GetUtcNow(), key.PublicKey), key, "_INBOX." + key.PublicKey);
    }

    public NKeyPair Signer(ScoutRole role) => signers[role];

    public Task<RawLogin> ConnectAsync(RoleLogin login) => RawLogin.ConnectAsync(Server.Port, login);
}

/// <summary>A JWT, the key it is about, and the prefix of its inboxes.</summary>
public sealed record RoleLogin(string Jwt, NKeyPair Key, string Inbox);

/// <summary>One server for all tests about roles.</summary>
[CollectionDefinition(Name)]
public sealed class RoleServerCollection : ICollectionFixture<RoleServer>
{
    public const string Name = "a nats-server with roles";
}
