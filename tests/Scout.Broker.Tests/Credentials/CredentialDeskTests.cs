using Scout.Broker.Credentials;
using Scout.Broker.Keys;
using Scout.Broker.Tests.Initialising;
using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Credentials;

public sealed class CredentialDeskTests
{
    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Credentials_are_signed_by_the_key_of_the_role_and_lead_to_the_broker_on_their_own()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        string file = Path.Combine(bench.Files.Root, "bob.creds");
        CredsFile made = Good(CredentialDesk.Issue(Options(bench, file) with { Life = TimeSpan.FromHours(8) }, TimeProvider.System));
        Assert.True(made.HasSeed);
        Assert.Equal(Secret, File.GetUnixFileMode(file));
        using NatsCreds creds = NatsCreds.Read(file, TimeProvider.System.GetUtcNow());
        Assert.Equal("bob", creds.Claims.Name);
        Assert.Equal("tls://broker.example.org:4222", creds.Urls);
        Assert.Equal(File.ReadAllText(bench.Files.Authority), creds.CertificatesPem);
        Assert.Contains(creds.Claims.Issuer, BrokerKeyring.Open(bench.Files.Root).RoleKeys(ScoutRole.Viewer));
        Assert.InRange((creds.Claims.Expires!.Value - creds.Claims.IssuedAt).TotalHours, 7.99, 8.01);
        Assert.Equal(made, Good(CredentialDesk.Show(file)) with { Groups = made.Groups });
    }

    [Fact]
    public async Task A_key_made_elsewhere_is_signed_without_its_seed_and_joined_where_the_seed_is()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        using var home = new TempFolder();
        string seed = Path.Combine(home.Path, "bob.nk");
        (string? key, _) = CredentialDesk.MakeKey(seed);
        Assert.Equal(Secret, File.GetUnixFileMode(seed));
        string signed = Path.Combine(home.Path, "bob.signed");
        CredsFile made = Good(CredentialDesk.Issue(Options(bench, signed) with { Key = key }, TimeProvider.System));
        Assert.Equal((key, false), (made.Key, made.HasSeed));
        Assert.DoesNotContain("SEED", File.ReadAllText(signed), StringComparison.Ordinal);
        string whole = Path.Combine(home.Path, "bob.creds");
        Assert.True(Good(CredentialDesk.Join(signed, seed, whole)).HasSeed);
        using NatsCreds creds = NatsCreds.Read(whole);
        Assert.Equal(("bob", "tls://broker.example.org:4222"), (creds.Claims.Name, creds.Urls));
        Assert.NotNull(creds.CertificatesPem);
        CredentialDesk.MakeKey(Path.Combine(home.Path, "other.nk"));
        Assert.Contains("belongs to", CredentialDesk.Join(signed, Path.Combine(home.Path, "other.nk"), Path.Combine(home.Path, "x.creds")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_must_not_be_signed_is_refused_and_leaves_no_file()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        string file = Path.Combine(bench.Files.Root, "x.creds");
        CredsOptions good = Options(bench, file);
        (CredsOptions Options, string Why)[] bad =
        [
            (good with { Role = ScoutRole.Node, Name = "*" }, "is not a name"),
            (good with { Role = ScoutRole.Node, Name = "a.b" }, "is not a name"),
            (good with { Role = ScoutRole.Gateway, Name = ">" }, "is not a name"),
            (good with { Name = "Bob" }, "is not a name"),
            (good with { Role = ScoutRole.Node, Name = "web1", Groups = ["*"] }, "is not a group name"),
            (good with { Groups = ["web"] }, "only a node"),
            (good with { Role = ScoutRole.Enroll, Name = "web1" }, "not made by hand"),
            (good with { Life = TimeSpan.FromDays(31) }, "at most"),
            (good with { Key = "UNONSENSE" }, "no public key"),
            (good with { Key = BrokerKeyring.Open(bench.Files.Root).Fleet }, "no public key"),
        ];
        foreach ((CredsOptions options, string why) in bad)
        {
            Assert.Contains(why, CredentialDesk.Issue(options, TimeProvider.System).Error!.Message, StringComparison.Ordinal);
            Assert.False(File.Exists(file));
        }
    }

    [Fact]
    public async Task Nothing_is_overwritten_and_without_the_key_of_the_role_nothing_is_made()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        string file = Path.Combine(bench.Files.Root, "x.creds");
        File.WriteAllText(file, "mine");
        Assert.Contains("is there already", CredentialDesk.Issue(Options(bench, file), TimeProvider.System).Error!.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(file));
        File.Delete(file);
        File.Delete(bench.Files.RoleKey(ScoutRole.Viewer));
        Assert.Contains("is not here", CredentialDesk.Issue(Options(bench, file), TimeProvider.System).Error!.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task A_seed_that_others_can_read_is_not_shown_as_good()
    {
        using var bench = new InitBench();
        await bench.RunAsync("broker.example.org");
        string file = Path.Combine(bench.Files.Root, "bob.creds");
        Good(CredentialDesk.Issue(Options(bench, file), TimeProvider.System));
        File.SetUnixFileMode(file, Secret | UnixFileMode.OtherRead);
        Assert.Contains("can be read", CredentialDesk.Show(file).Error!.Message, StringComparison.Ordinal);
    }

    private static CredsOptions Options(InitBench bench, string file) => new() { Root = bench.Files.Root, Role = ScoutRole.Viewer, Name = "bob", File = file };

    private static T Good<T>((T? Value, BrokerExit? Error) outcome)
        where T : class
    {
        Assert.True(outcome.Value is not null, outcome.Error?.Message);
        return outcome.Value!;
    }
}
