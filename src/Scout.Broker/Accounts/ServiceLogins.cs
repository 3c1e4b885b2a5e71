using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Accounts;

/// <summary>Logins of the broker's own services in <c>creds/</c>: made by <c>init</c>, renewed by <c>run</c> while the keys of their roles are here.</summary>
internal static class ServiceLogins
{
    private static readonly TimeSpan SystemLife = TimeSpan.FromDays(30);

    /// <param name="authority">Signs.</param>
    /// <param name="settings">Tells the addresses.</param>
    /// <param name="now">The time.</param>
    /// <param name="only">Roles to look at; null: all, and the supervisor's.</param>
    /// <summary>Renews those of which less than a third is left, or that cannot be used. Returns what was renewed, and what could not be.</summary>
    public static (IReadOnlyList<string> Renewed, IReadOnlyList<string> Failed) Renew(AccountAuthority authority, BrokerSettings settings, DateTimeOffset now, Func<ScoutRole, bool>? only = null)
    {
        List<string> renewed = [];
        List<string> failed = [];
        foreach (string name in only is null ? BrokerInit.ServiceRoles.Select(RoleNames.Word).Append(AccountPlan.SystemRole) : BrokerInit.ServiceRoles.Where(only).Select(RoleNames.Word))
        {
            string path = authority.Keys.Files.Creds(name);
            // The key stays: a line that is open has its inbox by it, and signs in again with the new login when the old one ends.
            using NatsCreds? before = Present(path);
            if (before is not null && IsFresh(authority.Keys, name, before, now)) continue;
            try
            {
                if (RoleNames.TryParse(name, out ScoutRole role)) PrivateFile.Replace(path, authority.IssueCreds(role, name, settings, present: before is not null && !IsRevoked(authority.Keys, role, before) ? before.Key : null));
                else WriteSystem(authority.Keys, now, before?.Key);
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
    public static void WriteSystem(BrokerKeyring keys, DateTimeOffset now, NKeyPair? present = null)
    {
        using NKeyPair signer = SeedFile.Open(keys.Files.Key(KeyNames.SystemSigning), NKeyType.Account);
        using NKeyPair? made = present is null ? NKeyPair.Create(NKeyType.User) : null;
        NKeyPair key = present ?? made!;
        var claims = new NatsUserClaims { Subject = key.PublicKey, Name = AccountPlan.SystemRole, Expires = now + SystemLife, IssuerAccount = keys.Account(BrokerAccount.System).Subject };
        PrivateFile.Replace(keys.Files.Creds(AccountPlan.SystemRole), NatsCreds.Format(NatsJwt.Encode(claims, signer, now, AccountPlan.NewId()), key.ExportSeed()));
    }

    /// <summary>The login in a file; null when there is none that can be used.</summary>
    private static NatsCreds? Present(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return NatsCreds.Read(path);
        }
        catch (NatsCredentialsException)
        {
            return null;
        }
    }

    private static bool IsRevoked(BrokerKeyring keys, ScoutRole role, NatsCreds creds) => keys.Account(BrokerAccounts.Of(RoleTemplates.Of(role).Account)).Revocations.ContainsKey(creds.Key.PublicKey);

    private static bool IsFresh(BrokerKeyring keys, string name, NatsCreds creds, DateTimeOffset now)
    {
        if (creds.Claims.Expires is not { } end) return true;
        if (end - now < (end - creds.Claims.IssuedAt) / 3) return false;
        // A changed role key ends the logins it signed.
        return !RoleNames.TryParse(name, out ScoutRole role) || (keys.RoleKeys(role).Contains(creds.Claims.Issuer) && !IsRevoked(keys, role, creds));
    }
}
