using System.Collections.Immutable;
using Scout.Broker.Accounts;
using Scout.Broker.Custody;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Secure;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.Provisioning;

/// <summary>Signs with the keys of the broker's directory. Whatever it gives is read anew: a command beside the broker may have changed it.</summary>
internal sealed class FleetAuthority(AccountAuthority authority, BrokerSettings settings, IBrokerReload reload) : IEnrolmentAuthority, ITrustSource
{
    public string TrustKey => Guarded(() => authority.Trust.Current.Key);

    public string Trust => Guarded(() => authority.Trust.CurrentJson);

    public string Authorities => Guarded(() => authority.Keys.Files.AuthorityPem() ?? throw new ProvisioningException("tls/ca.pem is not there: nodes would not know the broker"));

    public ImmutableArray<string> Urls => [.. settings.Addresses];

    /// <summary>Whom admins' requests are judged by; null while the document cannot be read: then nobody is believed.</summary>
    public TrustDocument? Current
    {
        get
        {
            try
            {
                return authority.Trust.Current;
            }
            catch (BrokerKeyException)
            {
                return null;
            }
        }
    }

    public SignedLogin Issue(ScoutRole role, string name, string publicKey, IReadOnlyCollection<string> groups, TimeSpan life) => Guarded(() =>
    {
        IssuedUser user = authority.IssueUser(role, name, publicKey, groups, life);
        return new SignedLogin(user.Jwt, user.Login.Expires);
    });

    public bool IsRevoked(string publicKey) => Guarded(() => authority.Keys.Account(BrokerAccount.Fleet).Revocations.ContainsKey(publicKey));

    public async Task RevokeAsync(string publicKey, string why, CancellationToken cancellation)
    {
        try
        {
            await authority.RevokeAsync([publicKey], cancellation);
        }
        catch (BrokerKeyException error)
        {
            throw new ProvisioningException(error.Message, error);
        }

        ReloadOutcome outcome = await reload.ReloadAsync(why, cancellation);
        if (!outcome.Applied) throw new ProvisioningException("the old key could not be revoked: " + outcome.Detail);
    }

    public bool IsInForce => Guarded(() => BrokerStatus.Read(authority.Keys.Files) is { } status && status.Applied == BrokerStatus.Mark(authority.Keys.Files));

    public IReadOnlyList<string> KeysOf(HolderKind kind, string name) => Guarded(() => HolderKeys.Find(authority.Issued.Living(), kind, name));

    public async Task<IReadOnlyList<string>> WriteRevokedAsync(IReadOnlyCollection<string> publicKeys, CancellationToken cancellation)
    {
        try
        {
            HolderKeys.Guard(authority.Keys.Files, publicKeys);
            return await authority.RevokeAsync(publicKeys, cancellation);
        }
        catch (Exception error) when (error is BrokerKeyException or IOException or UnauthorizedAccessException)
        {
            throw new ProvisioningException(error.Message, error);
        }
    }

    public async Task<string?> ApplyAsync(string why, CancellationToken cancellation)
    {
        ReloadOutcome outcome = await reload.ReloadAsync(why, cancellation);
        return outcome.Applied ? null : outcome.Detail;
    }

    private static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (BrokerKeyException error)
        {
            throw new ProvisioningException(error.Message, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProvisioningException(error.Message, error);
        }
    }
}
