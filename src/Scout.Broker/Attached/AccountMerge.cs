using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Keys;

namespace Scout.Broker.Attached;

/// <summary>Joins two states of an account that were changed apart: what either revoked stays revoked.</summary>
internal sealed class AccountMerge(BrokerFiles files, TimeProvider time)
{
    /// <summary>Takes over what another place knows of an account. True when ours changed.</summary>
    /// <param name="account">Which.</param>
    /// <param name="theirs">JWT.</param>
    /// <param name="keysOfTheirs">Which keys sign for roles is decided there.</param>
    /// <exception cref="BrokerKeyException">It is of another fleet, or damaged, or cannot be signed anew.</exception>
    public bool Take(BrokerAccount account, string theirs, bool keysOfTheirs)
    {
        string path = files.AccountJwt(account);
        NatsAccountClaims there = Read(theirs, account.Word());
        BrokerKeyring keys = BrokerKeyring.Open(files.Root);
        if (there.Issuer != keys.Operator.Subject && !keys.Operator.SigningKeys.Contains(there.Issuer)) throw new BrokerKeyException($"account {account.Name()} is signed by {there.Issuer}, which is no key of this operator");
        if (!File.Exists(path))
        {
            AccountFile.Write(path, theirs);
            return true;
        }

        if (AccountFile.Text(path) == theirs) return false;
        NatsAccountClaims ours = keys.Account(account);
        if (ours.Subject != there.Subject) throw new BrokerKeyException($"account {account.Name()} is {there.Subject} there and {ours.Subject} in {path}", "they are of two fleets");
        NatsAccountClaims merged = ours with { Revocations = Union(ours.Revocations, there.Revocations) };
        // Rights of a role may be newer here; who signs for it is another matter.
        if (keysOfTheirs && !SameKeys(ours, there)) merged = merged with { SigningKeys = there.SigningKeys };
        if (Same(merged, there))
        {
            // The same in other words: everybody must come to the same words, or two would write them for ever.
            if (Same(ours, there) && (ours.IssuedAt, AccountFile.Text(path)).CompareTo((there.IssuedAt, theirs)) >= 0) return false;
            AccountFile.Write(path, theirs);
            return true;
        }

        if (Same(merged, ours)) return false;
        using NKeyPair signer = keys.OpenOperatorSigning();
        AccountFile.Write(path, NatsJwt.Encode(merged, signer, time.GetUtcNow(), AccountPlan.NewId()));
        return true;
    }

    private static NatsAccountClaims Read(string text, string name) =>
        NatsJwt.TryRead(text, out NatsAccountClaims? claims, out string why) ? claims : throw new BrokerKeyException($"the JWT of account {name} cannot be used: {why}");

    private static bool Same(NatsAccountClaims one, NatsAccountClaims other) =>
        SameKeys(one, other) && one.SigningKeys.All(key => other.SigningKeys.Any(same => ScopeComparer.Same(key, same))) && one.Revocations.Count == other.Revocations.Count
        && one.Revocations.All(entry => other.Revocations.TryGetValue(entry.Key, out DateTimeOffset at) && at == entry.Value);

    private static bool SameKeys(NatsAccountClaims one, NatsAccountClaims other) => one.SigningKeys.Select(static key => (key.Role, key.Key)).ToHashSet().SetEquals(other.SigningKeys.Select(static key => (key.Role, key.Key)));

    private static Dictionary<string, DateTimeOffset> Union(IReadOnlyDictionary<string, DateTimeOffset> one, IReadOnlyDictionary<string, DateTimeOffset> other)
    {
        Dictionary<string, DateTimeOffset> all = new(one, StringComparer.Ordinal);
        foreach ((string key, DateTimeOffset at) in other) all[key] = all.TryGetValue(key, out DateTimeOffset known) && known > at ? known : at;
        return all;
    }
}
