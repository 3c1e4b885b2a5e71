using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Files;

/// <summary>What lies where in a broker's directory (security.md 3).</summary>
/// <param name="Root">The directory itself.</param>
internal sealed record BrokerFiles(string Root)
{
    public string KeyFolder => Path.Combine(Root, "keys");

    public string JwtFolder => Path.Combine(Root, "jwt");

    public string TlsFolder => Path.Combine(Root, "tls");

    public string CredsFolder => Path.Combine(Root, "creds");

    public string RunFolder => Path.Combine(Root, "run");

    public string Store => Path.Combine(Root, "jetstream");

    /// <summary>Hosts, listen address: what <c>init</c> was told.</summary>
    public string Settings => Path.Combine(Root, "broker.json");

    /// <summary>Where nats-server finds what it reads: the directory itself, or a folder that it shares with a container of its own.</summary>
    public string Out { get; init; } = Root;

    public string Config => Path.Combine(Out, "nats-server.conf");

    /// <summary>The certificate as nats-server reads it.</summary>
    public string Served => Out == Root ? Server : Path.Combine(Out, "server.pem");

    public string ServedKey => Out == Root ? ServerKey : Path.Combine(Out, "server.key");

    /// <summary>The configuration that nats-server accepted last.</summary>
    public string LastGoodConfig => Path.Combine(Out, "nats-server.conf.good");

    public string Trust => Path.Combine(Root, "trust.json");

    /// <summary>Who was given credentials: one line each.</summary>
    public string Issued => Path.Combine(Root, "issued.jsonl");

    /// <summary>What the broker did with keys, tokens and logins.</summary>
    public string Audit => Path.Combine(Root, "audit.jsonl");

    /// <summary>What commands beside the broker did with keys and logins, in the form of <see cref="Audit"/>; that one is the running broker's to write.</summary>
    public string CustodyAudit => Path.Combine(Root, "custody.jsonl");

    /// <summary>Held while keys, accounts or trust are changed.</summary>
    public string ChangeLock => Path.Combine(RunFolder, "change.lock");

    /// <summary>What the running broker says of itself to commands beside it.</summary>
    public string Status => Path.Combine(RunFolder, "status.json");

    public string Authority => Path.Combine(TlsFolder, "ca.pem");

    public string AuthorityKey => Path.Combine(TlsFolder, "ca.key");

    public string NextAuthority => Path.Combine(TlsFolder, "ca-next.pem");

    public string NextAuthorityKey => Path.Combine(TlsFolder, "ca-next.key");

    public string Server => Path.Combine(TlsFolder, "server.pem");

    public string ServerKey => Path.Combine(TlsFolder, "server.key");

    public string OperatorJwt => Path.Combine(JwtFolder, "operator.jwt");

    /// <summary>Gives nats-server the certificate that lies in the directory.</summary>
    public void Serve()
    {
        if (Out == Root || !File.Exists(Server) || !File.Exists(ServerKey)) return;
        if (Same(ServerKey, ServedKey) && Same(Server, Served)) return;
        PrivateFile.Copy(ServerKey, ServedKey);
        PrivateFile.Copy(Server, Served);
    }

    private static bool Same(string one, string other) => File.Exists(other) && File.ReadAllText(one) == File.ReadAllText(other);

    /// <summary>Reads the certificates that a node or a command must trust, as PEM.</summary>
    public string AuthorityPem()
    {
        try
        {
            return File.ReadAllText(Authority);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BrokerKeyException($"{Authority} cannot be read: {failure.Message}", $"'scout broker init {Root}' makes what is missing", failure);
        }
    }

    /// <summary><c>keys/NAME.nk</c>.</summary>
    public string Key(string name) => Path.Combine(KeyFolder, name + ".nk");

    /// <summary>The scoped signing key of a role.</summary>
    public string RoleKey(ScoutRole role) => Key("role-" + RoleNames.Word(role));

    public string AccountJwt(BrokerAccount account) => Path.Combine(JwtFolder, account.Word() + ".jwt");

    /// <summary><c>creds/NAME.creds</c>.</summary>
    public string Creds(string name) => Path.Combine(CredsFolder, name + ".creds");
}

/// <summary>The three accounts of the message broker.</summary>
internal enum BrokerAccount
{
    /// <summary>The supervisor's.</summary>
    System,

    /// <summary>All of Scout.</summary>
    Fleet,

    /// <summary>Token holders and the provisioner.</summary>
    Provision,
}

internal static class BrokerAccounts
{
    public static IReadOnlyList<BrokerAccount> All { get; } = [BrokerAccount.System, BrokerAccount.Fleet, BrokerAccount.Provision];

    /// <summary>As in file names.</summary>
    public static string Word(this BrokerAccount account) => account switch
    {
        BrokerAccount.System => "system",
        BrokerAccount.Fleet => "fleet",
        _ => "provision",
    };

    /// <summary>As nats-server shows it.</summary>
    public static string Name(this BrokerAccount account) => account.Word().ToUpperInvariant();

    public static BrokerAccount Of(AccountKind kind) => kind == AccountKind.Fleet ? BrokerAccount.Fleet : BrokerAccount.Provision;
}
