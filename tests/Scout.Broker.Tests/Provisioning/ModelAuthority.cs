using System.Collections.Immutable;
using Scout.Broker.Custody;
using Scout.Broker.Provisioning;
using Scout.Nats;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.Tests.Provisioning;

/// <summary>Keys of a fleet in memory: real signatures, no files and no server.</summary>
internal sealed class ModelAuthority : IEnrolmentAuthority, IProvisioningRecord, IDisposable
{
    private readonly TimeProvider time;
    private readonly NKeyPair fleet = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair node = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair recover = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair enroll = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair trust = NKeyPair.Create(NKeyType.Server);
    private int ids;

    public ModelAuthority(TimeProvider time)
    {
        this.time = time;
        TrustDocument document = new()
        {
            Serial = 1,
            Issued = time.GetUtcNow(),
            Fleet = fleet.PublicKey,
            Key = trust.PublicKey,
            Roles = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("node", [node.PublicKey]).Add("recover", [recover.PublicKey]),
        };
        Trust = System.Text.Encoding.UTF8.GetString(document.Sign(bytes => trust.Sign(bytes)).ToBytes());
    }

    public HashSet<string> Revoked { get; } = [];

    public List<AuditData> Rows { get; } = [];

    public List<NodeRecord> Enrolled { get; } = [];

    /// <summary>Called before each signature and each revocation.</summary>
    public Action<string> Before { get; set; } = static _ => { };

    public string TrustKey => trust.PublicKey;

    public string Trust { get; }

    public string Authorities => "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

    public ImmutableArray<string> Urls => ["tls://broker.example.org:4222"];

    public SignedLogin Issue(ScoutRole role, string name, string publicKey, IReadOnlyCollection<string> groups, TimeSpan life)
    {
        Before("issue " + RoleNames.Word(role));
        if (RoleNames.Problem(role, name, groups) is { } problem) throw new ProvisioningException(problem);
        DateTimeOffset expires = time.GetUtcNow() + life;
        var claims = new NatsUserClaims { Subject = publicKey, Name = name, Expires = expires, Tags = [.. groups.Select(group => RoleTemplate.GroupTag + group)], IssuerAccount = fleet.PublicKey };
        NKeyPair signer = role switch { ScoutRole.Node => node, ScoutRole.Recover => recover, _ => enroll };
        return new SignedLogin(NatsJwt.Encode(claims, signer, time.GetUtcNow(), $"id{++ids}"), expires);
    }

    /// <summary>Nodes that have written their own roster entry.</summary>
    public HashSet<string> Spoken { get; } = [];

    public Task<bool> HasSpokenAsync(NodeRecord node, CancellationToken stop) => Task.FromResult(Spoken.Contains(node.Node));

    public bool IsRevoked(string publicKey) => Revoked.Contains(publicKey);

    public Task RevokeAsync(string publicKey, string why, CancellationToken cancellation)
    {
        Before("revoke");
        Revoked.Add(publicKey);
        return Task.CompletedTask;
    }

    /// <summary>Name to keys, as <c>issued.jsonl</c> has them.</summary>
    public Dictionary<string, string[]> Holders { get; } = [];

    public bool IsInForce { get; set; } = true;

    /// <summary>What the server says to the next reloads; null: it takes them.</summary>
    public string? ReloadTrouble { get; set; }

    public int Reloads { get; private set; }

    public IReadOnlyList<string> KeysOf(HolderKind kind, string name) => Holders.GetValueOrDefault($"{kind} {name}") ?? [];

    public Task<IReadOnlyList<string>> WriteRevokedAsync(IReadOnlyCollection<string> publicKeys, CancellationToken cancellation)
    {
        Before("revoke");
        Revoked.UnionWith(publicKeys);
        IsInForce = false;
        return Task.FromResult<IReadOnlyList<string>>([.. publicKeys.Select(key => "somebody, key " + key)]);
    }

    public Task<string?> ApplyAsync(string why, CancellationToken cancellation)
    {
        Reloads++;
        IsInForce = ReloadTrouble is null;
        return Task.FromResult(ReloadTrouble);
    }

    public void Audit(AuditData row) => Rows.Add(row);

    public Task EnrolledAsync(NodeRecord node, CancellationToken stop)
    {
        Before("roster");
        Enrolled.Add(node);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        foreach (NKeyPair pair in (NKeyPair[])[fleet, node, recover, enroll, trust]) pair.Dispose();
    }
}
