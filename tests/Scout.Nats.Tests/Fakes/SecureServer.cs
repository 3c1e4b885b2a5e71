using Scout.Testing;

namespace Scout.Nats.Tests.Fakes;

/// <summary>A real nats-server with TLS and JWT logins: an operator, one account, and a scoped signing key whose users have subjects of their own name.</summary>
public sealed class SecureServer : IAsyncDisposable
{
    private readonly NKeyPair root = NKeyPair.Create(NKeyType.Operator);
    private readonly NKeyPair system = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair account = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair role = NKeyPair.Create(NKeyType.Account);
    private readonly Dictionary<string, DateTimeOffset> revocations = new(StringComparer.Ordinal);
    private string rootJwt = "";
    private int ids;

    public TempFolder Folder { get; } = new();

    public TestAuthority Authority { get; } = new();

    public NatsServerProcess Process { get; private set; } = null!;

    /// <summary>localhost is on the certificate; 127.0.0.1 is the same server, and is not.</summary>
    public string Url => $"tls://localhost:{Process.Port}";

    public static async Task<SecureServer> StartAsync()
    {
        var server = new SecureServer();
        try
        {
            await server.BeginAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Process is not null) await Process.DisposeAsync();
        foreach (NKeyPair key in new[] { root, system, account, role }) key.Dispose();
        Authority.Dispose();
        Folder.Dispose();
    }

    public static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();

    /// <summary>A JWT of the scoped role for a key.</summary>
    public string Issue(NKeyPair user, string name, TimeSpan? life = null, NKeyPair? signer = null, NatsUserPermissions? own = null) => NatsJwt.Encode(
        new NatsUserClaims { Subject = user.PublicKey, Name = name, IssuerAccount = account.PublicKey, Expires = Now() + (life ?? TimeSpan.FromHours(1)), Permissions = own },
        signer ?? role, Now(), $"id-{Interlocked.Increment(ref ids)}");

    /// <summary>Credentials with a key of their own.</summary>
    public NatsCreds Creds(string name, TimeSpan? life = null)
    {
        NKeyPair user = NKeyPair.Create(NKeyType.User);
        return NatsCreds.Create(Issue(user, name, life), user, Authority.CaPem);
    }

    /// <summary>Writes a creds file as the node does: by another name, then renamed.</summary>
    public string WriteFile(string name, NatsCreds creds)
    {
        string path = Folder.Write(name + ".new", creds.Format());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(path, Folder.File(name), overwrite: true);
        return Folder.File(name);
    }

    /// <summary>Signs the account anew without these keys, and has the server take it over.</summary>
    public Task RevokeAsync(string publicKey)
    {
        revocations[publicKey] = Now();
        return Process.ReloadAsync(settings => settings with { ExtraConfig = Configuration() });
    }

    public NatsConnection Connect(Func<NatsOpts, NatsOpts> change) => new(change(new NatsOpts
    {
        Url = Url,
        TlsOpts = new NatsTlsOpts { CaPem = Authority.CaPem },
        ReconnectSpread = TimeSpan.Zero,
        ReconnectWaitMin = TimeSpan.FromMilliseconds(5),
        ReconnectWaitMax = TimeSpan.FromMilliseconds(50),
        RefusedWaitMax = TimeSpan.FromMilliseconds(50),
        ConnectTimeout = TimeSpan.FromSeconds(20),
    }));

    private async Task BeginAsync()
    {
        TestAuthority.Write(Folder, "server", Authority.Issue(["localhost"]));
        rootJwt = NatsJwt.Encode(new NatsOperatorClaims { Subject = root.PublicKey, Name = "test", SystemAccount = system.PublicKey }, root, Now(), "operator");
        Process = await NatsServerProcess.StartAsync(new NatsServerSettings { ExtraConfig = Configuration() });
    }

    private string Configuration()
    {
        var template = new NatsUserPermissions
        {
            Publish = new NatsSubjectPermissions { Allow = ["e.{{name()}}.>", "rpc.*.*", "$JS.API.>"] },
            Subscribe = new NatsSubjectPermissions { Allow = ["e.>", "rpc.{{name()}}.*", "_INBOX.{{name()}}.>"] },
            Responses = new NatsResponsePermission(1, TimeSpan.FromMinutes(2)),
        };
        string systemJwt = NatsJwt.Encode(new NatsAccountClaims { Subject = system.PublicKey, Name = "SYSTEM" }, root, Now(), "system");
        string accountJwt = NatsJwt.Encode(
            new NatsAccountClaims
            {
                Subject = account.PublicKey,
                Name = "FLEET",
                SigningKeys = [new NatsSigningKey(role.PublicKey) { Role = "node", Template = template }],
                Limits = new NatsAccountLimits().WithJetStream(),
                Revocations = revocations,
            },
            root, Now(), $"fleet-{Interlocked.Increment(ref ids)}");
        return $$"""
            operator: "{{rootJwt}}"
            system_account: {{system.PublicKey}}
            resolver: MEMORY
            resolver_preload: { {{system.PublicKey}}: "{{systemJwt}}", {{account.PublicKey}}: "{{accountJwt}}" }
            tls { cert_file: "{{Folder.File("server.pem")}}", key_file: "{{Folder.File("server.key")}}", timeout: 2 }
            """;
    }
}
