using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Custody;

/// <summary>Whose keys are meant when logins are taken back by a name, or by a key.</summary>
internal static class HolderKeys
{
    private static readonly ScoutRole[] NodeRoles = [ScoutRole.Node, ScoutRole.Recover];

    /// <summary>The keys of these holders.</summary>
    /// <param name="authority">Knows who holds what.</param>
    /// <param name="kind">Whom a name means.</param>
    /// <param name="holders">Names or keys.</param>
    /// <exception cref="BrokerKeyException">Nobody has such a name, or the key is one of the broker's own services.</exception>
    public static HashSet<string> Of(AccountAuthority authority, HolderKind kind, IReadOnlyList<string> holders)
    {
        IReadOnlyList<IssuedLogin> living = authority.Issued.Living();
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (string holder in holders) keys.UnionWith(NKeys.IsPublicKey(holder, NKeyType.User) ? [holder] : Named(authority, living, kind, holder));
        Guard(authority.Keys.Files, keys);
        return keys;
    }

    /// <summary>Keys of the logins that live under a name; none when nobody has it.</summary>
    public static IReadOnlyList<string> Find(IReadOnlyList<IssuedLogin> living, HolderKind kind, string name) =>
        [.. living.Where(one => one.Name == name && (RoleNames.TryParse(one.Role, out ScoutRole role) && NodeRoles.Contains(role)) == (kind == HolderKind.Node)).Select(static one => one.Key).Distinct()];

    /// <summary>The broker must not shut itself out.</summary>
    /// <exception cref="BrokerKeyException">One is a key of the broker's own services.</exception>
    public static void Guard(BrokerFiles files, IReadOnlyCollection<string> keys)
    {
        if (OwnService(files, keys) is not { } own) return;
        throw new BrokerKeyException($"{own.Key} is a login of the broker's own services ({own.Name}.creds)", $"'scout broker rotate role {own.Name}' ends every login of that role, and gives the broker a new one");
    }

    private static IReadOnlyList<string> Named(AccountAuthority authority, IReadOnlyList<IssuedLogin> living, HolderKind kind, string name)
    {
        if (Find(living, kind, name) is { Count: > 0 } keys) return keys;
        string what = kind == HolderKind.Node ? "node" : "caller";
        throw new BrokerKeyException(
            $"no login of a {what} '{Shown.Clip(name)}' is in {authority.Keys.Files.Issued}",
            "names are written exactly; a login that was signed on another machine is taken back by its key (U and 55 characters), which the audit of a node shows");
    }

    private static (string Name, string Key)? OwnService(BrokerFiles files, IReadOnlyCollection<string> keys)
    {
        foreach (string path in Directory.Exists(files.CredsFolder) ? Directory.EnumerateFiles(files.CredsFolder, "*.creds") : [])
        {
            try
            {
                using NatsCreds creds = NatsCreds.Read(path);
                if (keys.Contains(creds.Key.PublicKey)) return (Path.GetFileNameWithoutExtension(path), creds.Key.PublicKey);
            }
            catch (NatsCredentialsException)
            {
                // One that cannot be used protects nobody.
            }
        }

        return null;
    }
}
