using System.Text;
using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.Attached;

/// <summary>Joins two trust documents of one fleet: the higher serial is the base, callers that either took back stay taken back, keys of roles are those of the accounts.</summary>
internal sealed class TrustMerge(BrokerFiles files, TimeProvider time)
{
    /// <summary>Takes over what another place knows; after the accounts. True when ours changed.</summary>
    /// <param name="theirs">JSON.</param>
    /// <exception cref="BrokerKeyException">It is of another fleet, or damaged, or cannot be signed anew.</exception>
    public bool Take(string theirs)
    {
        if (!TrustDocument.TryRead(Encoding.UTF8.GetBytes(theirs), out TrustDocument? there, out string? error)) throw new BrokerKeyException($"the trust document cannot be used: {error}");
        if (there.WhyRefused(there.Key, null, NKeys.Verify) is { } refused) throw new BrokerKeyException($"the trust document cannot be used: {refused}");
        BrokerKeyring keys = BrokerKeyring.Open(files.Root);
        if (there.Fleet != keys.Fleet) throw new BrokerKeyException($"the trust document is of fleet {there.Fleet}, and this is {keys.Fleet}");
        var book = new TrustBook(keys, time);
        bool changed = !File.Exists(files.Trust);
        if (changed) Write(there);
        TrustDocument ours = book.Current;
        if (ours.Key != there.Key) throw new BrokerKeyException($"the trust document is signed by {there.Key}, and ours by {ours.Key}", "they are of two fleets, or the trust key was changed: nodes accept no other");
        // The same serial in other words: everybody must come to the same ones.
        if (ours.Serial < there.Serial || (ours.Serial == there.Serial && string.CompareOrdinal(ours.Signature, there.Signature) < 0))
        {
            Write(there);
            changed = true;
        }

        TrustDocument now = book.Current;
        DateTimeOffset at = time.GetUtcNow();
        RevokedCaller[] missing = [.. ours.RevokedCallers.Concat(there.RevokedCallers).Where(one => one.Until > at && !now.RevokedCallers.Any(known => known.Key == one.Key && known.Until >= one.Until))];
        if (missing.Length == 0 && RoleTemplates.All.All(role => now.Roles.TryGetValue(RoleNames.Word(role.Role), out var known) && known.ToHashSet(StringComparer.Ordinal).SetEquals(keys.RoleKeys(role.Role)))) return changed;
        book.Issue(missing);
        return true;
    }

    private void Write(TrustDocument document) => PrivateFile.Replace(files.Trust, Encoding.UTF8.GetString(document.ToBytes()) + "\n", PrivateFile.Public);
}
