using System.Collections.Immutable;
using System.Text;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.Accounts;

/// <summary>The trust document of this broker: read, and issued anew with a higher serial.</summary>
internal sealed class TrustBook(BrokerKeyring keys, TimeProvider time)
{
    /// <summary>What is in force.</summary>
    /// <exception cref="BrokerKeyException">Missing or damaged.</exception>
    public TrustDocument Current
    {
        get
        {
            string path = keys.Files.Trust;
            byte[] bytes;
            try
            {
                bytes = File.ReadAllBytes(path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new BrokerKeyException($"{path} cannot be read: {failure.Message}", $"'scout broker init {keys.Files.Root}' makes it anew when keys/trust.nk is there", failure);
            }

            if (!TrustDocument.TryRead(bytes, out TrustDocument? document, out string? error)) throw new BrokerKeyException($"{path} cannot be used: {error}", "put it back from the backup");
            string? refused = document.WhyRefused(document.Key, null, NKeys.Verify);
            return refused is null ? document : throw new BrokerKeyException($"{path} cannot be used: {refused}", "put it back from the backup");
        }
    }

    /// <summary>Sees that a new document can be issued, before something that needs one is begun.</summary>
    /// <exception cref="BrokerKeyException">The present one is damaged, or the key that signs is not here.</exception>
    public void Ready()
    {
        if (File.Exists(keys.Files.Trust)) _ = Current;
        using NKeyPair signer = keys.OpenTrust();
    }

    /// <summary>The document as nodes get it.</summary>
    public string CurrentJson => Encoding.UTF8.GetString(Current.ToBytes());

    /// <summary>
    /// Signs and writes a document with the role keys that the accounts have now. Entries of callers whose credentials have expired are left out.
    /// </summary>
    /// <param name="revoked">Callers to add.</param>
    /// <exception cref="BrokerKeyException">A key is missing, or too many callers are revoked at a time.</exception>
    public TrustDocument Issue(IEnumerable<RevokedCaller> revoked)
    {
        TrustDocument? before = File.Exists(keys.Files.Trust) ? Current : null;
        DateTimeOffset now = time.GetUtcNow();
        Dictionary<string, RevokedCaller> callers = new(StringComparer.Ordinal);
        foreach (RevokedCaller one in before is null ? revoked : before.RevokedCallers.Concat(revoked))
        {
            if (one.Until > now && (!callers.TryGetValue(one.Key, out RevokedCaller? known) || known.Until < one.Until)) callers[one.Key] = one;
        }

        if (callers.Count > TrustDocument.MaxRevokedCallers)
        {
            throw new BrokerKeyException(
                $"more than {TrustDocument.MaxRevokedCallers} callers would be revoked at a time",
                "take a new key for their role instead: 'scout broker rotate role ROLE' ends all of its logins at once");
        }

        using NKeyPair signer = keys.OpenTrust();
        TrustDocument document = new TrustDocument
        {
            Serial = (before?.Serial ?? 0) + 1,
            Issued = now,
            Fleet = keys.Fleet,
            Key = signer.PublicKey,
            NextKey = before?.NextKey,
            Roles = RoleTemplates.All.ToImmutableSortedDictionary(static one => RoleNames.Word(one.Role), one => keys.RoleKeys(one.Role).ToImmutableArray(), StringComparer.Ordinal),
            RevokedCallers = [.. callers.Values.OrderBy(static one => one.Key, StringComparer.Ordinal)],
        }.Sign(message => signer.Sign(message));
        PrivateFile.Replace(keys.Files.Trust, Encoding.UTF8.GetString(document.ToBytes()) + "\n", PrivateFile.Public);
        return document;
    }
}
