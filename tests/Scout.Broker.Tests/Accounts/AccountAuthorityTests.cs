using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Tests.Initialising;
using Scout.Nats;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.Tests.Accounts;

[Trait("attack", "5")]
public sealed class AccountAuthorityTests
{
    [Fact]
    public async Task A_login_has_the_name_the_groups_the_account_and_no_rights_of_its_own()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        IssuedUser user = authority.IssueUser(ScoutRole.Node, "web1", key.PublicKey, ["web", "db"]);
        Assert.True(NatsJwt.TryRead(user.Jwt, out NatsUserClaims? claims, out string why), why);
        Assert.Equal(("web1", key.PublicKey, authority.Keys.Fleet), (claims.Name, claims.Subject, claims.IssuerAccount));
        Assert.Equal(authority.Keys.RoleKeys(ScoutRole.Node), [claims.Issuer]);
        Assert.Equal(["group:db", "group:web"], claims.Tags);
        Assert.Null(claims.Permissions);
        Assert.InRange((claims.Expires!.Value - TimeProvider.System.GetUtcNow()).TotalDays, 6.9, 7);
        Assert.Equal(claims.Expires, Assert.Single(authority.Issued.Living(), one => one is { Name: "web1", Role: "node" } && one.Key == key.PublicKey).Expires);
    }

    [Theory]
    [InlineData(ScoutRole.Node, "*")]
    [InlineData(ScoutRole.Node, ">")]
    [InlineData(ScoutRole.Node, "a.b")]
    [InlineData(ScoutRole.Node, "A")]
    [InlineData(ScoutRole.Node, "")]
    [InlineData(ScoutRole.Node, "ü")]
    [InlineData(ScoutRole.Node, "a b")]
    [InlineData(ScoutRole.Gateway, "*")]
    [InlineData(ScoutRole.Gateway, "a.b")]
    [InlineData(ScoutRole.Viewer, "*")]
    [InlineData(ScoutRole.Viewer, "Bob")]
    public async Task A_name_that_would_get_into_a_subject_as_more_than_a_name_is_not_signed(ScoutRole role, string name)
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        Assert.Throws<BrokerKeyException>(() => authority.IssueUser(role, name, key.PublicKey));
        Assert.Throws<BrokerKeyException>(() => authority.IssueUser(role, new string('a', 64), key.PublicKey));
        Assert.DoesNotContain(authority.Issued.Living(), one => one.Key == key.PublicKey);
    }

    [Fact]
    public async Task Bad_groups_keys_and_lives_are_not_signed()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Node, "web1", key.PublicKey, ["*"]));
        Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Node, "web1", key.PublicKey, ["Web"]));
        Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Node, "web1", "U" + key.PublicKey[1..^1] + "*"));
        Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Node, "web1", authority.Keys.Fleet));
        Assert.Contains("7 days", Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Node, "web1", key.PublicKey, life: TimeSpan.FromDays(8))).Message, StringComparison.Ordinal);
        Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Viewer, "bob", key.PublicKey, life: TimeSpan.FromDays(31)));
        Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Viewer, "bob", key.PublicKey, life: TimeSpan.Zero));
    }

    [Fact]
    public async Task Without_the_key_of_a_role_it_says_which_file_is_missing()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        File.Delete(bench.Files.RoleKey(ScoutRole.Admin));
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        BrokerKeyException failure = Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Admin, "alice", key.PublicKey));
        Assert.Contains("role-admin.nk", failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failure.Hint);
    }

    [Fact]
    public async Task A_revoked_caller_is_in_the_account_and_in_the_next_trust_document_and_gets_no_login_again()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        IssuedUser bob = authority.IssueUser(ScoutRole.Viewer, "bob", key.PublicKey, life: TimeSpan.FromDays(3));
        string said = Assert.Single(await authority.RevokeAsync([key.PublicKey], CancellationToken.None));
        Assert.Contains("viewer bob", said, StringComparison.Ordinal);
        Assert.Equal([key.PublicKey], authority.Keys.Account(BrokerAccount.Fleet).Revocations.Keys);
        Assert.Empty(authority.Keys.Account(BrokerAccount.Provision).Revocations);
        TrustDocument trust = authority.Trust.Current;
        Assert.Equal(2, trust.Serial);
        Assert.Equal(new RevokedCaller(key.PublicKey, bob.Login.Expires), Assert.Single(trust.RevokedCallers));
        Assert.Contains("revoked", Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Viewer, "bob", key.PublicKey)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_node_is_shut_out_of_recovery_too_and_is_no_caller()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        authority.IssueUser(ScoutRole.Node, "web1", key.PublicKey);
        authority.IssueUser(ScoutRole.Recover, "web1", key.PublicKey);
        await authority.RevokeAsync([key.PublicKey], CancellationToken.None);
        Assert.Contains(key.PublicKey, authority.Keys.Account(BrokerAccount.Fleet).Revocations.Keys);
        Assert.Contains(key.PublicKey, authority.Keys.Account(BrokerAccount.Provision).Revocations.Keys);
        Assert.Equal(1, authority.Trust.Current.Serial);
    }

    [Fact]
    public async Task A_key_of_which_the_book_knows_nothing_is_shut_out_everywhere()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        await authority.RevokeAsync([key.PublicKey], CancellationToken.None);
        Assert.Contains(key.PublicKey, authority.Keys.Account(BrokerAccount.Fleet).Revocations.Keys);
        Assert.Contains(key.PublicKey, authority.Keys.Account(BrokerAccount.Provision).Revocations.Keys);
        Assert.True(authority.Trust.Current.IsRevoked(key.PublicKey));
        await Assert.ThrowsAsync<BrokerKeyException>(() => authority.RevokeAsync(["bob"], CancellationToken.None));
    }

    [Fact]
    public async Task Revocations_are_forgotten_when_nothing_is_left_to_revoke()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var authority = new AccountAuthority(BrokerKeyring.Open(bench.Files.Root), time);
        using NKeyPair old = NKeyPair.Create(NKeyType.User);
        using NKeyPair fresh = NKeyPair.Create(NKeyType.User);
        authority.IssueUser(ScoutRole.Viewer, "bob", old.PublicKey, life: TimeSpan.FromDays(1));
        await authority.RevokeAsync([old.PublicKey], CancellationToken.None);
        time.Advance(TimeSpan.FromDays(367));
        authority.IssueUser(ScoutRole.Viewer, "eve", fresh.PublicKey);
        await authority.RevokeAsync([fresh.PublicKey], CancellationToken.None);
        Assert.Equal([fresh.PublicKey], authority.Keys.Account(BrokerAccount.Fleet).Revocations.Keys);
        Assert.Equal([fresh.PublicKey], authority.Trust.Current.RevokedCallers.Select(static one => one.Key));
    }

    [Fact]
    public async Task A_new_role_key_takes_the_old_ones_place_everywhere()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        string before = authority.Keys.RoleKeys(ScoutRole.Viewer)[0];
        string after = await authority.RotateRoleAsync(ScoutRole.Viewer, CancellationToken.None);
        Assert.NotEqual(before, after);
        Assert.Equal([after], authority.Keys.RoleKeys(ScoutRole.Viewer));
        Assert.Null(authority.Trust.Current.RoleOf(before));
        Assert.Equal("viewer", authority.Trust.Current.RoleOf(after));
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        Assert.True(NatsJwt.TryRead(authority.IssueUser(ScoutRole.Viewer, "bob", key.PublicKey).Jwt, out NatsUserClaims? claims, out _));
        Assert.Equal(after, claims.Issuer);
        Assert.Empty(authority.TemplatesThatDiffer());
    }

    [Fact]
    public async Task A_change_of_key_that_was_interrupted_is_ended()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        string old = File.ReadAllText(bench.Files.RoleKey(ScoutRole.Viewer));
        await authority.RotateRoleAsync(ScoutRole.Viewer, CancellationToken.None);
        // As it is when the account was written and the key file was not yet renamed.
        File.Move(bench.Files.RoleKey(ScoutRole.Viewer), bench.Files.RoleKey(ScoutRole.Viewer) + ".next");
        PrivateFile.Replace(bench.Files.RoleKey(ScoutRole.Viewer), old);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        Assert.Contains("not the present key", Assert.Throws<BrokerKeyException>(() => authority.IssueUser(ScoutRole.Viewer, "bob", key.PublicKey)).Message, StringComparison.Ordinal);
        await bench.RunAsync();
        authority.IssueUser(ScoutRole.Viewer, "bob", key.PublicKey);
    }

    [Fact]
    public async Task A_template_of_an_older_version_is_noticed_and_brought_up_to_date_when_asked()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        NatsAccountClaims fleet = authority.Keys.Account(BrokerAccount.Fleet);
        using (NKeyPair signer = authority.Keys.OpenOperatorSigning())
        {
            NatsAccountClaims older = fleet with
            {
                SigningKeys = [.. fleet.SigningKeys.Select(static key => key.Role == "viewer" ? key with { Template = key.Template! with { Publish = new NatsSubjectPermissions { Allow = ["older"] } } } : key)],
            };
            AccountFile.Write(bench.Files.AccountJwt(BrokerAccount.Fleet), NatsJwt.Encode(older, signer, TimeProvider.System.GetUtcNow(), "x"));
        }

        Assert.Equal(["viewer"], authority.TemplatesThatDiffer());
        Assert.Equal(["viewer"], await authority.UpdateTemplatesAsync(CancellationToken.None));
        Assert.Empty(authority.TemplatesThatDiffer());
    }

    [Fact]
    public async Task The_book_skips_cut_lines_and_forgets_what_has_expired()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var book = new IssuedBook(bench.Path("book.jsonl"), time);
        book.Add(new IssuedLogin(time.GetUtcNow(), "viewer", "bob", "U1", time.GetUtcNow().AddDays(1)));
        File.AppendAllText(bench.Path("book.jsonl"), "{\"time\":\"2026-\n");
        book.Add(new IssuedLogin(time.GetUtcNow(), "viewer", "eve", "U2", time.GetUtcNow().AddDays(3)));
        Assert.Equal(["bob", "eve"], book.Living().Select(static one => one.Name));
        time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(["eve"], book.Living().Select(static one => one.Name));
    }

    [Fact]
    public async Task The_book_does_not_grow_with_a_holder_who_renews_all_the_time()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var book = new IssuedBook(bench.Path("book.jsonl"), time);
        for (int i = 0; i < 4096; i++) book.Add(new IssuedLogin(time.GetUtcNow(), "node", "web1", "U1", time.GetUtcNow().AddDays(7).AddSeconds(i)));
        Assert.Single(File.ReadAllLines(bench.Path("book.jsonl")));
        Assert.Equal(time.GetUtcNow().AddDays(7).AddSeconds(4095).ToUnixTimeSeconds(), Assert.Single(book.Living()).Expires.ToUnixTimeSeconds());
    }

    private static async Task<AccountAuthority> MakeAsync(InitBench bench)
    {
        await bench.RunAsync("broker.example.org");
        return new AccountAuthority(BrokerKeyring.Open(bench.Files.Root), TimeProvider.System);
    }
}
