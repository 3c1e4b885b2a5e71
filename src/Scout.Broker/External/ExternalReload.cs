using Microsoft.Extensions.Logging;
using Scout.Broker.Accounts;

namespace Scout.Broker.External;

/// <summary>
/// Accounts of a broker that is not ours are changed by its owner: what was revoked is refused by us and by nodes, and he is told what to do. It counts as applied, because
/// no more can be done from here.
/// </summary>
internal sealed class ExternalReload(ILogger log) : IBrokerReload
{
    /// <summary>What the owner of the account must do.</summary>
    public const string Owner = "the owner of the account shuts the key out there ('nsc revocations add-user --account NAME --user-public-key KEY', then 'nsc push')";

    public Task<ReloadOutcome> ReloadAsync(string why, CancellationToken cancellation)
    {
        BrokerLog.OwnerMustAct(log, why, Owner);
        return Task.FromResult(new ReloadOutcome(Applied: true, Owner));
    }
}
