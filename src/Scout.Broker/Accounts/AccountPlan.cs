using System.Security.Cryptography;
using Scout.Broker.Files;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Accounts;

/// <summary>What the three accounts are made of (security.md 3 and 5). Pure.</summary>
internal static class AccountPlan
{
    /// <summary>Tokens of a large fleet; each is below 4 KiB.</summary>
    private const long ProvisionStorage = 256L * 1024 * 1024;

    /// <summary>Name of the scope of the supervisor's login.</summary>
    public const string SystemRole = "system";

    public static NatsAccountClaims System(string account, string signingKey) => new()
    {
        Subject = account,
        Name = BrokerAccount.System.Name(),
        SigningKeys =
        [
            new NatsSigningKey(signingKey)
            {
                Role = SystemRole,
                Template = new NatsUserPermissions
                {
                    Publish = new NatsSubjectPermissions { Allow = ["$SYS.REQ.SERVER.>", "$SYS.REQ.ACCOUNT.>"] },
                    Subscribe = new NatsSubjectPermissions { Allow = ["$SYS.ACCOUNT.*.CONNECT", "$SYS.ACCOUNT.*.DISCONNECT", "$SYS.SERVER.>", $"_INBOX.{RoleTemplate.KeyPlace}.>"] },
                },
            },
        ],
    };

    /// <summary>An account whose only signers are the roles that live in it.</summary>
    /// <param name="account">Which.</param>
    /// <param name="key">Its public key.</param>
    /// <param name="roleKeys">Public keys of each role.</param>
    public static NatsAccountClaims Of(BrokerAccount account, string key, IEnumerable<KeyValuePair<ScoutRole, string>> roleKeys) => new()
    {
        Subject = key,
        Name = account.Name(),
        SigningKeys = [.. roleKeys.Where(one => BrokerAccounts.Of(RoleTemplates.Of(one.Key).Account) == account).Select(static one => Scope(one.Key, one.Value))],
        Limits = account == BrokerAccount.Fleet
            ? new NatsAccountLimits().WithJetStream()
            : new NatsAccountLimits { DiskStorage = ProvisionStorage, Streams = 4, Consumers = 16, MaxAckPending = -1 },
    };

    /// <summary>A role's template as nats-server takes it.</summary>
    public static NatsSigningKey Scope(ScoutRole role, string key)
    {
        RoleTemplate template = RoleTemplates.Of(role);
        return new NatsSigningKey(key)
        {
            Role = RoleNames.Word(role),
            Template = new NatsUserPermissions
            {
                Publish = new NatsSubjectPermissions { Allow = [.. template.Publish] },
                Subscribe = new NatsSubjectPermissions { Allow = [.. template.Subscribe] },
                Subscriptions = template.MaxSubscriptions,
                Payload = template.MaxPayload,
            },
        };
    }

    /// <summary>Id of a JWT (<c>jti</c>).</summary>
    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
