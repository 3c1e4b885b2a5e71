using System.Diagnostics;
using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Custody;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Secure;
using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Secure;

/// <summary>Attack rows 30 and 33 of security.md section 15, on one running broker each time; SIGHUP goes to this process, in which the broker runs.</summary>
[Trait("attack", "30")]
[Trait("attack", "33")]
public sealed class SecureAttackTests
{
    [Fact]
    public async Task Row_30_what_is_revoked_is_cut_and_stays_out_and_a_removed_role_key_ends_its_role_alone()
    {
        await using SecureBench bench = await SecureBench.RunningAsync();
        string bobs = bench.Creds(ScoutRole.Viewer, "bob");
        string nodes = bench.Creds(ScoutRole.Node, "web1");
        string olivias = bench.Creds(ScoutRole.Operator, "olivia");
        await using NatsConnection bob = await bench.ConnectAsync(bobs);
        await using NatsConnection node = await bench.ConnectAsync(nodes);
        await using NatsConnection olivia = await bench.ConnectAsync(olivias);
        var lost = new Cuts(olivia);

        (CustodyReport? report, BrokerExit? error) = await KeyCustody.RevokeAsync(bench.Files.Root, HolderKind.Node, ["web1"], TimeProvider.System, CancellationToken.None);
        Assert.True(report is { InForce: true }, error?.Message ?? report?.Detail + bench.Log.Text);
        await Until.TrueAsync("the node is cut", () => node.ConnectionState != NatsConnectionState.Open, TimeSpan.FromSeconds(20), () => bench.Log.Text);
        await Assert.ThrowsAnyAsync<NatsException>(() => bench.ConnectAsync(nodes, patient: false));
        using (NatsCreds creds = NatsCreds.Read(nodes))
        {
            Assert.Throws<BrokerKeyException>(() => bench.Authority.IssueUser(ScoutRole.Node, "web1", creds.Key.PublicKey));
            // One that was being signed while the key was taken back, and is a little younger than that.
            using NKeyPair role = SeedFile.Open(bench.Files.RoleKey(ScoutRole.Node), NKeyType.Account);
            string late = NatsJwt.Encode(creds.Claims with { Expires = TimeProvider.System.GetUtcNow().AddDays(1) }, role, TimeProvider.System.GetUtcNow().AddSeconds(30), "late");
            string file = bench.File("late.creds");
            PrivateFile.Replace(file, NatsCreds.Format(late, creds.Key.ExportSeed(), bench.Files.AuthorityPem()));
            await Assert.ThrowsAnyAsync<NatsException>(() => bench.ConnectAsync(file, patient: false));
        }

        await bob.PingAsync();

        (report, error) = await KeyCustody.RotateRoleAsync(bench.Files.Root, "viewer", TimeProvider.System, CancellationToken.None);
        Assert.True(report is { InForce: true }, error?.Message ?? report?.Detail + bench.Log.Text);
        await Until.TrueAsync("bob is cut", () => bob.ConnectionState != NatsConnectionState.Open, TimeSpan.FromSeconds(20), () => bench.Log.Text);
        await Assert.ThrowsAnyAsync<NatsException>(() => bench.ConnectAsync(bobs, patient: false));
        await using (NatsConnection again = await bench.ConnectAsync(bench.Creds(ScoutRole.Viewer, "bob2"))) await again.PingAsync();
        await olivia.PingAsync();
        Assert.Equal(0, lost.Count);
        Assert.Equal(2, bench.Authority.Trust.Current.Serial);
    }

    [Fact]
    public async Task A_new_key_for_the_admin_role_leaves_the_broker_its_own_line()
    {
        await using SecureBench bench = await SecureBench.RunningAsync();
        (CustodyReport? report, BrokerExit? error) = await KeyCustody.RotateRoleAsync(bench.Files.Root, "admin", TimeProvider.System, CancellationToken.None);
        Assert.True(report is { InForce: true }, error?.Message ?? report?.Detail + bench.Log.Text);
        await using NatsConnection admin = await bench.ConnectAsync(bench.Files.Creds("admin"));
        await admin.PingAsync();
        Assert.Equal(0, bench.Log.Count(5007));
    }

    [Fact]
    public async Task Logins_that_meet_a_reload_get_in_without_anybody_noticing()
    {
        // nats-server 2.9.10 answers 'Authorization Violation' to good logins between the accounts and the end of a reload, also of one that changes nothing: of three that log in
        // all the time about one a reload is refused.
        await using SecureBench bench = await SecureBench.RunningAsync();
        string bobs = bench.Creds(ScoutRole.Viewer, "bob");
        using var stop = new CancellationTokenSource();
        int good = 0;
        Task[] people = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await using var one = new NatsConnection(bench.Opts(bobs) with { RefusedPatience = TimeSpan.FromSeconds(20), ConnectTimeout = TimeSpan.FromSeconds(20) });
                await one.ConnectAsync();
                Interlocked.Increment(ref good);
            }
        }))];
        for (int i = 0; i < 8; i++)
        {
            int before = bench.Log.Count(5050);
            SecureBench.Hangup();
            await Until.TrueAsync("reloaded", () => bench.Log.Count(5050) > before, TimeSpan.FromSeconds(20), () => bench.Log.Text);
        }

        await stop.CancelAsync();
        await Task.WhenAll(people);
        Assert.True(good > 8, $"{good}");
    }

    [Fact]
    public async Task Row_33_a_broken_configuration_or_certificate_leaves_the_old_one_in_force_and_is_reported()
    {
        await using SecureBench bench = await SecureBench.RunningAsync();
        string bobs = bench.Creds(ScoutRole.Viewer, "bob");
        await using NatsConnection bob = await bench.ConnectAsync(bobs);
        var lost = new Cuts(bob);
        string good = File.ReadAllText(bench.Files.Config);

        // An account that is no JWT of ours: named before nats-server hears of it.
        string fleet = File.ReadAllText(bench.Files.AccountJwt(BrokerAccount.Fleet));
        PrivateFile.Replace(bench.Files.AccountJwt(BrokerAccount.Fleet), "e30.e30.AAAA\n");
        await RefusedAsync(bench, "fleet.jwt");
        PrivateFile.Replace(bench.Files.AccountJwt(BrokerAccount.Fleet), fleet);

        // One that is missing, as after a copy that was cut.
        File.Move(bench.Files.AccountJwt(BrokerAccount.Provision), bench.File("aside"));
        await RefusedAsync(bench, "provision.jwt");
        File.Move(bench.File("aside"), bench.Files.AccountJwt(BrokerAccount.Provision));

        // A pair that does not fit: the running broker makes a good one of it again.
        string key = File.ReadAllText(bench.Files.ServerKey);
        PrivateFile.Replace(bench.Files.ServerKey, FleetCertificates.MakeAuthority(TimeProvider.System.GetUtcNow()).Key);
        SecureBench.Hangup();
        await Until.TrueAsync("a new certificate", () => File.ReadAllText(bench.Files.ServerKey) != key && ServerCertificate.TryRead(bench.Files.Server, bench.Files.ServerKey, out _, out _), TimeSpan.FromSeconds(20), () => bench.Log.Text);
        await Until.TrueAsync("mended", async () => (await bench.MetricsAsync()).Contains("scout_broker_reload_failed 0\n", StringComparison.Ordinal), TimeSpan.FromSeconds(20), () => bench.Log.Text);

        Assert.Equal(good, File.ReadAllText(bench.Files.Config));
        Assert.Equal(0, lost.Count);
        await bob.PingAsync();
        // nats-server may refuse a login that comes while it takes over a configuration; the next one gets in.
        await Until.TrueAsync("a login that was good before is good now", () => LogsInAsync(bench, bobs), TimeSpan.FromSeconds(20), () => bench.Log.Text);
    }

    [Fact]
    public async Task A_reload_that_nats_server_refuses_is_told_in_its_words_and_the_last_good_file_is_back()
    {
        await using SecureBench bench = await SecureBench.RunningAsync();
        string good = File.ReadAllText(bench.Files.Config);
        // A re-signed operator passes 'nats-server -t' and is refused by every reload (security.md 3).
        using (NKeyPair root = SeedFile.Open(bench.Files.Key(KeyNames.Operator), NKeyType.Operator))
        {
            NatsOperatorClaims claims = BrokerKeyring.Open(bench.Files.Root).Operator;
            PrivateFile.Replace(bench.Files.OperatorJwt, NatsJwt.Encode(claims, root, TimeProvider.System.GetUtcNow(), "another") + "\n");
        }

        SecureBench.Hangup();
        await Until.TrueAsync("refused", () => bench.Log.Count(5051) > 0, TimeSpan.FromSeconds(20), () => bench.Log.Text);
        Assert.Contains("TrustedOperators", bench.Log.Lines(5051)[0], StringComparison.Ordinal);
        Assert.Equal(good, File.ReadAllText(bench.Files.Config));
        Assert.Contains("scout_broker_reload_failed 1\n", await bench.MetricsAsync(), StringComparison.Ordinal);
        // And a crash now starts the server with what was good.
        Process.GetProcessById(bench.ServerPid).Kill();
        await Until.TrueAsync("ready again", () => bench.Log.Count(5003) == 2, TimeSpan.FromSeconds(30), () => bench.Log.Text);
    }

    [Fact]
    public async Task A_certificate_from_elsewhere_is_taken_over_when_it_fits_and_not_before()
    {
        await using var bench = new SecureBench();
        await bench.InitAsync();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        CertificatePem authority = FleetCertificates.MakeAuthority(now);
        string certificate = bench.File("tls.crt"), key = bench.File("tls.key"), root = bench.File("ca.crt");
        void Put(CertificatePem pair)
        {
            PrivateFile.Replace(certificate, pair.Certificates);
            PrivateFile.Replace(key, pair.Key);
        }

        PrivateFile.Replace(root, authority.Certificates);
        Put(FleetCertificates.IssueServer(authority, ["broker.test"], now));
        bench.Options = bench.Options with { TlsCertificate = certificate, TlsKey = key, TlsAuthority = root };
        await bench.StartAsync();
        Assert.Equal(authority.Certificates, File.ReadAllText(bench.Files.Authority));
        string first = File.ReadAllText(bench.Files.Server);

        Put(FleetCertificates.IssueServer(authority, ["other.test"], now));
        SecureBench.Hangup();
        await Until.TrueAsync("refused", () => bench.Log.Lines(5053).Any(static line => line.Contains("not for broker.test", StringComparison.Ordinal)), TimeSpan.FromSeconds(20), () => bench.Log.Text);
        Assert.Equal(first, File.ReadAllText(bench.Files.Server));
        Assert.Contains("scout_broker_reload_failed 1\n", await bench.MetricsAsync(), StringComparison.Ordinal);

        Put(FleetCertificates.IssueServer(authority, ["broker.test"], now));
        SecureBench.Hangup();
        await Until.TrueAsync("taken over", () => File.ReadAllText(bench.Files.Server) == File.ReadAllText(certificate) && bench.Log.Count(5052) > 0, TimeSpan.FromSeconds(20), () => bench.Log.Text);
        await Until.TrueAsync("mended", async () => (await bench.MetricsAsync()).Contains("scout_broker_reload_failed 0\n", StringComparison.Ordinal), TimeSpan.FromSeconds(20), () => bench.Log.Text);
    }

    private static async Task<bool> LogsInAsync(SecureBench bench, string creds)
    {
        try
        {
            await using NatsConnection line = await bench.ConnectAsync(creds);
            await line.PingAsync();
            return true;
        }
        catch (NatsException)
        {
            return false;
        }
    }

    private static async Task RefusedAsync(SecureBench bench, string what)
    {
        int before = bench.Log.Count(5051);
        SecureBench.Hangup();
        await Until.TrueAsync("refused: " + what, () => bench.Log.Count(5051) > before, TimeSpan.FromSeconds(20), () => bench.Log.Text);
        Assert.Contains(bench.Log.Lines(5051), line => line.Contains(what, StringComparison.Ordinal));
        Assert.Contains("scout_broker_reload_failed 1\n", await bench.MetricsAsync(), StringComparison.Ordinal);
    }

    /// <summary>Counts how often a line was lost.</summary>
    private sealed class Cuts
    {
        private int count;

        public Cuts(NatsConnection nats) => nats.ConnectionDisconnected += (_, _) =>
        {
            Interlocked.Increment(ref count);
            return ValueTask.CompletedTask;
        };

        public int Count => Volatile.Read(ref count);
    }
}
