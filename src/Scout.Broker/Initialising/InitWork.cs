using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Initialising;

/// <summary>The steps of <see cref="BrokerInit"/>, in their order.</summary>
internal sealed class InitWork(BrokerFiles files, string? offline, TimeProvider time)
{
    private readonly List<InitStep> steps = [];
    private readonly List<string> remarks = [];
    private string? operatorKey;
    private readonly Dictionary<BrokerAccount, string> accountKeys = [];
    private readonly Dictionary<ScoutRole, string> roleKeys = [];
    private string operatorSigning = "";
    private string systemSigning = "";

    public void Note(string path, bool made, string what) => steps.Add(new InitStep(path, made, what));

    public void Folders()
    {
        foreach (string folder in (string[])[files.KeyFolder, files.JwtFolder, files.TlsFolder, files.CredsFolder]) Folder(folder);
        if (offline is not null) Folder(offline);
    }

    /// <summary>Hosts that are given again replace those of before; the certificate follows.</summary>
    public BrokerSettings Settings(BrokerSettings settings, InitOptions options)
    {
        bool there = File.Exists(files.Settings);
        BrokerSettings wanted = settings with
        {
            Hosts = options.Hosts.Count > 0 ? [.. options.Hosts.Distinct(StringComparer.OrdinalIgnoreCase)] : settings.Hosts,
            Listen = options.Listen ?? settings.Listen,
            Created = there ? settings.Created : time.GetUtcNow(),
        };
        if (wanted.WhyBad() is { } why) throw new BrokerKeyException($"--host, --listen: {why}");
        bool same = there && wanted.Hosts.SequenceEqual(settings.Hosts) && wanted.Listen == settings.Listen;
        if (!same) wanted.Write(files);
        Note(files.Settings, !same, "host names and listen address");
        return wanted;
    }

    /// <summary>Keys that only make or replace a fleet: away from this machine with <c>--offline-keys</c>.</summary>
    public void Identities()
    {
        // What a JWT already names is not made anew: its private half may have been taken away, as it should be.
        if (File.Exists(files.OperatorJwt)) operatorKey = AccountFile.Read<NatsOperatorClaims>(files.OperatorJwt).Subject;
        else operatorKey = Identity(KeyNames.Operator, NKeyType.Operator, "the fleet's root: signs the operator once");
        foreach (BrokerAccount account in BrokerAccounts.All)
        {
            accountKeys[account] = File.Exists(files.AccountJwt(account))
                ? AccountFile.Read<NatsAccountClaims>(files.AccountJwt(account)).Subject
                : Identity(KeyNames.Account(account), NKeyType.Account, $"identity of account {account.Name()}");
        }
    }

    public void SigningKeys()
    {
        operatorSigning = Signing(files.Key(KeyNames.OperatorSigning), NKeyType.Operator, "signs accounts: the broker needs it to revoke");
        systemSigning = Signing(files.Key(KeyNames.SystemSigning), NKeyType.Account, "signs the supervisor's login");
        foreach (RoleTemplate role in RoleTemplates.All)
        {
            string path = files.RoleKey(role.Role);
            BrokerAccount account = BrokerAccounts.Of(role.Account);
            if (!File.Exists(path) && File.Exists(files.AccountJwt(account)) && Present(account, role.Role) is { } away)
            {
                roleKeys[role.Role] = away;
                remarks.Add($"the key of role {RoleNames.Word(role.Role)} is not here; logins of that role are made where it is");
                continue;
            }

            roleKeys[role.Role] = Signing(path, NKeyType.Account, $"signs logins of role {RoleNames.Word(role.Role)}");
        }

        Signing(files.Key(KeyNames.Trust), NKeyType.Server, "signs the trust document");
    }

    public void Jwts()
    {
        if (!File.Exists(files.OperatorJwt))
        {
            using NKeyPair signer = SeedFile.Open(Offline(KeyNames.Operator), NKeyType.Operator);
            var claims = new NatsOperatorClaims { Subject = signer.PublicKey, Name = "scout", SigningKeys = [operatorSigning], SystemAccount = accountKeys[BrokerAccount.System] };
            PrivateFile.Create(files.OperatorJwt, NatsJwt.Encode(claims, signer, time.GetUtcNow(), AccountPlan.NewId()) + "\n", PrivateFile.Public);
            Note(files.OperatorJwt, made: true, "the operator; written once");
        }
        else
        {
            NatsOperatorClaims claims = AccountFile.Read<NatsOperatorClaims>(files.OperatorJwt);
            if (!claims.SigningKeys.Contains(operatorSigning))
            {
                throw new BrokerKeyException($"{files.Key(KeyNames.OperatorSigning)} is not the key that {files.OperatorJwt} names", "put the right one back from the backup");
            }

            if (claims.SystemAccount is { } system) accountKeys[BrokerAccount.System] = system;
            Note(files.OperatorJwt, made: false, "the operator; written once");
        }

        using NKeyPair accounts = SeedFile.Open(files.Key(KeyNames.OperatorSigning), NKeyType.Operator);
        foreach (BrokerAccount account in BrokerAccounts.All)
        {
            string path = files.AccountJwt(account);
            bool missing = !File.Exists(path);
            if (missing)
            {
                NatsAccountClaims claims = account == BrokerAccount.System
                    ? AccountPlan.System(accountKeys[account], systemSigning)
                    : AccountPlan.Of(account, accountKeys[account], roleKeys);
                AccountFile.Write(path, NatsJwt.Encode(claims, accounts, time.GetUtcNow(), AccountPlan.NewId()));
            }

            Note(path, missing, $"account {account.Name()}");
        }
    }

    public void Certificates(BrokerSettings settings)
    {
        DateTimeOffset now = time.GetUtcNow();
        bool authority = !File.Exists(files.Authority);
        if (authority)
        {
            if (File.Exists(files.Server)) throw new BrokerKeyException($"{files.Authority} is missing, and {files.Server} hangs on it", "put it back from the backup");
            bool keyed = File.Exists(files.AuthorityKey);
            CertificatePem made = FleetCertificates.MakeAuthority(now, keyed ? File.ReadAllText(files.AuthorityKey) : null);
            if (!keyed) PrivateFile.Create(files.AuthorityKey, made.Key);
            PrivateFile.Create(files.Authority, made.Certificates, PrivateFile.Public);
        }

        if (File.Exists(files.AuthorityKey)) Note(files.AuthorityKey, authority, "its key: needed only to renew");
        Note(files.Authority, authority, "the authority that nodes trust, for ten years");
        bool server = CertificateKeeper.WhyDue(files, settings, now) is not null;
        if (server) CertificateKeeper.Issue(files, settings, now);
        Note(files.ServerKey, server, "the server's key");
        Note(files.Server, server, $"the server's certificate for {string.Join(", ", settings.Hosts)}; the broker renews it");
    }

    public void Credentials(BrokerSettings settings)
    {
        FinishRotations();
        var authority = new AccountAuthority(BrokerKeyring.Open(files.Root), time);
        foreach (ScoutRole role in BrokerInit.ServiceRoles)
        {
            string path = files.Creds(RoleNames.Word(role));
            bool made = !File.Exists(path) && authority.Keys.Has(role);
            if (made) PrivateFile.Create(path, authority.IssueCreds(role, RoleNames.Word(role), settings));
            else if (!File.Exists(path)) remarks.Add($"{path} is missing, and cannot be made without {files.RoleKey(role)}");
            Note(path, made, role == ScoutRole.Admin ? "your login: 'scout --creds' takes it" : "login of a service of the broker");
        }

        string system = files.Creds(AccountPlan.SystemRole);
        bool systemMade = !File.Exists(system);
        if (systemMade) ServiceLogins.WriteSystem(authority.Keys, time.GetUtcNow());
        Note(system, systemMade, "the supervisor's login to the system account");
    }

    public void TrustDocument()
    {
        bool made = !File.Exists(files.Trust);
        var book = new TrustBook(BrokerKeyring.Open(files.Root), time);
        if (made) book.Issue([]);
        else _ = book.Current;
        Note(files.Trust, made, "whom nodes believe; given to each with its login");
    }

    public InitReport Report(BrokerSettings settings)
    {
        List<KeyValuePair<string, string>> backUp = [];
        string identities = offline ?? files.KeyFolder;
        if (offline is not null) backUp.Add(new(offline, "operator and account keys: on two media, away from any network; only a lost fleet needs them"));
        backUp.Add(new(files.KeyFolder, offline is null ? "every private key: who has it is the fleet's master, who loses it starts anew" : "signing keys: who has them signs logins, who loses them starts anew"));
        backUp.Add(new(files.JwtFolder, "operator and accounts, with what was revoked"));
        backUp.Add(new(files.TlsFolder, "the authority and its key"));
        backUp.Add(new(files.Trust, "its serial must never go back"));
        backUp.Add(new(files.Settings, "hosts and listen address"));
        if (offline is null && steps.Any(step => step.Made && step.Path.StartsWith(identities, StringComparison.Ordinal)))
        {
            remarks.Add($"operator and account keys lie on this machine; to keep them elsewhere, move {Path.Combine(files.KeyFolder, "operator.nk")} and {Path.Combine(files.KeyFolder, "account-*.nk")} away: the broker runs without them");
        }

        List<KeyValuePair<string, string>> next =
        [
            new($"scout broker run --data {files.Root}", "starts the broker"),
            new($"scout --creds {files.Creds("admin")} nodes", "asks it, as its administrator"),
            new($"scout --creds {files.Creds("admin")} token new --for NODE --ttl 1h", "lets a node in"),
        ];
        return new InitReport(steps, backUp, next, remarks);
    }

    private static void Folder(string path)
    {
        if (!Directory.Exists(path)) Directory.CreateDirectory(path, PrivateFile.Folder);
        if (PrivateFile.WhyUnsafeFolder(path) is { } why) throw new BrokerKeyException(why, $"chmod 700 {path}, or give another directory");
        if (new DirectoryInfo(path).UnixFileMode != PrivateFile.Folder) File.SetUnixFileMode(path, PrivateFile.Folder);
    }

    private string Offline(string name) => offline is not null && !File.Exists(files.Key(name)) ? Path.Combine(offline, name + ".nk") : files.Key(name);

    private string Identity(string name, NKeyType type, string what) => Signing(Offline(name), type, what);

    private string Signing(string path, NKeyType type, string what)
    {
        string key = SeedFile.Ensure(path, type, out bool made);
        Note(path, made, what);
        return key;
    }

    private string? Present(BrokerAccount account, ScoutRole role) =>
        AccountFile.Read<NatsAccountClaims>(files.AccountJwt(account)).SigningKeys.FirstOrDefault(key => key.Role == RoleNames.Word(role))?.Key;

    /// <summary>A change of a role's key that was interrupted between account and key file.</summary>
    private void FinishRotations() => BrokerKeyring.Open(files.Root).FinishRotations();
}
