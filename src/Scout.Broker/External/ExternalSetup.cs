using Scout.Broker.Accounts;
using Scout.Broker.Configuration;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.External;

/// <summary>
/// Sets a directory up for a broker that is not ours. With the signing keys of roles it keeps a ledger of the owner's accounts in the form of its own: what signs for whom, and what
/// was revoked. No server ever reads that ledger, so a key of this directory signs it.
/// </summary>
public static class ExternalSetup
{
    /// <summary>Keys that an enrolment wants here, and logins of the services that do it.</summary>
    private static readonly ScoutRole[] Signers = [ScoutRole.Node, ScoutRole.Enroll, ScoutRole.Recover];

    private static readonly ScoutRole[] Services = [ScoutRole.Provisioner, ScoutRole.ProvisionerEnrol];

    /// <summary>Makes it, or brings it up to what is told now. Never overwrites a key.</summary>
    /// <returns>Lines for people.</returns>
    public static async Task<(IReadOnlyList<string>? Done, BrokerExit? Error)> MakeAsync(ExternalOptions options, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            if (WhyBad(options) is { } bad) return (null, bad);
            if (!BrokerDirectory.TryOpen(options.Root, out BrokerDirectory? directory, out BrokerExit? error)) return (null, error);
            var files = new BrokerFiles(directory.Root);
            if (File.Exists(files.Settings) && BrokerSettings.TryRead(files.Settings, out BrokerSettings? there, out _) && there.External is null) return (null, BrokerExit.Refused($"{files.Root} is of a broker of our own", "give another directory"));
            using ChangeLock held = await ChangeLock.TakeAsync(files.ChangeLock, time, cancellation);
            foreach (string folder in (string[])[files.KeyFolder, files.JwtFolder, files.TlsFolder, files.CredsFolder]) Directory.CreateDirectory(folder, PrivateFile.Folder);
            using (NatsCreds.Read(options.Creds, time.GetUtcNow()))
            {
                // It can be used.
            }

            if (options.Ca is { } ca) PrivateFile.Replace(files.Authority, await File.ReadAllTextAsync(ca, cancellation), PrivateFile.Public);
            foreach ((ScoutRole role, string file) in options.Logins)
            {
                using NatsCreds creds = NatsCreds.Read(file, time.GetUtcNow());
                PrivateFile.Replace(files.Creds(RoleNames.Word(role)), await File.ReadAllTextAsync(file, cancellation));
            }

            List<string> done = [];
            foreach ((ScoutRole role, string key) in options.Keys.Where(static one => !IsKey(one.Key))) done.Add(Import(files, role, key));
            bool ledger = options.Keys.Count > 0;
            if (ledger) done.AddRange(Ledger(files, options, time));
            ScoutRole[] missing = [.. Signers.Where(role => !File.Exists(files.RoleKey(role))), .. Services.Where(role => !File.Exists(files.RoleKey(role)) && !File.Exists(files.Creds(RoleNames.Word(role))))];
            bool enrolment = ledger && missing.Length == 0 && options is { Provision: not null, Ca: not null, JsDomain: null };
            new BrokerSettings
            {
                Hosts = [.. options.Urls.Select(static url => new Uri(url).Host.Trim('[', ']')).Distinct(StringComparer.OrdinalIgnoreCase)],
                Urls = options.Urls,
                Created = time.GetUtcNow(),
                External = new ExternalSettings
                {
                    Creds = options.Creds,
                    Ca = options.Ca,
                    InboxPrefix = options.InboxPrefix,
                    JsDomain = options.JsDomain,
                    ManageStreams = options.ManageStreams,
                    Replicas = options.Replicas,
                    Enrolment = enrolment,
                },
            }.Write(files);
            done.Add(enrolment ? "nodes can enrol: 'scout token new' makes tokens" : "nodes get creds files from the owner: " + WhyNoEnrolment(options, ledger, missing));
            done.Add($"'scout broker run --data {files.Root}' runs what Scout has beside the cluster");
            return (done, null);
        }
        catch (BrokerKeyException failure)
        {
            return (null, failure.ToExit());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NatsCredentialsException)
        {
            return (null, BrokerExit.Refused(failure.Message));
        }
    }

    private static string WhyNoEnrolment(ExternalOptions options, bool ledger, ScoutRole[] missing)
    {
        if (!ledger) return "no signing key was given (--key ROLE=FILE)";
        if (missing.Length > 0) return $"what is missing to enrol: {string.Join(", ", missing.Select(static role => (Services.Contains(role) ? "login or key of " : "key of ") + RoleNames.Word(role)))}";
        if (options.Provision is null) return "tokens need an account of their own (--provision A...)";
        return options.JsDomain is not null ? "a node that enrols does not learn of a JetStream domain" : "a token carries what the cluster's certificates hang on (--ca FILE)";
    }

    private static string Import(BrokerFiles files, ScoutRole role, string file)
    {
        using NKeyPair key = SeedFile.Open(file, NKeyType.Account);
        string path = files.RoleKey(role);
        if (File.Exists(path))
        {
            using NKeyPair there = SeedFile.Open(path, NKeyType.Account);
            if (there.PublicKey == key.PublicKey) return $"key of role {RoleNames.Word(role)}: {key.PublicKey}";
            // The owner has changed it: logins of the old one end where he took it out of the account.
            File.Move(path, path + ".old", overwrite: true);
        }

        PrivateFile.Create(path, key.ExportSeed() + "\n");
        return $"key of role {RoleNames.Word(role)}: {key.PublicKey}";
    }

    /// <summary>What signs for whom, as our own brokers write it down; and whom nodes believe.</summary>
    private static IEnumerable<string> Ledger(BrokerFiles files, ExternalOptions options, TimeProvider time)
    {
        string path = files.Key(KeyNames.OperatorSigning);
        SeedFile.Ensure(path, NKeyType.Operator, out _);
        SeedFile.Ensure(files.Key(KeyNames.Trust), NKeyType.Server, out _);
        using NKeyPair signer = SeedFile.Open(path, NKeyType.Operator);
        DateTimeOffset now = time.GetUtcNow();
        if (!File.Exists(files.OperatorJwt))
        {
            AccountFile.Write(files.OperatorJwt, NatsJwt.Encode(new NatsOperatorClaims { Subject = signer.PublicKey, Name = "ledger", SigningKeys = [signer.PublicKey] }, signer, now, AccountPlan.NewId()));
        }

        Dictionary<ScoutRole, string> keys = [];
        foreach ((ScoutRole role, string key) in options.Keys) keys[role] = IsKey(key) ? key : PublicOf(files.RoleKey(role));
        using NKeyPair nobody = NKeyPair.Create(NKeyType.Account);
        foreach ((BrokerAccount account, string? subject) in ((BrokerAccount, string?)[])[(BrokerAccount.Fleet, options.Fleet), (BrokerAccount.Provision, options.Provision)])
        {
            NatsAccountClaims? before = File.Exists(files.AccountJwt(account)) ? AccountFile.Read<NatsAccountClaims>(files.AccountJwt(account)) : null;
            NatsAccountClaims wanted = AccountPlan.Of(account, subject ?? before?.Subject ?? nobody.PublicKey, keys);
            if (before is not null) wanted = wanted with { Revocations = before.Revocations };
            AccountFile.Write(files.AccountJwt(account), NatsJwt.Encode(wanted, signer, now, AccountPlan.NewId()));
        }

        BrokerKeyring ring = BrokerKeyring.Open(files.Root);
        var book = new TrustBook(ring, time);
        TrustDocument? old = File.Exists(files.Trust) ? book.Current : null;
        bool same = old is not null && old.Fleet == ring.Fleet && RoleTemplates.All.All(role => old.Roles.TryGetValue(RoleNames.Word(role.Role), out var known) && known.ToHashSet(StringComparer.Ordinal).SetEquals(ring.RoleKeys(role.Role)));
        TrustDocument trust = same ? old! : book.Issue([]);
        yield return $"trust document, serial {trust.Serial}: {files.Trust}";
    }

    private static string PublicOf(string path)
    {
        using NKeyPair key = SeedFile.Open(path, NKeyType.Account);
        return key.PublicKey;
    }

    private static bool IsKey(string text) => NKeys.IsPublicKey(text, NKeyType.Account);

    private static BrokerExit? WhyBad(ExternalOptions options)
    {
        if (options.Urls.Count is 0 or > 16) return BrokerExit.Usage("--url is missing: where the cluster is", "as in --url tls://cluster.example.org:4222");
        foreach (string url in options.Urls)
        {
            bool good = Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.UserInfo.Length == 0 && uri.AbsolutePath is "/" or "" && (uri.Scheme == "tls" || ExternalLine.IsPlainLoopback(url));
            if (!good) return BrokerExit.Usage($"--url: '{Shown.Clip(url)}' is no tls://HOST:PORT", "credentials never travel in clear; nats:// is for a loopback address");
        }

        if (options.Replicas is not (1 or 3 or 5)) return BrokerExit.Usage($"--replicas: {options.Replicas} is not 1, 3 or 5");
        if (options.JsDomain is { } domain && !IsToken(domain)) return BrokerExit.Usage($"--js-domain: '{Shown.Clip(domain)}' is no name of a domain", "as in hub");
        if (options.InboxPrefix is { } inbox && !inbox.Split('.').All(IsToken)) return BrokerExit.Usage($"--inbox-prefix: '{Shown.Clip(inbox)}' is no subject", "as in _INBOX.scout");
        if (options.Fleet is { } fleet && !IsKey(fleet)) return BrokerExit.Usage("--fleet is no public key of an account (A and 55 characters)", "nsc describe account shows it as 'Account ID'");
        if (options.Provision is { } provision && !IsKey(provision)) return BrokerExit.Usage("--provision is no public key of an account (A and 55 characters)", "nsc describe account shows it as 'Account ID'");
        if (options.Provision is not null && options.Provision == options.Fleet) return BrokerExit.Usage("--provision is the account of the fleet", "tokens live in an account of their own: what a node can steer within its account must not reach them");
        return options.Keys.Count > 0 && options.Fleet is null ? BrokerExit.Usage("--key wants --fleet", "the public key of the account in which Scout lives") : null;
    }

    private static bool IsToken(string text) => text.Length is > 0 and <= 128 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
