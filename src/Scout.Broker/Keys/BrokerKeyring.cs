using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Keys;

/// <summary>
/// The keys of a broker's directory. Public halves are known from the JWTs; a private key is read when something is signed and forgotten after it, so that one that
/// was taken away to another place is missed only by what needs it.
/// </summary>
internal sealed class BrokerKeyring
{
    private BrokerKeyring(BrokerFiles files, NatsOperatorClaims operatorClaims)
    {
        Files = files;
        Operator = operatorClaims;
    }

    public BrokerFiles Files { get; }

    /// <summary>What <c>jwt/operator.jwt</c> says; it is written once (security.md 3).</summary>
    public NatsOperatorClaims Operator { get; }

    /// <summary>Public key of the account of all of Scout.</summary>
    public string Fleet => Account(BrokerAccount.Fleet).Subject;

    /// <summary>Opens a directory that <c>scout broker init</c> has made.</summary>
    /// <exception cref="BrokerKeyException">It is not one, or what is there does not fit together.</exception>
    public static BrokerKeyring Open(string root)
    {
        var files = new BrokerFiles(Path.GetFullPath(root));
        if (PrivateFile.WhyUnsafeFolder(files.Root) is { } unsafeFolder)
        {
            throw new BrokerKeyException(unsafeFolder, unsafeFolder.Contains("another user", StringComparison.Ordinal)
                ? "call it as that user: sudo -u NAME scout ..., mostly scout-broker"
                : $"'scout broker init {files.Root} --host NAME' sets one up; chmod 700 what others may write");
        }

        if (!File.Exists(files.OperatorJwt))
        {
            throw new BrokerKeyException(
                $"{files.Root} is not set up: there is no {files.OperatorJwt}",
                $"'scout broker init {files.Root} --host NAME' makes keys and certificates, or goes on where it was interrupted");
        }

        return new BrokerKeyring(files, AccountFile.Read<NatsOperatorClaims>(files.OperatorJwt));
    }

    /// <summary>What an account's JWT says now.</summary>
    public NatsAccountClaims Account(BrokerAccount account)
    {
        string path = Files.AccountJwt(account);
        NatsAccountClaims claims = AccountFile.Read<NatsAccountClaims>(path);
        return claims.Issuer == Operator.Subject || Operator.SigningKeys.Contains(claims.Issuer)
            ? claims
            : throw new BrokerKeyException($"{path} is signed by {claims.Issuer}, which is no key of the operator in {Files.OperatorJwt}", "the files belong to two brokers: put them back from one backup");
    }

    /// <summary>True when the private key of a role is in this directory.</summary>
    public bool Has(ScoutRole role) => File.Exists(Files.RoleKey(role));

    /// <summary>The private key that signs for a role.</summary>
    /// <exception cref="BrokerKeyException">It is not here.</exception>
    public NKeyPair OpenRole(ScoutRole role) => SeedFile.Open(Files.RoleKey(role), NKeyType.Account);

    /// <summary>Sees that nobody else can read a private key of the directory.</summary>
    /// <exception cref="BrokerKeyException">Names the file, and the chmod that mends it.</exception>
    public void Guard()
    {
        IEnumerable<string> keys = Directory.Exists(Files.KeyFolder) ? Directory.EnumerateFiles(Files.KeyFolder, "*.nk") : [];
        foreach (string path in keys.Append(Files.AuthorityKey).Where(File.Exists).Order(StringComparer.Ordinal))
        {
            if (PrivateFile.WhyNotSecret(path) is { } open) throw new BrokerKeyException($"a private key cannot be trusted: {open}", "if somebody may have read it, take a new one afterwards: 'scout broker rotate' says how");
        }
    }

    /// <summary>Ends changes of role keys that were interrupted between account and key file: the account already names the new one.</summary>
    public void FinishRotations()
    {
        foreach (RoleTemplate role in RoleTemplates.All)
        {
            string path = Files.RoleKey(role.Role);
            string next = path + ".next";
            if (!File.Exists(next)) continue;
            using NKeyPair key = SeedFile.Open(next, NKeyType.Account);
            if (RoleKeys(role.Role).Contains(key.PublicKey)) File.Move(next, path, overwrite: true);
        }
    }

    /// <summary>The private key that signs account JWTs.</summary>
    public NKeyPair OpenOperatorSigning() => SeedFile.Open(Files.Key(KeyNames.OperatorSigning), NKeyType.Operator);

    /// <summary>The private key that signs the trust document.</summary>
    public NKeyPair OpenTrust() => SeedFile.Open(Files.Key(KeyNames.Trust), NKeyType.Server);

    /// <summary>Public keys that may sign for a role now, the present one first.</summary>
    public IReadOnlyList<string> RoleKeys(ScoutRole role) =>
        [.. Account(BrokerAccounts.Of(RoleTemplates.Of(role).Account)).SigningKeys.Where(key => key.Role == RoleNames.Word(role)).Select(static key => key.Key)];
}

/// <summary>Names of key files beside those of the roles.</summary>
internal static class KeyNames
{
    public const string Operator = "operator";
    public const string OperatorSigning = "operator-signing";
    public const string Trust = "trust";

    /// <summary>Signs the supervisor's login to the system account.</summary>
    public const string SystemSigning = "role-system";

    public static string Account(BrokerAccount account) => "account-" + account.Word();
}
