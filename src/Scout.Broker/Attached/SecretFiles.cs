using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Attached;

/// <summary>
/// What of a broker's directory a broker in a cluster needs, by the names that it has in a Secret, where there are no folders. Keys that only make or replace a fleet
/// (operator, accounts) and those of people's roles are not among them: they stay where <c>scout broker init</c> was called.
/// </summary>
internal static class SecretFiles
{
    public const string AuthorityKey = "ca.key";
    public const string Authority = "ca.pem";
    public const string Trust = "trust.json";
    public const string Settings = "broker.json";
    public const string ClusterKey = "cluster.key";

    /// <summary>Roles whose keys sign what a broker hands out or needs itself.</summary>
    public static IReadOnlyList<ScoutRole> Roles { get; } = [ScoutRole.Node, ScoutRole.Enroll, ScoutRole.Recover, .. BrokerInit.ServiceRoles];

    /// <summary>Name in the Secret and path in the directory.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(BrokerFiles files)
    {
        IEnumerable<string> paths =
        [
            files.Key(KeyNames.OperatorSigning), files.Key(KeyNames.SystemSigning), files.Key(KeyNames.Trust), .. Roles.Select(files.RoleKey), files.AuthorityKey, files.Authority, files.OperatorJwt,
            .. BrokerAccounts.All.Select(files.AccountJwt), files.Trust, files.Settings, ClusterKeyFile(files),
        ];
        return [.. paths.Select(static path => KeyValuePair.Create(Path.GetFileName(path), path))];
    }

    /// <summary>Key of the authority by which servers of a cluster know each other: PEM, in the folder of keys.</summary>
    public static string ClusterKeyFile(BrokerFiles files) => Path.Combine(files.KeyFolder, ClusterKey);
}
