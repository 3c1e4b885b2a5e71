using System.Security.Cryptography.X509Certificates;
using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Nats;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.Tests.Initialising;

/// <summary>With a real nats-server, which judges the configuration.</summary>
public sealed class BrokerInitTests
{
    [Fact]
    public async Task It_makes_everything_private_and_nats_server_accepts_the_result()
    {
        using var bench = new InitBench();
        InitReport report = await bench.RunAsync("broker.example.org", "192.0.2.7");
        Assert.All(report.Steps, step => Assert.True(step.Made, step.Path));
        Assert.All(report.Steps, step => Assert.True(File.Exists(step.Path), step.Path));
        foreach (string path in Directory.EnumerateFiles(bench.Files.Root, "*", SearchOption.AllDirectories))
        {
            bool open = path.EndsWith(".jwt", StringComparison.Ordinal) || path == bench.Files.Authority || path == bench.Files.Server || path == bench.Files.Trust;
            Assert.Equal(open ? (UnixFileMode)0b110_100_100 : (UnixFileMode)0b110_000_000, File.GetUnixFileMode(path));
            Assert.False(path.EndsWith(".tmp", StringComparison.Ordinal) || path.EndsWith(".new", StringComparison.Ordinal), path);
        }

        Assert.All(Directory.EnumerateDirectories(bench.Files.Root), static folder => Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(folder)));
        Assert.Equal(report.Steps.Select(static step => step.Path).Order(), Directory.EnumerateFiles(bench.Files.Root, "*", SearchOption.AllDirectories).Where(static path => !path.EndsWith("change.lock", StringComparison.Ordinal) && !path.Contains("issued.jsonl", StringComparison.Ordinal)).Order());
        Assert.Contains(report.BackUp, one => one.Key == bench.Files.KeyFolder);
        Assert.Contains($"scout broker run --data {bench.Files.Root}", report.Next.Select(static one => one.Key));
    }

    [Fact]
    public async Task Keys_accounts_and_trust_fit_together()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        BrokerKeyring keys = BrokerKeyring.Open(bench.Files.Root);
        TrustDocument trust = new TrustBook(keys, TimeProvider.System).Current;
        Assert.Equal(1, trust.Serial);
        Assert.Equal(keys.Fleet, trust.Fleet);
        foreach (RoleTemplate role in RoleTemplates.All)
        {
            using NKeyPair signer = keys.OpenRole(role.Role);
            Assert.Equal([signer.PublicKey], keys.RoleKeys(role.Role));
            Assert.Equal(RoleNames.Word(role.Role), trust.RoleOf(signer.PublicKey));
        }

        NatsAccountClaims fleet = keys.Account(BrokerAccount.Fleet);
        Assert.Equal(RoleTemplates.All.Count(static one => one.Account == AccountKind.Fleet), fleet.SigningKeys.Count);
        Assert.All(fleet.SigningKeys, static key => Assert.NotNull(key.Template));
        Assert.Empty(new AccountAuthority(keys, TimeProvider.System).TemplatesThatDiffer());
        Assert.Equal(keys.Account(BrokerAccount.System).Subject, keys.Operator.SystemAccount);
        using NatsCreds admin = NatsCreds.Read(bench.Files.Creds("admin"), TimeProvider.System.GetUtcNow());
        Assert.Equal("admin", admin.Claims.Name);
        Assert.Equal("tls://broker.example.org:4222", admin.Urls);
        Assert.Equal(File.ReadAllText(bench.Files.Authority), admin.CertificatesPem);
        Assert.Null(admin.Claims.Permissions);
    }

    [Fact]
    public async Task The_certificates_are_for_the_hosts_and_for_nothing_else()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org", "192.0.2.7");
        Assert.True(ServerCertificate.TryRead(bench.Files.Server, bench.Files.ServerKey, out ServerCertificate? server, out string? why), why);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string authority = File.ReadAllText(bench.Files.Authority);
        Assert.Null(server.WhyUnfit(["broker.example.org", "192.0.2.7", "localhost", "127.0.0.1"], authority, now));
        Assert.Contains("not for evil.example.org", server.WhyUnfit(["evil.example.org"], authority, now), StringComparison.Ordinal);
        Assert.Contains("expired", server.WhyUnfit(["broker.example.org"], authority, now.AddDays(91)), StringComparison.Ordinal);
        Assert.Contains("not issued by", server.WhyUnfit(["broker.example.org"], FleetCertificates.MakeAuthority(now).Certificates, now), StringComparison.Ordinal);
        Assert.InRange((server.NotAfter - now).TotalDays, 89.9, 90);
        Assert.InRange((server.RenewFrom - now).TotalDays, 59, 61);
        using X509Certificate2 root = X509Certificate2.CreateFromPem(authority);
        X509BasicConstraintsExtension constraints = root.Extensions.OfType<X509BasicConstraintsExtension>().Single();
        Assert.True(constraints is { CertificateAuthority: true, HasPathLengthConstraint: true, PathLengthConstraint: 0, Critical: true });
        Assert.Equal(X509KeyUsageFlags.KeyCertSign, root.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);
        Assert.Equal(256, root.GetECDsaPublicKey()!.KeySize);
        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(server.Pem.Certificates);
        Assert.Equal(["1.3.6.1.5.5.7.3.1"], leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Select(static one => one.Value));
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", File.ReadAllText(bench.Files.ServerKey), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Called_again_it_changes_no_key_and_makes_nothing_but_the_configuration()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        Dictionary<string, string> before = bench.Contents();
        InitReport again = await bench.RunAsync();
        Assert.Equal([bench.Files.Config], again.Steps.Where(static step => step.Made).Select(static step => step.Path));
        Assert.Equal(before, bench.Contents());
    }

    [Fact]
    public async Task Interrupted_after_any_file_it_goes_on_and_keeps_every_key()
    {
        using var bench = new InitBench();
        InitReport whole = await bench.RunAsync("broker.example.org");
        string[] files = [.. whole.Steps.Select(static step => step.Path)];
        for (int there = 0; there < files.Length - 1; there++)
        {
            // Every third place, and all around the JWTs, where the order matters most.
            if (there % 3 != 0 && !files[there].EndsWith(".jwt", StringComparison.Ordinal)) continue;
            using var cut = new InitBench();
            foreach (string path in files.Take(there)) cut.Take(bench, path);
            Dictionary<string, string> before = cut.Contents();
            InitReport rest = await cut.RunAsync("broker.example.org");
            Assert.All(files, path => Assert.True(File.Exists(System.IO.Path.Combine(cut.Files.Root, System.IO.Path.GetRelativePath(bench.Files.Root, path))), path));
            Assert.Contains(rest.Steps, static step => step.Made);
            foreach ((string path, string text) in before) Assert.True(text == cut.Contents()[path], $"{path} changed after an interruption at {files[there]}");
            _ = new TrustBook(BrokerKeyring.Open(cut.Files.Root), TimeProvider.System).Current;
        }
    }

    [Fact]
    public async Task With_offline_keys_the_root_keys_are_elsewhere_and_nothing_misses_them()
    {
        using var bench = new InitBench();
        string away = bench.Path("stick");
        await bench.RunAsync(options => options with { OfflineKeys = away }, "broker.example.org");
        Assert.Equal(["account-fleet.nk", "account-provision.nk", "account-system.nk", "operator.nk"], Directory.EnumerateFiles(away).Select(System.IO.Path.GetFileName).Order());
        Assert.False(File.Exists(bench.Files.Key("operator")));
        Directory.Delete(away, recursive: true);
        InitReport again = await bench.RunAsync();
        Assert.Single(again.Steps, static step => step.Made);
        AccountAuthority authority = new(BrokerKeyring.Open(bench.Files.Root), TimeProvider.System);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        authority.IssueUser(ScoutRole.Node, "web1", key.PublicKey);
        await authority.RevokeAsync([key.PublicKey], CancellationToken.None);
        Assert.Contains(key.PublicKey, authority.Keys.Account(BrokerAccount.Fleet).Revocations.Keys);
    }

    [Fact]
    public async Task Other_hosts_bring_another_certificate_and_the_same_authority()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        string authority = File.ReadAllText(bench.Files.Authority);
        InitReport report = await bench.RunAsync("other.example.org");
        Assert.Equal(authority, File.ReadAllText(bench.Files.Authority));
        Assert.Contains(report.Steps, step => step.Made && step.Path == bench.Files.Server);
        Assert.True(ServerCertificate.TryRead(bench.Files.Server, bench.Files.ServerKey, out ServerCertificate? server, out string? why), why);
        Assert.Null(server.WhyUnfit(["other.example.org"], authority, TimeProvider.System.GetUtcNow()));
    }

    [Fact]
    public async Task A_role_key_that_was_taken_away_is_not_made_anew()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        string path = bench.Files.RoleKey(ScoutRole.Viewer);
        File.Delete(path);
        InitReport report = await bench.RunAsync();
        Assert.False(File.Exists(path));
        Assert.Contains(report.Remarks, static remark => remark.Contains("role viewer is not here", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tls://broker.example.org")]
    [InlineData("broker.example.org:4222")]
    [InlineData("0.0.0.0")]
    [InlineData("a b")]
    [InlineData("*.example.org")]
    public async Task A_host_that_nobody_can_connect_to_is_refused_before_anything_is_made(string host)
    {
        using var bench = new InitBench();
        (InitReport? report, BrokerExit? error) = await BrokerInit.RunAsync(bench.Options with { Hosts = [host] }, TimeProvider.System, CancellationToken.None);
        Assert.Null(report);
        Assert.Equal(2, error!.Code);
        Assert.StartsWith("--host: ", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bench.Files.KeyFolder));
    }

    [Fact]
    public async Task Without_a_host_it_says_what_is_missing()
    {
        using var bench = new InitBench();
        (_, BrokerExit? error) = await BrokerInit.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None);
        Assert.Equal(2, error!.Code);
        Assert.Contains("--host", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keys/role-node.nk", "not a key", "holds no key")]
    [InlineData("keys/operator-signing.nk", "", "holds no key")]
    [InlineData("jwt/fleet.jwt", "a.b.c", "cannot be used")]
    [InlineData("trust.json", "{}", "cannot be used")]
    [InlineData("broker.json", "{}", "broker.json")]
    public async Task A_damaged_file_is_named_and_left_as_it_is(string name, string text, string why)
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        string path = System.IO.Path.Combine(bench.Files.Root, name);
        PrivateFile.Replace(path, text);
        (_, BrokerExit? error) = await BrokerInit.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None);
        Assert.NotNull(error);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Contains(System.IO.Path.GetFileName(name), error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
        Assert.Equal(text, File.ReadAllText(path));
    }

    [Fact]
    public async Task A_key_that_others_could_read_is_refused()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        File.SetUnixFileMode(bench.Files.RoleKey(ScoutRole.Node), (UnixFileMode)0b110_100_000);
        (_, BrokerExit? error) = await BrokerInit.RunAsync(bench.Options, TimeProvider.System, CancellationToken.None);
        Assert.Contains("can be read or written by others", error!.Message, StringComparison.Ordinal);
        Assert.Contains("chmod 600", error.Message, StringComparison.Ordinal);
    }
}
