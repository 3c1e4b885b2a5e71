using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Accounts;

/// <summary>Logins of the broker's own services in <c>creds/</c>: made by <c>init</c>, renewed by <c>run</c> while the keys of their roles are here.</summary>
internal static class ServiceLogins
{
    private static readonly TimeSpan SystemLife = TimeSpan.FromDays(30);

    /// <summary>Renews those of which less than two thirds are left, or that cannot be used. Returns what was renewed, and what could not be.</summary>
    public static (IReadOnlyList<string> Renewed, IReadOnlyList<string> Failed) Renew(AccountAuthority authority, BrokerSettings settings, DateTimeOffset now)
    {
        List<string> renewed = [];
        List<string> failed = [];
        foreach (string name in BrokerInit.ServiceRoles.Select(RoleNames.Word).Append(AccountPlan.SystemRole))
        {
            string path = authority.Keys.Files.Creds(name);
            if (IsFresh(authority.Keys, name, path, now)) continue;
            try
            {
                if (RoleNames.TryParse(name, out ScoutRole role)) PrivateFile.Replace(path, authority.IssueCreds(role, name, settings));
                else WriteSystem(authority.Keys, now);
                renewed.Add(name);
            }
            catch (BrokerKeyException failure)
            {
                failed.Add($"{path}: {failure.Message}");
            }
        }

        return (renewed, failed);
    }

    /// <summary>The supervisor's login to the system account.</summary>
    public static void WriteSystem(BrokerKeyring keys, DateTimeOffset now)
    {
        using NKeyPair signer = SeedFile.Open(keys.Files.Key(KeyNames.SystemSigning), NKeyType.Account);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        var claims = new NatsUserClaims { Subject = key.PublicKey, Name = AccountPlan.SystemRole, Expires = now + SystemLife, IssuerAccount = keys.Account(BrokerAccount.System).Subject };
        PrivateFile.Replace(keys.Files.Creds(AccountPlan.SystemRole), NatsCreds.Format(NatsJwt.Encode(claims, signer, now, AccountPlan.NewId()), key.ExportSeed()));
    }

    private static bool IsFresh(BrokerKeyring keys, string name, string path, DateTimeOffset now)
    {
        if (!File.Exists(path)) return false;
        try
        {
            using NatsCreds creds = NatsCreds.Read(path, now);
            if (creds.Claims.Expires is not { } end) return true;
            if (end - now < (end - creds.Claims.IssuedAt) * 2 / 3) return false;
            // A changed role key ends the logins it signed.
            return !RoleNames.TryParse(name, out ScoutRole role) || keys.RoleKeys(role).Contains(creds.Claims.Issuer);
        }
        catch (NatsCredentialsException)
        {
            return false;
        }
    }
}
