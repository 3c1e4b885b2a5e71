using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Nats;
using Scout.Protocol.Security.Trust;
using Scout.Server.Identity;
using Scout.Testing;

namespace Scout.Server.Tests.Enrolment;

/// <summary>Trust documents that come by themselves: never lower, never by another key, on disk or said.</summary>
public sealed class NodeIdentityTrustTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly NKeyPair trustKey = NKeyPair.Create(NKeyType.Server);
    private readonly NKeyPair nextKey = NKeyPair.Create(NKeyType.Server);
    private readonly NKeyPair fleet = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair role = NKeyPair.Create(NKeyType.Account);

    private string TrustFile => Path.Combine(folder.Path, "identity", "trust.json");

    [Fact]
    public void A_higher_serial_is_in_force_at_once_and_after_a_restart()
    {
        using NodeIdentity identity = Enrolled(serial: 3);
        Assert.Null(identity.Believe(Document(4)));
        Assert.Equal(4, identity.Current!.Serial);
        Assert.Equal("", identity.Believe(Document(4)));
        using NodeIdentity again = Open();
        Assert.Equal(4, again.Current!.Serial);
    }

    [Fact]
    public void A_lower_serial_another_key_and_a_changed_word_are_refused()
    {
        using NodeIdentity identity = Enrolled(serial: 3);
        Assert.Contains("lower", identity.Believe(Document(2)), StringComparison.Ordinal);
        Assert.Contains("not by the trust key", identity.Believe(Document(9, nextKey)), StringComparison.Ordinal);
        Assert.Contains("signature", identity.Believe(Document(4) with { Serial = 5 }), StringComparison.Ordinal);
        Assert.Equal(3, identity.Current!.Serial);
    }

    [Fact]
    public void The_next_key_that_was_announced_may_sign_and_is_remembered()
    {
        using NodeIdentity identity = Enrolled(serial: 3);
        Assert.Null(identity.Believe((Document(4) with { NextKey = nextKey.PublicKey, Signature = "" }).Sign(bytes => trustKey.Sign(bytes))));
        Assert.Null(identity.Believe(Document(5, nextKey)));
        Assert.Contains("not by the trust key", identity.Believe(Document(6)), StringComparison.Ordinal);
        File.Delete(TrustFile);
        using NodeIdentity again = Open();
        Assert.Equal(nextKey.PublicKey, again.Place.TrustKey);
    }

    [Fact]
    public void Without_a_key_to_check_it_with_nothing_is_believed()
    {
        using NodeIdentity identity = Open();
        Assert.NotNull(identity.Believe(Document(1)));
        Assert.Null(identity.Current);
    }

    [Fact]
    public void A_disk_that_does_not_take_it_delays_no_revocation_and_is_tried_again()
    {
        using NodeIdentity identity = Enrolled(serial: 3);
        Directory.CreateDirectory(TrustFile + ".tmp");
        Assert.Null(identity.Believe(Document(4)));
        Assert.Equal(4, identity.Current!.Serial);
        using (NodeIdentity before = Open()) Assert.Equal(3, before.Current!.Serial);
        Directory.Delete(TrustFile + ".tmp");
        Assert.Equal("", identity.Believe(Document(4)));
        using NodeIdentity again = Open();
        Assert.Equal(4, again.Current!.Serial);
    }

    [Fact]
    public void Credentials_that_were_asked_for_before_an_announcement_bring_no_older_document_back()
    {
        using NodeIdentity identity = Enrolled(serial: 3);
        FleetPlace asked = identity.Place;
        Assert.Null(identity.Believe(Document(5)));
        Take(identity, asked with { Trust = Document(4) });
        Assert.Equal(5, identity.Current!.Serial);
        using NodeIdentity again = Open();
        Assert.Equal(5, again.Current!.Serial);
    }

    public void Dispose()
    {
        foreach (NKeyPair key in (NKeyPair[])[trustKey, nextKey, fleet, role]) key.Dispose();
        folder.Dispose();
    }

    private NodeIdentity Open() => NodeIdentity.Open(folder.Path, "web1", NullLogger.Instance);

    private NodeIdentity Enrolled(long serial)
    {
        NodeIdentity identity = Open();
        Take(identity, new FleetPlace { Trust = Document(serial), TrustKey = trustKey.PublicKey });
        return identity;
    }

    private void Take(NodeIdentity identity, FleetPlace known)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var claims = new NatsUserClaims { Subject = identity.Key().PublicKey, Name = "web1", Expires = now.AddDays(7), IssuerAccount = fleet.PublicKey };
        identity.Take(new NodeCredentials { Jwt = NatsJwt.Encode(claims, role, now, "id"), Issued = now, Expires = now.AddDays(7) }, known);
    }

    private TrustDocument Document(long serial, NKeyPair? signer = null) => new TrustDocument
    {
        Serial = serial,
        Issued = DateTimeOffset.UnixEpoch,
        Fleet = fleet.PublicKey,
        Key = (signer ?? trustKey).PublicKey,
        Roles = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("node", [role.PublicKey]),
    }.Sign(bytes => (signer ?? trustKey).Sign(bytes));
}
