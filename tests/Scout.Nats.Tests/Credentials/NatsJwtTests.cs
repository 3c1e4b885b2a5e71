using System.Buffers.Text;
using System.Text;

namespace Scout.Nats.Tests.Credentials;

public sealed class NatsJwtTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);

    private readonly NKeyPair root = NKeyPair.Create(NKeyType.Operator);
    private readonly NKeyPair account = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair signing = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair user = NKeyPair.Create(NKeyType.User);

    public void Dispose()
    {
        root.Dispose();
        account.Dispose();
        signing.Dispose();
        user.Dispose();
    }

    [Fact]
    public void A_user_comes_back_as_it_was()
    {
        NatsUserClaims claims = User() with
        {
            Permissions = new NatsUserPermissions
            {
                Publish = new NatsSubjectPermissions { Allow = ["a.>", "b"], Deny = ["a.secret"] },
                Subscribe = new NatsSubjectPermissions { Allow = ["_INBOX.web1.>"] },
                Responses = new NatsResponsePermission(1, TimeSpan.FromMinutes(2)),
                Subscriptions = 64,
                Payload = 131_072,
                AllowedConnectionTypes = ["STANDARD"],
            },
        };
        NatsUserClaims read = Read<NatsUserClaims>(NatsJwt.Encode(claims, signing, Now, "id-1"));
        Assert.Equal(user.PublicKey, read.Subject);
        Assert.Equal(signing.PublicKey, read.Issuer);
        Assert.Equal(account.PublicKey, read.IssuerAccount);
        Assert.Equal("web1", read.Name);
        Assert.Equal("id-1", read.Id);
        Assert.Equal(Now, read.IssuedAt);
        Assert.Equal(Now.AddDays(7), read.Expires);
        Assert.Equal(["group:web"], read.Tags);
        Assert.Equal(["a.>", "b"], read.Permissions!.Publish.Allow);
        Assert.Equal(["a.secret"], read.Permissions.Publish.Deny);
        Assert.Equal(["_INBOX.web1.>"], read.Permissions.Subscribe.Allow);
        Assert.Equal(new NatsResponsePermission(1, TimeSpan.FromMinutes(2)), read.Permissions.Responses);
        Assert.Equal((64, -1, 131_072), (read.Permissions.Subscriptions, read.Permissions.Data, read.Permissions.Payload));
        Assert.Equal(["STANDARD"], read.Permissions.AllowedConnectionTypes);
        Assert.False(read.Permissions.BearerToken);
    }

    [Fact]
    public void A_user_of_a_scoped_key_says_nothing_about_permissions()
    {
        string jwt = NatsJwt.Encode(User(), signing, Now, "id");
        Assert.Null(Read<NatsUserClaims>(jwt).Permissions);
        string json = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(jwt.Split('.')[1]));
        Assert.DoesNotContain("subs", json, StringComparison.Ordinal);
        Assert.DoesNotContain("pub", json, StringComparison.Ordinal);
        Assert.Contains("\"version\":2", json, StringComparison.Ordinal);
    }

    [Fact]
    public void An_account_comes_back_as_it_was()
    {
        var claims = new NatsAccountClaims
        {
            Subject = account.PublicKey,
            Name = "FLEET",
            SigningKeys =
            [
                new NatsSigningKey(signing.PublicKey)
                {
                    Role = "node",
                    Template = new NatsUserPermissions { Publish = new NatsSubjectPermissions { Allow = ["scout.event.{{name()}}.>"] }, Subscriptions = 64 },
                },
                new NatsSigningKey(account.PublicKey),
            ],
            Revocations = new Dictionary<string, DateTimeOffset> { [user.PublicKey] = Now },
            Limits = new NatsAccountLimits().WithJetStream(),
        };
        NatsAccountClaims read = Read<NatsAccountClaims>(NatsJwt.Encode(claims, root, Now, "id"));
        Assert.Equal("FLEET", read.Name);
        Assert.Equal(claims.Limits, read.Limits);
        Assert.Equal(Now, read.Revocations[user.PublicKey]);
        Assert.Equal([signing.PublicKey, account.PublicKey], read.SigningKeys.Select(key => key.Key));
        Assert.Equal("node", read.SigningKeys[0].Role);
        Assert.Equal(["scout.event.{{name()}}.>"], read.SigningKeys[0].Template!.Publish.Allow);
        Assert.Null(read.SigningKeys[1].Template);
    }

    [Fact]
    public void An_operator_comes_back_as_it_was()
    {
        var claims = new NatsOperatorClaims { Subject = root.PublicKey, Name = "scout", SigningKeys = [root.PublicKey], SystemAccount = account.PublicKey };
        NatsOperatorClaims read = Read<NatsOperatorClaims>(NatsJwt.Encode(claims, root, Now, "id"));
        Assert.Equal([root.PublicKey], read.SigningKeys);
        Assert.Equal(account.PublicKey, read.SystemAccount);
        Assert.Null(read.Expires);
    }

    [Fact]
    public void A_key_signs_only_what_it_may()
    {
        Assert.Throws<ArgumentException>(() => NatsJwt.Encode(User(), root, Now, "id"));
        Assert.Throws<ArgumentException>(() => NatsJwt.Encode(User(), user, Now, "id"));
        Assert.Throws<ArgumentException>(() => NatsJwt.Encode(User() with { Subject = account.PublicKey }, signing, Now, "id"));
        Assert.Throws<ArgumentException>(() => NatsJwt.Encode(new NatsAccountClaims { Subject = account.PublicKey }, user, Now, "id"));
    }

    [Theory]
    [InlineData("{\"typ\":\"JWT\",\"alg\":\"none\"}")]
    [InlineData("{\"typ\":\"JWT\",\"alg\":\"ed25519\"}")]
    [InlineData("{\"alg\":\"ed25519-nkey\",\"typ\":\"JWT\"}")]
    [InlineData("{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\",\"kid\":\"x\"}")]
    [InlineData("{}")]
    public void Another_header_is_refused(string header)
    {
        string[] parts = NatsJwt.Encode(User(), signing, Now, "id").Split('.');
        Assert.False(NatsJwt.TryRead(Sign(signing, header, Base64Url.DecodeFromChars(parts[1])), out _, out string why));
        Assert.Contains("header", why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"iss\":\"ISS\",\"sub\":\"SUB\",\"nats\":{\"type\":\"user\",\"version\":1}}")]
    [InlineData("{\"iss\":\"ISS\",\"sub\":\"SUB\",\"nats\":{\"type\":\"activation\",\"version\":2}}")]
    [InlineData("{\"iss\":\"ISS\",\"sub\":\"SUB\",\"nats\":{\"type\":\"account\",\"version\":2}}")]
    [InlineData("{\"iss\":\"ISS\",\"sub\":\"SUB\",\"exp\":\"never\",\"nats\":{\"type\":\"user\",\"version\":2}}")]
    [InlineData("{\"iss\":\"ISS\",\"sub\":\"SUB\",\"exp\":1e99,\"nats\":{\"type\":\"user\",\"version\":2}}")]
    [InlineData("{\"iss\":\"ISS\",\"sub\":\"SUB\",\"exp\":9223372036854775807,\"nats\":{\"type\":\"user\",\"version\":2}}")]
    [InlineData("{\"iss\":\"ISS\",\"sub\":\"SUB\",\"sub\":\"SUB\",\"nats\":{\"type\":\"user\",\"version\":2}}")]
    [InlineData("{\"iss\":\"SUB\",\"sub\":\"SUB\",\"nats\":{\"type\":\"user\",\"version\":2}}")]
    [InlineData("{\"iss\":\"ISS\",\"sub\":\"*\",\"nats\":{\"type\":\"user\",\"version\":2}}")]
    [InlineData("{\"iss\":\"ISS\",\"sub\":\"SUB\",\"nats\":{\"type\":\"user\",\"version\":2,\"pub\":[1]}}")]
    public void Signed_nonsense_is_refused(string claims)
    {
        claims = claims.Replace("ISS", signing.PublicKey, StringComparison.Ordinal).Replace("SUB", user.PublicKey, StringComparison.Ordinal);
        string jwt = Sign(signing, "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}", Encoding.UTF8.GetBytes(claims));
        Assert.False(NatsJwt.TryRead(jwt, out _, out string why), claims);
        Assert.NotEmpty(why);
    }

    [Fact]
    public void A_depth_of_a_thousand_and_a_long_text_are_refused()
    {
        string deep = $"{{\"nats\":{new string('[', 1000)}{new string(']', 1000)}}}";
        Assert.False(NatsJwt.TryRead(Sign(signing, "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}", Encoding.UTF8.GetBytes(deep)), out _, out _));
        Assert.False(NatsJwt.TryRead(new string('a', NatsJwt.MaxLength + 1), out _, out _));
        Assert.False(NatsJwt.TryRead(null, out _, out _));
    }

    [Fact]
    public void Every_changed_character_is_seen()
    {
        string jwt = NatsJwt.Encode(User(), signing, Now, "id");
        for (int at = 0; at < jwt.Length; at++)
        {
            string changed = jwt[..at] + (jwt[at] == 'A' ? 'B' : 'A') + jwt[(at + 1)..];
            Assert.False(NatsJwt.TryRead(changed, out _, out _), $"character {at}");
        }

        foreach (string cut in new[] { jwt + "=", jwt + ".", " " + jwt, jwt + "\n", jwt[..^1], "." + jwt }) Assert.False(NatsJwt.TryRead(cut, out _, out _), cut);
        Assert.True(NatsJwt.TryRead(jwt, out _, out _));
    }

    [Fact]
    public void The_issuer_named_must_be_the_one_that_signed()
    {
        using NKeyPair other = NKeyPair.Create(NKeyType.Account);
        string[] parts = NatsJwt.Encode(User(), signing, Now, "id").Split('.');
        Assert.False(NatsJwt.TryRead(Sign(other, "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}", Base64Url.DecodeFromChars(parts[1])), out _, out string why));
        Assert.Contains("signature", why, StringComparison.Ordinal);
    }

    [Fact]
    public void Expiry_counts_from_its_second_on()
    {
        NatsUserClaims claims = User();
        Assert.False(claims.IsExpired(Now.AddDays(7).AddTicks(-1)));
        Assert.True(claims.IsExpired(Now.AddDays(7)));
        Assert.False((claims with { Expires = null }).IsExpired(DateTimeOffset.MaxValue));
    }

    private static T Read<T>(string jwt)
        where T : NatsJwtClaims
    {
        Assert.True(NatsJwt.TryRead(jwt, out T? claims, out string why), why);
        return claims;
    }

    private static string Sign(NKeyPair key, string header, byte[] claims)
    {
        string signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private NatsUserClaims User() =>
        new() { Subject = user.PublicKey, Name = "web1", IssuerAccount = account.PublicKey, Expires = Now.AddDays(7), Tags = ["group:web"] };
}
