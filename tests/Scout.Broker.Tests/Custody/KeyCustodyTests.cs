using System.Security.Cryptography.X509Certificates;
using System.Text;
using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Custody;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Tests.Initialising;
using Scout.Nats;
using Scout.Protocol.Security.Audit;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Custody;

/// <summary>On a directory beside which no broker runs.</summary>
public sealed class KeyCustodyTests
{
    [Fact]
    public async Task A_holder_is_found_by_name_and_a_node_is_no_caller_of_the_same_name()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        using NKeyPair node = NKeyPair.Create(NKeyType.User);
        using NKeyPair person = NKeyPair.Create(NKeyType.User);
        authority.IssueUser(ScoutRole.Node, "web", node.PublicKey);
        authority.IssueUser(ScoutRole.Viewer, "web", person.PublicKey);
        (CustodyReport? report, BrokerExit? error) = await KeyCustody.RevokeAsync(bench.Files.Root, HolderKind.Node, ["web"], TimeProvider.System, CancellationToken.None);
        Assert.True(report is { Waiting: true, InForce: false }, error?.Message);
        Assert.Contains("no broker runs here", report.Detail, StringComparison.Ordinal);
        Assert.Equal([node.PublicKey], authority.Keys.Account(BrokerAccount.Fleet).Revocations.Keys);
        await KeyCustody.RevokeAsync(bench.Files.Root, HolderKind.Caller, ["web"], TimeProvider.System, CancellationToken.None);
        string[] audit = File.ReadAllLines(bench.Files.CustodyAudit);
        Assert.Equal(4, audit.Length);
        Assert.True(AuditLine.TryRead(Encoding.UTF8.GetBytes(audit[1]), out AuditRecord? row));
        Assert.Equal(("node_revoke", "written", "web"), (row.Data.Action, row.Data.Code, row.Data.Machines!.Value[0]));
        Assert.StartsWith("local:", row.Data.Caller, StringComparison.Ordinal);
        Assert.Equal(new[] { node.PublicKey, person.PublicKey }.Order(), authority.Keys.Account(BrokerAccount.Fleet).Revocations.Keys.Order());
    }

    [Fact]
    public async Task With_a_damaged_trust_document_nothing_is_begun()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        using NKeyPair person = NKeyPair.Create(NKeyType.User);
        authority.IssueUser(ScoutRole.Viewer, "bob", person.PublicKey);
        PrivateFile.Replace(bench.Files.Trust, "{", PrivateFile.Public);
        string before = File.ReadAllText(bench.Files.AccountJwt(BrokerAccount.Fleet)), key = File.ReadAllText(bench.Files.RoleKey(ScoutRole.Viewer));
        (_, BrokerExit? error) = await KeyCustody.RevokeAsync(bench.Files.Root, HolderKind.Caller, ["bob"], TimeProvider.System, CancellationToken.None);
        Assert.Contains("trust.json cannot be used", error!.Message, StringComparison.Ordinal);
        (_, error) = await KeyCustody.RotateRoleAsync(bench.Files.Root, "viewer", TimeProvider.System, CancellationToken.None);
        Assert.Contains("trust.json cannot be used", error!.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(bench.Files.AccountJwt(BrokerAccount.Fleet)));
        Assert.Equal(key, File.ReadAllText(bench.Files.RoleKey(ScoutRole.Viewer)));
    }

    [Fact]
    public async Task A_key_of_a_role_that_others_can_read_is_refused_with_the_chmod_that_mends_it()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        authority.Keys.Guard();
        string path = bench.Files.RoleKey(ScoutRole.Gateway);
        File.SetUnixFileMode(path, PrivateFile.Public);
        Assert.Contains($"chmod 600 {path}", Assert.Throws<BrokerKeyException>(authority.Keys.Guard).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_a_full_disk_cut_does_not_swallow_the_next()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        File.AppendAllText(bench.Files.Issued, "{\"time\":\"2026");
        File.AppendAllText(bench.Files.CustodyAudit, "{\"time\":");
        using NKeyPair person = NKeyPair.Create(NKeyType.User);
        authority.IssueUser(ScoutRole.Viewer, "bob", person.PublicKey);
        Assert.Contains(authority.Issued.Living(), one => one.Key == person.PublicKey);
        new CustodyAudit(bench.Files, TimeProvider.System).Write("test", [], "ok", null);
        Assert.True(AuditLine.TryRead(Encoding.UTF8.GetBytes(File.ReadAllLines(bench.Files.CustodyAudit)[^1]), out _));
    }

    [Fact]
    public async Task An_unknown_name_and_the_brokers_own_logins_are_not_revoked()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        (_, BrokerExit? error) = await KeyCustody.RevokeAsync(bench.Files.Root, HolderKind.Caller, ["nobody"], TimeProvider.System, CancellationToken.None);
        Assert.Contains("no login of a caller 'nobody'", error!.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
        (_, error) = await KeyCustody.RevokeAsync(bench.Files.Root, HolderKind.Caller, ["admin"], TimeProvider.System, CancellationToken.None);
        Assert.Contains("admin.creds", error!.Message, StringComparison.Ordinal);
        Assert.Contains("rotate role admin", error.Hint, StringComparison.Ordinal);
        Assert.Empty(authority.Keys.Account(BrokerAccount.Fleet).Revocations);
    }

    [Fact]
    public async Task With_a_new_key_for_a_role_the_broker_keeps_a_login_and_its_key()
    {
        using var bench = new InitBench();
        AccountAuthority authority = await MakeAsync(bench);
        using NatsCreds before = NatsCreds.Read(bench.Files.Creds("admin"));
        (CustodyReport? report, BrokerExit? error) = await KeyCustody.RotateRoleAsync(bench.Files.Root, "admin", TimeProvider.System, CancellationToken.None);
        Assert.True(report is not null, error?.Message);
        using NatsCreds after = NatsCreds.Read(bench.Files.Creds("admin"));
        Assert.Equal(before.Key.PublicKey, after.Key.PublicKey);
        Assert.Equal(authority.Keys.RoleKeys(ScoutRole.Admin), [after.Claims.Issuer]);
        Assert.NotEqual(before.Claims.Issuer, after.Claims.Issuer);
        (_, error) = await KeyCustody.RotateRoleAsync(bench.Files.Root, "root", TimeProvider.System, CancellationToken.None);
        Assert.Contains("no role", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_authority_takes_over_with_both_trusted_for_a_life_of_the_nodes()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        string old = File.ReadAllText(bench.Files.Authority);
        await StepAsync(bench, time, "begin");
        Assert.Equal(2, Count(bench.Files.AuthorityPem()));
        Assert.StartsWith(old, bench.Files.AuthorityPem(), StringComparison.Ordinal);
        Assert.Null(Server(bench).WhyUnfit(["broker.example.org"], old, time.GetUtcNow()));
        Assert.Contains("'scout broker rotate ca switch' is due in 7 days", (await RefusedAsync(bench, time, "switch")).Hint, StringComparison.Ordinal);
        await RefusedAsync(bench, time, "begin");
        await RefusedAsync(bench, time, "finish");
        time.Advance(TimeSpan.FromDays(7));
        await StepAsync(bench, time, "switch");
        Assert.Equal(2, Count(bench.Files.AuthorityPem()));
        Assert.NotNull(Server(bench).WhyUnfit(["broker.example.org"], old, time.GetUtcNow()));
        Assert.Null(Server(bench).WhyUnfit(["broker.example.org"], bench.Files.AuthorityPem(), time.GetUtcNow()));
        await RefusedAsync(bench, time, "finish");
        time.Advance(TimeSpan.FromDays(7));
        await StepAsync(bench, time, "finish");
        Assert.Equal(1, Count(bench.Files.AuthorityPem()));
        Assert.NotEqual(old, bench.Files.AuthorityPem());
        Assert.Null(Server(bench).WhyUnfit(["broker.example.org"], bench.Files.AuthorityPem(), time.GetUtcNow()));
        Assert.Null(CertificateKeeper.WhyDue(bench.Files, BrokerSettings.Read(bench.Files), time.GetUtcNow()));
    }

    [Fact]
    public async Task Logins_of_services_are_renewed_in_their_last_third_with_the_same_key()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var authority = new AccountAuthority(BrokerKeyring.Open(bench.Files.Root), time);
        BrokerSettings settings = BrokerSettings.Read(bench.Files);
        Assert.Empty(ServiceLogins.Renew(authority, settings, time.GetUtcNow()).Renewed);
        using NatsCreds before = NatsCreds.Read(bench.Files.Creds("broker"));
        time.Advance(TimeSpan.FromDays(21));
        File.Delete(bench.Files.RoleKey(ScoutRole.Admin));
        (IReadOnlyList<string> renewed, IReadOnlyList<string> failed) = ServiceLogins.Renew(authority, settings, time.GetUtcNow());
        Assert.Equal(["broker", "provisioner", "provisioner-enrol", "system"], renewed);
        Assert.Contains("role-admin.nk", Assert.Single(failed), StringComparison.Ordinal);
        using NatsCreds after = NatsCreds.Read(bench.Files.Creds("broker"));
        Assert.Equal(before.Key.PublicKey, after.Key.PublicKey);
        Assert.True(after.Claims.Expires > before.Claims.Expires);
    }

    private static async Task<AccountAuthority> MakeAsync(InitBench bench)
    {
        await bench.RunAsync("broker.example.org");
        return new AccountAuthority(BrokerKeyring.Open(bench.Files.Root), TimeProvider.System);
    }

    private static async Task StepAsync(InitBench bench, TimeProvider time, string step)
    {
        (CustodyReport? report, BrokerExit? error) = await KeyCustody.RotateAuthorityAsync(bench.Files.Root, step, force: false, time, CancellationToken.None);
        Assert.True(report is not null, error?.Message);
        Assert.NotEmpty(report.Next);
    }

    private static async Task<BrokerExit> RefusedAsync(InitBench bench, TimeProvider time, string step)
    {
        (CustodyReport? report, BrokerExit? error) = await KeyCustody.RotateAuthorityAsync(bench.Files.Root, step, force: false, time, CancellationToken.None);
        Assert.Null(report);
        return error!;
    }

    private static ServerCertificate Server(InitBench bench) =>
        ServerCertificate.TryRead(bench.Files.Server, bench.Files.ServerKey, out ServerCertificate? server, out string? why) ? server : throw new InvalidOperationException(why);

    private static int Count(string pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        return all.Count;
    }
}
