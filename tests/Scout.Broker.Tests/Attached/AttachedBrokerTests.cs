using System.Text;
using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Custody;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Tests.Secure;
using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Attached;

/// <summary><c>scout broker run --attached</c> beside a real nats-server that it neither starts nor stops.</summary>
public sealed class AttachedBrokerTests
{
    [Fact]
    public async Task It_waits_for_its_neighbour_gets_ready_lets_it_go_and_comes_back_with_it()
    {
        await using var bench = new AttachedBench();
        await bench.InitAsync();
        Assert.Null((await bench.ConfigAsync()).Error);
        // Private keys are where they are mounted, and nowhere else.
        Assert.DoesNotContain(Directory.EnumerateFiles(bench.Files.Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }), static path => path.EndsWith(".nk", StringComparison.Ordinal) || path.EndsWith("ca.key", StringComparison.Ordinal));
        bench.Begin();
        await Until.TrueAsync("it says that it waits", () => bench.Log.Count(5062) > 0, TimeSpan.FromSeconds(60), () => bench.Log.Text);
        Assert.Equal(503, (await bench.GetAsync("/readyz")).Code);
        Assert.Equal(200, (await bench.GetAsync("/healthz")).Code);

        bench.StartServer();
        await bench.ReadyAsync();
        Assert.Equal(200, (await bench.GetAsync("/readyz")).Code);
        await Until.TrueAsync("the provisioner listens", () => bench.Log.Count(5087) > 0, TimeSpan.FromSeconds(60), () => bench.Log.Text);
        Assert.Equal(0, bench.Log.Count(5051));

        bench.KillServer();
        await Until.TrueAsync("not ready", async () => (await bench.GetAsync("/readyz")).Code == 503, TimeSpan.FromSeconds(60), () => bench.Log.Text);
        bench.StartServer();
        await bench.ReadyAsync(2);
        Assert.Equal(BrokerExit.Stopped, await bench.StopAsync());
        Assert.True(bench.ServerLives);
    }

    [Fact]
    public async Task What_is_revoked_in_the_pod_or_where_the_fleet_was_made_is_cut_and_neither_is_forgotten()
    {
        await using AttachedBench bench = await AttachedBench.RunningAsync();
        await using NatsConnection bob = await bench.ConnectAsync(bench.Creds(ScoutRole.Viewer, "bob"));
        string annas = bench.Creds(ScoutRole.Viewer, "anna");
        await using NatsConnection anna = await bench.ConnectAsync(annas);
        string Key(string creds)
        {
            using NatsCreds read = NatsCreds.Read(creds);
            return read.Key.PublicKey;
        }

        // On the machine of the keys: the Secret tells the pod.
        Assert.True((await AttachedBench.RevokeAsync(bench.Home, HolderKind.Caller, "bob")).Waiting);
        await bench.ApplyAsync();
        SecureBench.Hangup();
        await Until.TrueAsync("bob is cut", () => bob.ConnectionState != NatsConnectionState.Open, TimeSpan.FromSeconds(60), () => bench.Log.Text);
        Assert.True(bench.Log.Count(5064) > 0, bench.Log.Text);

        // In the pod, by key: its book does not know who was given what elsewhere.
        CustodyReport report = await AttachedBench.RevokeAsync(bench.Files, HolderKind.Caller, Key(annas));
        Assert.True(report.InForce, report.Detail + bench.Log.Text);
        await Until.TrueAsync("anna is cut", () => anna.ConnectionState != NatsConnectionState.Open, TimeSpan.FromSeconds(60), () => bench.Log.Text);

        // A new pod with the Secret as it is, which does not know of anna, and the volume.
        await bench.StopAsync();
        Assert.Null((await bench.ConfigAsync()).Error);
        BrokerKeyring keys = BrokerKeyring.Open(bench.Files.Root);
        Assert.Equal(2, keys.Account(BrokerAccount.Fleet).Revocations.Count);
        Assert.Equal(2, new TrustBook(keys, TimeProvider.System).Current.RevokedCallers.Length);
    }

    [Fact]
    public async Task A_certificate_that_is_swapped_as_the_kubelet_does_is_taken_over_when_it_fits_and_not_before()
    {
        await using var bench = new AttachedBench();
        await bench.InitAsync();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        CertificatePem authority = FleetCertificates.MakeAuthority(now);
        var mount = new MountedFolder(bench.File("tls"));
        void Put(CertificatePem pair, string key) => mount.Put(new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["tls.crt"] = Encoding.UTF8.GetBytes(pair.Certificates),
            ["tls.key"] = Encoding.UTF8.GetBytes(key),
            ["ca.crt"] = Encoding.UTF8.GetBytes(authority.Certificates),
        });
        CertificatePem first = FleetCertificates.IssueServer(authority, ["broker.test"], now), second = FleetCertificates.IssueServer(authority, ["broker.test"], now);
        Put(first, first.Key);
        bench.Options = bench.Options with { TlsCertificate = mount.At("tls.crt"), TlsKey = mount.At("tls.key"), TlsAuthority = mount.At("ca.crt"), Merge = bench.Write("merge.json", """{"max_connections":1000}""") };
        Assert.Null((await bench.ConfigAsync()).Error);
        Assert.Contains("max_connections: 1000\n", File.ReadAllText(bench.Files.Config), StringComparison.Ordinal);
        bench.StartServer();
        bench.Begin();
        await bench.ReadyAsync();
        Assert.Equal(first.Certificates, File.ReadAllText(bench.Files.Served));

        // A new certificate with the old key: no pair.
        Put(second, first.Key);
        SecureBench.Hangup();
        await Until.TrueAsync("refused", async () => (await bench.GetAsync("/metrics")).Body.Contains("scout_broker_reload_failed 1\n", StringComparison.Ordinal), TimeSpan.FromSeconds(60), () => bench.Log.Text);
        Assert.Equal(first.Certificates, File.ReadAllText(bench.Files.Served));

        Put(second, second.Key);
        SecureBench.Hangup();
        await Until.TrueAsync("said", () => bench.Log.Lines(5052).Any(static line => line.Contains("uses the new one", StringComparison.Ordinal)), TimeSpan.FromSeconds(60), () => bench.Log.Text);
        await Until.TrueAsync("mended", async () => (await bench.GetAsync("/metrics")).Body.Contains("scout_broker_reload_failed 0\n", StringComparison.Ordinal), TimeSpan.FromSeconds(60), () => bench.Log.Text);
        Assert.Equal(second.Certificates, File.ReadAllText(bench.Files.Served));
    }

    [Fact]
    public async Task The_secrets_have_what_broker_and_servers_need_and_no_more()
    {
        await using var bench = new AttachedBench();
        await bench.InitAsync();
        string yaml = await bench.ApplyAsync();
        Assert.Equal(
            [
                "broker.json", "ca.key", "ca.pem", "cluster.key", "fleet.jwt", "operator-signing.nk", "operator.jwt", "provision.jwt", "role-admin.nk", "role-broker.nk", "role-enroll.nk", "role-node.nk",
                "role-provisioner-enrol.nk", "role-provisioner.nk", "role-recover.nk", "role-system.nk", "system.jwt", "trust.json", "trust.nk",
            ],
            MountedFolder.Data(yaml, "scout-broker").Keys.Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(bench.Home.Authority), Assert.Single(MountedFolder.Data(yaml, "scout-servers"), static one => one.Key == "ca.crt").Value);
    }

    [Fact]
    public async Task A_secret_of_another_fleet_is_refused()
    {
        await using var bench = new AttachedBench();
        await bench.InitAsync();
        Assert.Null((await bench.ConfigAsync()).Error);
        await using var other = new AttachedBench();
        await other.InitAsync();
        bench.Options = bench.Options with { Secret = other.Mount.Path };
        Assert.Contains("is of another fleet", (await bench.ConfigAsync()).Error?.Message, StringComparison.Ordinal);
        Assert.Equal(bench.Mount.Path, new DirectoryInfo(bench.Files.KeyFolder).LinkTarget);
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_not_used()
    {
        await using var bench = new AttachedBench();
        await bench.InitAsync();
        string key = Path.Combine(bench.Mount.Path, "..data", "operator-signing.nk");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        string path = Path.Combine(bench.Mount.Path, "operator-signing.nk");
        Assert.Contains("defaultMode 0400", PrivateFile.WhyNotSecret(path), StringComparison.Ordinal);
        File.SetUnixFileMode(key, UnixFileMode.UserRead);
        Assert.Null(PrivateFile.WhyNotSecret(path));
    }
}
