using System.Collections.Immutable;
using System.Text;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.Credentials;

/// <summary>What <c>scout broker trust</c> is told.</summary>
public sealed record ExternalTrustOptions
{
    /// <summary>Public key of the account.</summary>
    public required string Fleet { get; init; }

    /// <summary>Public signing key of each role, as the owner of the account made them.</summary>
    public required IReadOnlyList<(ScoutRole Role, string Key)> Roles { get; init; }

    /// <summary>The key that signs; made when the file is missing.</summary>
    public required string KeyFile { get; init; }

    /// <summary>The document; one that is there gives the serial, and its revoked callers stay.</summary>
    public required string File { get; init; }
}

/// <summary>Makes the trust document of a broker that is not ours from the public role keys (security.md 14): with it, requests stay signed there.</summary>
public static class ExternalTrust
{
    public static (TrustDocument? Made, BrokerExit? Error) Issue(ExternalTrustOptions options, TimeProvider time)
    {
        try
        {
            if (!NKeys.IsPublicKey(options.Fleet, NKeyType.Account)) return (null, BrokerExit.Usage("--fleet is no public key of an account (A and 55 characters)", "nsc describe account shows it as 'Account ID'"));
            foreach ((ScoutRole role, string key) in options.Roles)
            {
                if (!NKeys.IsPublicKey(key, NKeyType.Account)) return (null, BrokerExit.Usage($"the key of role {RoleNames.Word(role)} is no public signing key (A and 55 characters)", "nsc describe account lists them"));
            }

            TrustDocument? before = null;
            if (File.Exists(options.File) && !TrustDocument.TryRead(File.ReadAllBytes(options.File), out before, out string? damaged))
            {
                return (null, BrokerExit.Refused($"{options.File} cannot be used: {damaged}", "take it away to begin anew; nodes then need their copy taken away too"));
            }

            SeedFile.Ensure(options.KeyFile, NKeyType.Server, out _);
            using NKeyPair signer = SeedFile.Open(options.KeyFile, NKeyType.Server);
            if (before is not null && before.Key != signer.PublicKey) return (null, BrokerExit.Refused($"{options.File} is signed by another key than {options.KeyFile}", "give the key that made it: nodes accept no other"));
            DateTimeOffset now = time.GetUtcNow();
            TrustDocument document = new TrustDocument
            {
                Serial = (before?.Serial ?? 0) + 1,
                Issued = now,
                Fleet = options.Fleet,
                Key = signer.PublicKey,
                Roles = options.Roles.GroupBy(static one => RoleNames.Word(one.Role)).ToImmutableSortedDictionary(static group => group.Key, static group => group.Select(static one => one.Key).Distinct().ToImmutableArray(), StringComparer.Ordinal),
                RevokedCallers = [.. (before?.RevokedCallers ?? []).Where(one => one.Until > now)],
            }.Sign(message => signer.Sign(message));
            byte[] bytes = document.ToBytes();
            if (!TrustDocument.TryRead(bytes, out _, out string? bad)) return (null, BrokerExit.Usage(bad));
            PrivateFile.Replace(options.File, Encoding.UTF8.GetString(bytes) + "\n", PrivateFile.Public);
            return (document, null);
        }
        catch (BrokerKeyException refused)
        {
            return (null, refused.ToExit());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, BrokerExit.Refused(failure.Message));
        }
    }
}
