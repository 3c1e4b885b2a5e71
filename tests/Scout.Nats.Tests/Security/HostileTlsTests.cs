using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Scout.Nats.Tests.Fakes;
using Scout.Testing;

namespace Scout.Nats.Tests.Security;

/// <summary>Servers, and people between us and them, that want a credential they must not have.</summary>
[Trait("attack", "1")]
[Trait("attack", "19")]
[Trait("attack", "A8")]
public sealed class HostileTlsTests : IDisposable
{
    private const string PlainInfo = "INFO {\"server_id\":\"fake\",\"auth_required\":true,\"nonce\":\"abcdefghijklmno\"}\r\n";
    private const string TlsInfo = "INFO {\"server_id\":\"fake\",\"tls_required\":true,\"auth_required\":true,\"nonce\":\"abcdefghijklmno\"}\r\n";

    private readonly TestAuthority authority = new();
    private readonly NKeyPair user = NKeyPair.Create(NKeyType.User);

    public void Dispose()
    {
        authority.Dispose();
        user.Dispose();
    }

    [Theory]
    [InlineData("self-signed", "authority we trust")]
    [InlineData("expired", "not valid now")]
    [InlineData("of tomorrow", "not valid now")]
    [InlineData("other authority", "authority we trust")]
    [InlineData("other name", "is for broker.test, not for localhost")]
    [InlineData("without a name", "is for no name")]
    [InlineData("of a client", "not one for servers")]
    public async Task A_server_that_cannot_prove_itself_is_left_before_CONNECT(string certificate, string why)
    {
        using var other = new TestAuthority();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 shown = certificate switch
        {
            "self-signed" => TestAuthority.SelfSigned("localhost"),
            "expired" => authority.Issue(["localhost"], now.AddDays(-2), now.AddDays(-1)),
            "of tomorrow" => authority.Issue(["localhost"], now.AddDays(1), now.AddDays(2)),
            "other authority" => other.Issue(["localhost"]),
            "other name" => authority.Issue(["broker.test"]),
            "without a name" => authority.Issue([]),
            _ => authority.Issue(["localhost"], purpose: TestAuthority.ClientAuthentication),
        };
        await using var server = new FakeNatsServer(connection => ServeTlsAsync(connection, shown));
        await using NatsConnection nats = Connect(server);
        string message = (await Assert.ThrowsAsync<NatsConnectionFailedException>(async () => await nats.ConnectAsync())).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
        await EndedAsync(server.Connections[0]);
        Assert.Empty(server.Connections[0].Lines);
    }

    [Theory]
    [InlineData(PlainInfo)]
    [InlineData("INFO {\"server_id\":\"fake\",\"tls_required\":false,\"tls_available\":false,\"nonce\":\"abcdefghijklmno\"}\r\n")]
    public async Task A_server_without_TLS_gets_no_byte_from_an_address_that_asks_for_it(string info)
    {
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(info);
            await connection.ServeAsync();
        });
        foreach (NatsOpts opts in new[]
                 {
                     new NatsOpts { Url = $"tls://localhost:{server.Port}" },
                     new NatsOpts { Url = $"nats://localhost:{server.Port}", TlsOpts = new NatsTlsOpts { Mode = TlsMode.Require } },
                     new NatsOpts { Url = $"nats://localhost:{server.Port}", TlsOpts = new NatsTlsOpts { CaPem = authority.CaPem } },
                 })
        {
            await using var nats = new NatsConnection(opts with { AuthOpts = new NatsAuthOpts { NKey = user } });
            Assert.Contains("does not offer TLS", (await Assert.ThrowsAsync<NatsConnectionFailedException>(async () => await nats.ConnectAsync())).Message, StringComparison.Ordinal);
        }

        foreach (FakeConnection connection in server.Connections)
        {
            await EndedAsync(connection);
            Assert.Equal(0, connection.Received);
        }
    }

    [Fact]
    public async Task A_line_that_was_encrypted_once_is_never_again_in_the_clear()
    {
        using X509Certificate2 shown = authority.Issue(["localhost"]);
        await using var server = new FakeNatsServer(async connection =>
        {
            if (connection.Number == 1)
            {
                await connection.SendAsync(TlsInfo);
                await connection.UpgradeAsync(shown);
                await AcceptAsync(connection);
                connection.Close();
                return;
            }

            await connection.SendAsync(PlainInfo);
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Connect(server, opts => opts with { Url = $"nats://localhost:{server.Port}", TlsOpts = NatsTlsOpts.Default, AuthOpts = WithAuthority(), RetryOnInitialConnect = true });
        await nats.ConnectAsync();
        await Until.TrueAsync("it has refused to go on in the clear", () => nats.Status.Reason.Contains("does not offer TLS", StringComparison.Ordinal), seen: () => nats.Status.ToString());
        Assert.Equal(0, server.Connections[1].Received);
    }

    [Fact]
    public async Task Servers_learned_from_a_server_must_carry_its_name()
    {
        using X509Certificate2 good = authority.Issue(["localhost"]);
        using X509Certificate2 bad = authority.Issue(["127.0.0.1"]);
        await using var second = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(TlsInfo);
            await connection.UpgradeAsync(connection.Number == 1 ? bad : good);
            await AcceptAsync(connection);
            await connection.ServeAsync();
        });
        string learned = string.Create(CultureInfo.InvariantCulture, $"\"connect_urls\":[\"127.0.0.1:{second.Port}\"],");
        await using var first = new FakeNatsServer(async connection =>
        {
            if (connection.Number > 1) return;
            await connection.SendAsync(TlsInfo.Replace("{", "{" + learned, StringComparison.Ordinal));
            await connection.UpgradeAsync(good);
            await AcceptAsync(connection);
            // The client is open when it has subscribed to its inbox.
            while (!(await connection.ReadLineAsync()).StartsWith("SUB ", StringComparison.Ordinal))
            {
            }
        });
        await using NatsConnection nats = Connect(first, opts => opts with { RetryOnInitialConnect = true });
        var failures = new System.Collections.Concurrent.ConcurrentQueue<string>();
        nats.ReconnectFailed += (_, args) =>
        {
            failures.Enqueue(args.Message);
            return ValueTask.CompletedTask;
        };
        await nats.ConnectAsync();
        await Until.TrueAsync("it has moved to the learned server", () => second.Connections.Count >= 2 && nats.ConnectionState == NatsConnectionState.Open, seen: () => nats.Status.ToString());
        Assert.Empty(second.Connections[0].Lines);
        Assert.Contains(failures, failure => failure.Contains("is for 127.0.0.1, not for localhost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_stands_between_INFO_and_TLS_is_not_the_servers()
    {
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(TlsInfo + "INFO {\"nonce\":\"another-nonce-x\"}\r\n");
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Connect(server);
        Assert.Contains("in the clear", (await Assert.ThrowsAsync<NatsProtocolViolationException>(async () => await nats.ConnectAsync())).Message, StringComparison.Ordinal);
        await EndedAsync(server.Connections[0]);
        Assert.Equal(0, server.Connections[0].Received);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1234567")]
    [InlineData("scout-rpc-1\\nscout.rpc.all.transition\\n1700000000000\\nAAAAAAAAAAAAAAAAAAAAAA\\n00")]
    [InlineData("abcdefgh\\u0000")]
    [InlineData("abcdefgh\\u0001")]
    [InlineData("abcdefgh\\r\\n")]
    [InlineData("abcd efgh")]
    [InlineData("abcdefgh=")]
    [InlineData("abcdefgh+/")]
    [InlineData("äöüäöüäöü")]
    [InlineData("129")]
    public async Task A_nonce_that_reads_like_anything_else_is_not_signed(string nonce)
    {
        if (nonce == "129") nonce = new string('a', 129);
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(System.Text.Encoding.UTF8.GetBytes($"INFO {{\"server_id\":\"fake\",\"auth_required\":true,\"nonce\":\"{nonce}\"}}\r\n"));
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Plain(server);
        Assert.Contains("nonce", (await Assert.ThrowsAsync<NatsProtocolViolationException>(async () => await nats.ConnectAsync())).Message, StringComparison.Ordinal);
        await EndedAsync(server.Connections[0]);
        Assert.Equal(0, server.Connections[0].Received);
    }

    [Fact]
    public async Task A_nonce_of_a_megabyte_ends_with_the_control_line()
    {
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync($"INFO {{\"nonce\":\"{new string('a', 1_000_000)}\"}}\r\n");
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Plain(server);
        await Assert.ThrowsAsync<NatsProtocolViolationException>(async () => await nats.ConnectAsync());
        await EndedAsync(server.Connections[0]);
        Assert.Equal(0, server.Connections[0].Received);
    }

    [Theory]
    [InlineData("abcdefgh")]
    [InlineData("-_ABCxyz0189")]
    [InlineData("128")]
    public async Task A_nonce_of_a_real_server_is_signed_as_it_is(string nonce)
    {
        if (nonce == "128") nonce = new string('a', 128);
        string connect = "";
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync($"INFO {{\"server_id\":\"fake\",\"auth_required\":true,\"nonce\":\"{nonce}\"}}\r\n");
            connect = await connection.ReadLineAsync();
            await connection.ReadLineAsync();
            await connection.SendAsync("PONG\r\n");
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Plain(server);
        await nats.ConnectAsync();
        using var json = System.Text.Json.JsonDocument.Parse(connect["CONNECT ".Length..]);
        Assert.Equal(user.PublicKey, json.RootElement.GetProperty("nkey").GetString());
        byte[] signature = System.Buffers.Text.Base64Url.DecodeFromChars(json.RootElement.GetProperty("sig").GetString());
        Assert.True(NKeys.Verify(user.PublicKey, System.Text.Encoding.ASCII.GetBytes(nonce), signature));
    }

    [Fact]
    public async Task A_server_that_asks_for_no_signature_gets_no_credentials()
    {
        using X509Certificate2 shown = authority.Issue(["localhost"]);
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(FakeConnection.TlsInfo);
            await connection.UpgradeAsync(shown);
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Connect(server);
        Assert.Contains("no signature", (await Assert.ThrowsAsync<NatsConnectionFailedException>(async () => await nats.ConnectAsync())).Message, StringComparison.Ordinal);
        await EndedAsync(server.Connections[0]);
        Assert.Empty(server.Connections[0].Lines);
    }

    [Fact]
    public async Task A_server_that_demands_TLS_only_after_CONNECT_gets_it_from_then_on()
    {
        using X509Certificate2 shown = authority.Issue(["localhost"]);
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(connection.Number == 1 ? FakeConnection.Info : TlsInfo);
            if (connection.Number == 1) await connection.SendAsync("-ERR 'Secure Connection - TLS Required'\r\n");
            else await connection.UpgradeAsync(shown);
            await AcceptAsync(connection);
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Connect(server, opts => opts with
        {
            Url = $"nats://localhost:{server.Port}",
            TlsOpts = NatsTlsOpts.Default,
            AuthOpts = WithAuthority(),
            RetryOnInitialConnect = true,
        });
        await nats.ConnectAsync();
        await Until.TrueAsync("it is open", () => nats.ConnectionState == NatsConnectionState.Open, seen: () => nats.Status.ToString());
        Assert.Contains(server.Connections[1].Lines, line => line.Contains("\"tls_required\":true", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TLS_may_come_before_INFO()
    {
        using X509Certificate2 shown = authority.Issue(["localhost"]);
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.UpgradeAsync(shown);
            await connection.SendAsync(TlsInfo);
            await AcceptAsync(connection);
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Connect(server, opts => opts with { TlsOpts = opts.TlsOpts with { Mode = TlsMode.Implicit } });
        await nats.ConnectAsync();
    }

    [Fact]
    public async Task A_stalled_TLS_handshake_ends_at_the_deadline()
    {
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(TlsInfo);
            await connection.ServeAsync();
        });
        await using NatsConnection nats = Connect(server, opts => opts with { TimeProvider = time, ConnectTimeout = TimeSpan.FromSeconds(5) });
        Task connect = nats.ConnectAsync().AsTask();
        await Until.TrueAsync("the handshake has begun", () => server.Connections is [{ Received: > 0 }]);
        await HostileServerTests.AdvanceUntilAsync(time, TimeSpan.FromSeconds(1), () => connect.IsCompleted);
        Assert.Contains("waiting for TLS", (await Assert.ThrowsAsync<NatsConnectionFailedException>(() => connect)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TLS_1_1_is_not_spoken()
    {
        if (!File.Exists("/usr/bin/openssl")) Assert.Skip("openssl is not installed");
        using var folder = new TempFolder();
        using X509Certificate2 shown = authority.Issue(["localhost"]);
        (string certificate, string key) = TestAuthority.Write(folder, "server", shown);
        int port = FreePort();
        var start = new ProcessStartInfo("/usr/bin/openssl")
        {
            ArgumentList = { "s_server", "-accept", $"127.0.0.1:{port}", "-cert", certificate, "-key", key, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-quiet" },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process server = Process.Start(start)!;
        try
        {
            await using var nats = new NatsConnection(new NatsOpts
            {
                Url = $"tls://localhost:{port}",
                TlsOpts = new NatsTlsOpts { Mode = TlsMode.Implicit, CaPem = authority.CaPem },
                AuthOpts = new NatsAuthOpts { NKey = user },
                ReconnectWaitMin = TimeSpan.FromMilliseconds(10),
                ReconnectWaitMax = TimeSpan.FromMilliseconds(50),
                RetryOnInitialConnect = true,
            });
            await nats.ConnectAsync();
            await Until.TrueAsync("the handshake has failed", () => nats.Status.Reason.StartsWith("TLS with", StringComparison.Ordinal), seen: () => nats.Status.ToString());
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    [Fact]
    public void Options_that_contradict_each_other_are_refused()
    {
        Assert.Throws<NatsException>(() => new NatsConnection(new NatsOpts { Url = "tls://a", TlsOpts = new NatsTlsOpts { Mode = TlsMode.Disable } }));
        Assert.Throws<NatsException>(() => new NatsConnection(new NatsOpts { Url = "srv://example.test" }));
        Assert.Throws<NatsException>(() => new NatsConnection(new NatsOpts { Url = "wss://a" }));
    }

    [Theory]
    [InlineData("nats://broker.test", true)]
    [InlineData("nats://10.0.0.1", true)]
    [InlineData("nats://127.0.0.1", false)]
    [InlineData("nats://[::1]:4222", false)]
    [InlineData("nats://localhost", false)]
    [InlineData("nats://localhost.test", true)]
    [InlineData("tls://127.0.0.1", true)]
    [InlineData("srv://example.test", true)]
    public void Only_an_address_of_this_machine_may_be_in_the_clear(string url, bool required) =>
        Assert.Equal(required, Connection.TlsClient.IsRequired(new NatsOpts(), ServerAddress.ParseList(url)[0]));

    [Fact]
    public async Task Files_that_cannot_be_used_are_named()
    {
        using var folder = new TempFolder();
        using X509Certificate2 own = authority.Issue(["client"], purpose: TestAuthority.ClientAuthentication);
        (string certificate, string key) = TestAuthority.Write(folder, "client", own);
        using X509Certificate2 another = authority.Issue(["client"]);
        (_, string otherKey) = TestAuthority.Write(folder, "other", another);
        string open = folder.Write("open.key", File.ReadAllText(key));
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        string empty = folder.Write("empty.pem", "");
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(TlsInfo);
            await connection.ServeAsync();
        });
        foreach ((NatsTlsOpts opts, string named) in new[]
                 {
                     (new NatsTlsOpts { CaFile = folder.File("none.pem") }, "none.pem"),
                     (new NatsTlsOpts { CaFile = empty }, "empty.pem"),
                     (new NatsTlsOpts { CertFile = certificate, KeyFile = open }, "open.key"),
                     (new NatsTlsOpts { CertFile = certificate, KeyFile = otherKey }, "other.key"),
                     (new NatsTlsOpts { CertFile = certificate }, "KeyFile"),
                 })
        {
            await using NatsConnection nats = Connect(server, start => start with { TlsOpts = opts });
            Assert.Contains(named, (await Assert.ThrowsAsync<NatsCredentialsException>(async () => await nats.ConnectAsync())).Message, StringComparison.Ordinal);
        }
    }

    private static async Task ServeTlsAsync(FakeConnection connection, X509Certificate2 certificate)
    {
        await connection.SendAsync(TlsInfo);
        try
        {
            await connection.UpgradeAsync(certificate);
            await connection.ServeAsync();
        }
        catch (AuthenticationException)
        {
            // The client has said no.
        }
    }

    private static async Task AcceptAsync(FakeConnection connection)
    {
        while (await connection.ReadLineAsync() != "PING")
        {
            // CONNECT.
        }

        await connection.SendAsync("PONG\r\n");
    }

    private static async Task EndedAsync(FakeConnection connection) => await connection.Closed.WaitAsync(TimeSpan.FromSeconds(20));

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // Credentials that bring their authority along: no option asks for TLS.
    private NatsAuthOpts WithAuthority()
    {
        using NKeyPair account = NKeyPair.Create(NKeyType.Account);
        string jwt = NatsJwt.Encode(new NatsUserClaims { Subject = user.PublicKey }, account, TimeProvider.System.GetUtcNow(), "id");
        return new NatsAuthOpts { Creds = NatsCreds.Create(jwt, user, authority.CaPem) };
    }

    private NatsConnection Plain(FakeNatsServer server) => Connect(server, opts => opts with { Url = server.Url, TlsOpts = NatsTlsOpts.Default });

    private NatsConnection Connect(FakeNatsServer server, Func<NatsOpts, NatsOpts>? change = null) => HostileServerTests.Connect(server, opts =>
    {
        opts = opts with
        {
            Url = $"tls://localhost:{server.Port}",
            TlsOpts = new NatsTlsOpts { CaPem = authority.CaPem },
            AuthOpts = new NatsAuthOpts { NKey = user },
            ConnectTimeout = TimeSpan.FromSeconds(20),
        };
        return change is null ? opts : change(opts);
    });
}
