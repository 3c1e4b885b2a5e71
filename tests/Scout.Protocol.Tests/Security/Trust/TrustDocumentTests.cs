using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Scout.Protocol.Security.Trust;

namespace Scout.Protocol.Tests.Security.Trust;

public sealed class TrustDocumentTests
{
    [Fact]
    public void It_is_read_as_it_was_written_and_believed()
    {
        TrustDocument document = Make();
        Assert.True(TrustDocument.TryRead(document.ToBytes(), out TrustDocument? read, out string? error), error);
        Assert.Equal(Encoding.UTF8.GetString(document.ToBytes()), Encoding.UTF8.GetString(read.ToBytes()));
        Assert.Null(read.WhyRefused(TrustKey, null, Check));
        Assert.Equal("viewer", read.RoleOf(Key('A', 'V')));
        Assert.Null(read.RoleOf(Key('A', 'Z')));
        Assert.True(read.IsRevoked(Key('U', 'R')));
        Assert.False(read.IsRevoked(Key('U', 'S')));
    }

    public static TheoryData<string, Func<TrustDocument, TrustDocument>> Changes => new()
    {
        { "serial", one => one with { Serial = one.Serial + 1 } },
        { "issued", one => one with { Issued = one.Issued.AddMilliseconds(1) } },
        { "fleet", one => one with { Fleet = Key('A', 'X') } },
        { "next key", one => one with { NextKey = Key('N', 'X') } },
        { "no next key", one => one with { NextKey = null } },
        { "a role more", one => one with { Roles = one.Roles.Add("gateway", [Key('A', 'X')]) } },
        { "a role less", one => one with { Roles = one.Roles.Remove("viewer") } },
        { "a key more", one => one with { Roles = one.Roles.SetItem("viewer", [Key('A', 'V'), Key('A', 'X')]) } },
        { "keys exchanged", one => one with { Roles = one.Roles.SetItem("viewer", one.Roles["node"]).SetItem("node", one.Roles["viewer"]) } },
        { "nobody revoked", one => one with { RevokedCallers = [] } },
        { "revoked until", one => one with { RevokedCallers = [one.RevokedCallers[0] with { Until = one.Issued.AddDays(1) }] } },
    };

    [Theory]
    [MemberData(nameof(Changes), DisableDiscoveryEnumeration = true)]
    public void Nothing_in_it_can_be_changed_behind_the_signature(string what, Func<TrustDocument, TrustDocument> change)
    {
        TrustDocument changed = change(Make());
        Assert.True(changed.WhyRefused(TrustKey, null, Check)?.Contains("signature", StringComparison.Ordinal), what);
        Assert.Null(changed.Sign(Sign).WhyRefused(TrustKey, null, Check));
    }

    [Fact]
    public void A_lower_serial_is_refused_and_an_equal_one_is_not()
    {
        TrustDocument current = Make();
        TrustDocument older = (current with { Serial = current.Serial - 1 }).Sign(Sign);
        Assert.Contains("serial 6 is lower than 7", older.WhyRefused(TrustKey, current, Check), StringComparison.Ordinal);
        Assert.Null(current.WhyRefused(TrustKey, current, Check));
    }

    [Fact]
    public void Another_key_is_refused_unless_it_was_named_as_the_next()
    {
        TrustDocument current = Make();
        TrustDocument foreign = (current with { Key = Key('N', 'F'), Serial = 9 }).Sign(Sign);
        Assert.Contains("not by the trust key", foreign.WhyRefused(TrustKey, null, Check), StringComparison.Ordinal);
        Assert.Contains("not by the trust key", foreign.WhyRefused(TrustKey, current, Check), StringComparison.Ordinal);
        TrustDocument next = (current with { Key = current.NextKey!, NextKey = null, Serial = 9 }).Sign(Sign);
        Assert.Null(next.WhyRefused(TrustKey, current, Check));
        Assert.Contains("not by the trust key", next.WhyRefused(TrustKey, null, Check), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"serial\":7", "\"serial\":0", "serial")]
    [InlineData("\"serial\":7", "\"serial\":\"7\"", "no valid document")]
    [InlineData("io.scout.trust.v1", "io.scout.trust.v2", "schema")]
    [InlineData("\"viewer\"", "\"vie wer\"", "no role")]
    [InlineData("\"viewer\"", "\"viewer\\nrole admin\"", "no role")]
    [InlineData("\"fleet\":\"A", "\"fleet\":\"U", "fleet")]
    [InlineData("\"key\":\"N", "\"key\":\"n", "trust key")]
    [InlineData("[\"AN", "[\"A*", "signing key")]
    [InlineData("[\"AN", "[null,\"AN", "signing key")]
    [InlineData("[\"AV", "[\"AN", "twice")]
    [InlineData("\"key\":\"U", "\"key\":\"A", "revoked_callers")]
    public void A_wrong_form_is_named(string here, string instead, string why)
    {
        string json = Encoding.UTF8.GetString(Make().ToBytes());
        // The keys of the test are letters repeated, so one changed letter must change all to meet another.
        string changed = instead == "[\"AN" ? json.Replace(Key('A', 'V'), Key('A', 'N'), StringComparison.Ordinal) : Once(json, here, instead);
        Assert.NotEqual(json, changed);
        Assert.False(TrustDocument.TryRead(Encoding.UTF8.GetBytes(changed), out _, out string? error));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void What_is_no_document_is_not_read(string json) => Assert.False(TrustDocument.TryRead(Encoding.UTF8.GetBytes(json), out _, out _));

    [Fact]
    public void A_signature_of_another_form_does_not_fit()
    {
        foreach (string signature in new[] { "", "AAAA", new string('A', 87), new string('=', 86), new string('*', 86) })
        {
            Assert.Contains("signature", (Make() with { Signature = signature }).WhyRefused(TrustKey, null, Check), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_full_document_stays_below_its_bound()
    {
        TrustDocument full = Make() with
        {
            RevokedCallers = [.. Enumerable.Range(0, TrustDocument.MaxRevokedCallers).Select(_ => new RevokedCaller(Key('U', 'R'), DateTimeOffset.UnixEpoch))],
            Roles = ImmutableSortedDictionary.CreateRange(Enumerable.Range(0, 12).Select(role => KeyValuePair.Create("role-" + (char)('a' + role), Eight((char)('A' + role))))),
        };
        Assert.True(TrustDocument.TryRead(full.ToBytes(), out _, out string? error), error);
        static ImmutableArray<string> Eight(char one) => [.. "ABCDEFGH".Select(two => "A" + one + new string(two, 54))];
    }

    private const string Seed = "stands for the key";

    private static string TrustKey => Key('N', 'T');

    private static string Key(char kind, char letter) => kind + new string(letter, 55);

    private static string Once(string text, string here, string instead)
    {
        int at = text.LastIndexOf(here, StringComparison.Ordinal);
        return at < 0 ? text : text[..at] + instead + text[(at + here.Length)..];
    }

    /// <summary>In place of Ed25519, which is on the floor above: a keyed sum has the same properties here.</summary>
    private static byte[] Sign(byte[] message) => HMACSHA512.HashData(Encoding.ASCII.GetBytes(Seed), message);

    private static bool Check(string key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        CryptographicOperations.FixedTimeEquals(HMACSHA512.HashData(Encoding.ASCII.GetBytes(Seed), message), signature);

    private static TrustDocument Make() => new TrustDocument
    {
        Serial = 7,
        Issued = new DateTimeOffset(2026, 11, 21, 9, 0, 0, 123, TimeSpan.Zero),
        Fleet = Key('A', 'F'),
        Key = TrustKey,
        NextKey = Key('N', 'U'),
        Roles = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("node", [Key('A', 'N')]).Add("viewer", [Key('A', 'V')]),
        RevokedCallers = [new RevokedCaller(Key('U', 'R'), new DateTimeOffset(2026, 12, 21, 9, 0, 0, TimeSpan.Zero))],
    }.Sign(Sign);
}
