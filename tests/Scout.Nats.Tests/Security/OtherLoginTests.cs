using System.Security.Cryptography.X509Certificates;
using Scout.Testing;

namespace Scout.Nats.Tests.Security;

/// <summary>What else a server may ask for: a client certificate, a bare key, user and password; each with a real server.</summary>
[Trait("attack", "A8")]
public sealed class OtherLoginTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly TestAuthority authority = new();

    public void Dispose()
    {
        authority.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_client_certificate_is_shown_when_there_is_one_and_missed_when_not()
    {
        using X509Certificate2 serverLeaf = authority.Issue(["localhost"]);
        using X509Certificate2 clientLeaf = authority.Issue(["node"], purpose: TestAuthority.ClientAuthentication);
        using var other = new TestAuthority("stranger");
        using X509Certificate2 strangerLeaf = other.Issue(["node"], purpose: TestAuthority.ClientAuthentication);
        (string certificate, string key) = TestAuthority.Write(folder, "server", serverLeaf);
        (string clientCertificate, string clientKey) = TestAuthority.Write(folder, "client", clientLeaf);
        (string strangerCertificate, string strangerKey) = TestAuthority.Write(folder, "stranger", strangerLeaf);
        string ca = folder.Write("ca.pem", authority.CaPem);
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings
        {
            JetStream = false,
            ExtraConfig = $"tls {{ cert_file: \"{certificate}\", key_file: \"{key}\", ca_file: \"{ca}\", verify: true, timeout: 10 }}",
        });
        var trusted = new NatsTlsOpts { CaFile = ca };
        foreach (NatsTlsOpts wrong in new[] { trusted, trusted with { CertFile = strangerCertificate, KeyFile = strangerKey } })
        {
            await using NatsConnection nats = Connect(server, opts => opts with { TlsOpts = wrong });
            await Assert.ThrowsAsync<NatsConnectionFailedException>(async () => await nats.ConnectAsync());
        }

        await using NatsConnection good = Connect(server, opts => opts with { TlsOpts = trusted with { CertFile = clientCertificate, KeyFile = clientKey } });
        await good.ConnectAsync();
        await good.PingAsync();
    }

    [Fact]
    public async Task A_bare_key_logs_in_where_its_public_half_is_listed()
    {
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        using NKeyPair stranger = NKeyPair.Create(NKeyType.User);
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings
        {
            JetStream = false,
            ExtraConfig = $"authorization {{ users: [ {{ nkey: {key.PublicKey} }} ] }}",
        });
        await using NatsConnection good = Connect(server, opts => opts with { Url = server.Url, AuthOpts = new NatsAuthOpts { NKey = key } });
        await good.ConnectAsync();
        await using NatsConnection bad = Connect(server, opts => opts with { Url = server.Url, AuthOpts = new NatsAuthOpts { NKey = stranger } });
        Assert.True((await Assert.ThrowsAsync<NatsServerException>(async () => await bad.ConnectAsync())).IsAuthError);
    }

    [Fact]
    public async Task User_and_password_are_given_from_the_options_or_the_address()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings
        {
            JetStream = false,
            ExtraConfig = "authorization { user: bob, password: \"s3 cret\" }",
        });
        foreach (NatsOpts opts in new[]
                 {
                     new NatsOpts { Url = server.Url, AuthOpts = new NatsAuthOpts { Username = "bob", Password = "s3 cret" } },
                     new NatsOpts { Url = server.Url.Replace("nats://", "nats://bob:s3%20cret@", StringComparison.Ordinal) },
                 })
        {
            await using var good = new NatsConnection(opts);
            await good.ConnectAsync();
            Assert.DoesNotContain("s3", $"{opts.AuthOpts}", StringComparison.Ordinal);
        }

        await using NatsConnection bad = Connect(server, opts => opts with { Url = server.Url, AuthOpts = new NatsAuthOpts { Username = "bob", Password = "guess" } });
        Assert.True((await Assert.ThrowsAsync<NatsServerException>(async () => await bad.ConnectAsync())).IsAuthError);
    }

    [Fact]
    public async Task An_encrypted_line_that_ends_after_any_byte_leaves_nobody_waiting()
    {
        using X509Certificate2 leaf = authority.Issue(["localhost"]);
        (string certificate, string key) = TestAuthority.Write(folder, "server", leaf);
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings
        {
            JetStream = false,
            ExtraConfig = $"tls {{ cert_file: \"{certificate}\", key_file: \"{key}\", timeout: 10 }}",
        });
        await using var proxy = new FaultProxy(server.Port);
        var random = new Random(7);
        // INFO and handshake are about 1.5 kB of the server's, the conversation the rest.
        for (int round = 0; round < 60; round++)
        {
            int bytes = random.Next(1, 2600);
            proxy.CutAfter(bytes);
            await using NatsConnection nats = Connect(server, opts => opts with
            {
                Url = $"tls://localhost:{proxy.Port}",
                TlsOpts = new NatsTlsOpts { CaPem = authority.CaPem },
                RetryOnInitialConnect = true,
            });
            await nats.ConnectAsync();
            await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("a");
            string seen = "";
            await Until.TrueAsync($"a message has come, cut after {bytes} bytes", async () =>
            {
                try
                {
                    await nats.PublishAsync("a", "x");
                    await nats.PingAsync();
                }
                catch (NatsException)
                {
                    // The cut; the line comes back.
                }

                return sub.Msgs.TryRead(out NatsMsg<string> message) && (seen = message.Data!) == "x";
            });
            Assert.Equal("x", seen);
        }
    }

    private static NatsConnection Connect(NatsServerProcess server, Func<NatsOpts, NatsOpts> change) => new(change(new NatsOpts
    {
        Url = $"tls://localhost:{server.Port}",
        ReconnectSpread = TimeSpan.Zero,
        ReconnectWaitMin = TimeSpan.FromMilliseconds(2),
        ReconnectWaitMax = TimeSpan.FromMilliseconds(20),
        ConnectTimeout = TimeSpan.FromSeconds(20),
    }));
}
