using System.Net;
using System.Net.Sockets;
using Scout.Nats.Tests.Fakes;
using Scout.Testing;

namespace Scout.Nats.Tests.Security;

/// <summary>TLS and JWT logins with a real server.</summary>
[Trait("attack", "1")]
[Trait("attack", "30")]
[Trait("attack", "A8")]
public sealed class SecureServerTests(SecureServerFixture fixture) : IClassFixture<SecureServerFixture>
{
    private readonly SecureServer server = fixture.Server;

    [Fact]
    public async Task A_creds_file_logs_in_over_TLS_and_its_role_holds()
    {
        using NatsCreds creds = server.Creds("web1");
        string file = server.WriteFile("web1.creds", creds);
        await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { CredsFile = file }, InboxPrefix = "_INBOX.web1" });
        var denied = new TaskCompletionSource<string?>();
        nats.ServerError += (_, args) =>
        {
            denied.TrySetResult(args.Subject);
            return ValueTask.CompletedTask;
        };
        await nats.ConnectAsync();
        Assert.True(nats.ServerInfo!.TlsRequired && nats.ServerInfo.AuthRequired && nats.ServerInfo.JetStreamAvailable);
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("e.>");
        await nats.PublishAsync("e.web1.a", "mine");
        Assert.Equal("mine", (await sub.Msgs.ReadAsync(Soon())).Data);
        await nats.PublishAsync("e.web2.a", "not mine");
        Assert.Equal("e.web2.a", await denied.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
    }

    [Fact]
    public async Task Credentials_in_memory_bring_their_own_authority()
    {
        using NatsCreds creds = server.Creds("bob");
        await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { Creds = creds }, TlsOpts = NatsTlsOpts.Default });
        await nats.ConnectAsync();
    }

    [Fact]
    public async Task An_address_in_the_clear_is_encrypted_when_the_server_demands_it()
    {
        using NatsCreds creds = server.Creds("bob");
        await using NatsConnection nats = server.Connect(opts => opts with
        {
            Url = $"nats://localhost:{server.Process.Port}",
            AuthOpts = new NatsAuthOpts { Creds = creds },
            TlsOpts = NatsTlsOpts.Default,
        });
        await nats.ConnectAsync();
        await using NatsConnection never = server.Connect(opts => opts with
        {
            Url = $"nats://localhost:{server.Process.Port}",
            AuthOpts = new NatsAuthOpts { Creds = creds },
            TlsOpts = new NatsTlsOpts { Mode = TlsMode.Disable },
        });
        Assert.Contains("TLS", (await Refused<NatsConnectionFailedException>(never)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_our_authority_the_server_is_a_stranger()
    {
        using NatsCreds creds = server.Creds("bob");
        using NatsCreds bare = NatsCreds.Create(creds.Jwt, NKeyPair.FromSeed(creds.Key.ExportSeed()));
        using var other = new TestAuthority("other");
        foreach (NatsTlsOpts opts in new[] { NatsTlsOpts.Default, new NatsTlsOpts { CaPem = other.CaPem } })
        {
            await using NatsConnection nats = server.Connect(start => start with { AuthOpts = new NatsAuthOpts { Creds = bare }, TlsOpts = opts });
            Assert.Contains("authority we trust", (await Refused<NatsConnectionFailedException>(nats)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_host_name_of_the_address_must_be_on_the_certificate()
    {
        using NatsCreds creds = server.Creds("bob");
        await using NatsConnection wrong = server.Connect(opts => opts with { Url = $"tls://127.0.0.1:{server.Process.Port}", AuthOpts = new NatsAuthOpts { Creds = creds } });
        string why = (await Refused<NatsConnectionFailedException>(wrong)).Message;
        Assert.Contains("for localhost, not for 127.0.0.1", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_operator_did_not_sign_is_refused()
    {
        using NKeyPair stranger = NKeyPair.Create(NKeyType.Account);
        using NKeyPair user = NKeyPair.Create(NKeyType.User);
        string seed = user.ExportSeed();
        var own = new NatsUserPermissions { Publish = new NatsSubjectPermissions { Allow = [">"] } };
        foreach (string jwt in new[] { server.Issue(user, "eve", signer: stranger), server.Issue(user, "eve", own: own) })
        {
            using NatsCreds creds = NatsCreds.Create(jwt, NKeyPair.FromSeed(seed));
            await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { Creds = creds } });
            NatsServerException error = await Refused<NatsServerException>(nats);
            Assert.True(error.IsAuthError, error.Message);
        }

        await using NatsConnection nobody = server.Connect(opts => opts);
        Assert.True((await Refused<NatsServerException>(nobody)).IsAuthError);
    }

    [Fact]
    public async Task Refused_credentials_are_read_again_until_they_are_good()
    {
        using NatsCreds old = server.Creds("web2", TimeSpan.FromSeconds(-5));
        using NatsCreds good = server.Creds("web2");
        string file = server.WriteFile("web2.creds", old);
        await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { CredsFile = file }, RetryOnInitialConnect = true });
        await nats.ConnectAsync();
        Assert.Equal(NatsConnectionState.Refused, nats.ConnectionState);
        Assert.Contains("expired since", nats.Status.Reason, StringComparison.Ordinal);
        server.WriteFile("web2.creds", good);
        await Until.TrueAsync("the line is open", () => nats.ConnectionState == NatsConnectionState.Open, seen: () => nats.Status.Reason);
    }

    [Fact]
    public async Task A_revoked_user_is_cut_stays_refused_and_comes_back_with_another_key()
    {
        using NatsCreds revoked = server.Creds("web3");
        using NatsCreds bystander = server.Creds("web4");
        string file = server.WriteFile("web3.creds", revoked);
        await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { CredsFile = file } });
        await using NatsConnection other = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { Creds = bystander } });
        await nats.ConnectAsync();
        await other.ConnectAsync();
        await server.RevokeAsync(revoked.Key.PublicKey);
        await Until.TrueAsync("the revoked user is refused", () => nats.ConnectionState == NatsConnectionState.Refused, seen: () => nats.Status.Reason);
        Assert.Equal(0, other.Stats.Reconnects);
        using NatsCreds fresh = server.Creds("web3");
        server.WriteFile("web3.creds", fresh);
        await nats.ReconnectAsync();
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
        Assert.Equal(NatsConnectionState.Open, other.ConnectionState);
    }

    [Fact]
    public async Task A_renewal_opens_the_new_line_before_it_closes_the_old()
    {
        using NatsCreds creds = server.Creds("web5");
        string file = server.WriteFile("web5.creds", creds);
        await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { CredsFile = file }, SubPendingChannelCapacity = 1_000_000 });
        await using NatsConnection other = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { Creds = creds } });
        int lost = 0;
        nats.ConnectionDisconnected += (_, _) =>
        {
            Interlocked.Increment(ref lost);
            return ValueTask.CompletedTask;
        };
        await using INatsSub<string> sub = await nats.SubscribeCoreAsync<string>("e.web5.n");
        await nats.ConnectAsync();
        await nats.PingAsync();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int round = 0; round < 3; round++)
        {
            Task moving = nats.ReconnectAsync().AsTask();
            int number = 0;
            for (; !moving.IsCompleted || number < 50; number++)
            {
                await other.PublishAsync("e.web5.n", $"{round}-{number}");
                await other.PingAsync();
            }

            await moving;
            // Twice is possible while both lines are open; never is not.
            for (int i = 0; i < number; i++)
            {
                while (!seen.Contains($"{round}-{i}")) seen.Add((await sub.Msgs.ReadAsync(Soon())).Data!);
            }
        }

        Assert.Equal(3, nats.Stats.Reconnects);
        Assert.Equal(0, lost);
    }

    [Fact]
    public async Task A_renewal_that_fails_leaves_the_old_line_as_it_is()
    {
        using NatsCreds creds = server.Creds("web6");
        string file = server.WriteFile("web6.creds", creds);
        await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { CredsFile = file } });
        await nats.ConnectAsync();
        File.WriteAllText(file, "broken");
        await Assert.ThrowsAsync<NatsCredentialsException>(async () => await nats.ReconnectAsync());
        await nats.PingAsync();
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
        Assert.Equal(0, nats.Stats.Reconnects);
    }

    [Fact]
    public async Task New_credentials_are_taken_up_before_the_old_ones_end()
    {
        using NatsCreds brief = server.Creds("web7", TimeSpan.FromSeconds(6));
        using NatsCreds fresh = server.Creds("web7");
        string file = server.WriteFile("web7.creds", brief);
        await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { CredsFile = file } });
        int lost = 0;
        nats.ConnectionDisconnected += (_, _) =>
        {
            Interlocked.Increment(ref lost);
            return ValueTask.CompletedTask;
        };
        await nats.ConnectAsync();
        server.WriteFile("web7.creds", fresh);
        await Until.TrueAsync("it has moved", () => nats.Stats.Reconnects == 1);
        await Until.TrueAsync("the old ones have ended", () => brief.Claims.IsExpired(SecureServer.Now().AddSeconds(-1)));
        await nats.PingAsync();
        Assert.Equal(1, nats.Stats.Reconnects);
        Assert.Equal(0, lost);
    }

    [Fact]
    public async Task An_expired_user_is_cut_by_the_server_and_says_so()
    {
        using NatsCreds brief = server.Creds("web8", TimeSpan.FromSeconds(2));
        await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { Creds = brief }, RetryOnInitialConnect = true });
        await nats.ConnectAsync();
        await Until.TrueAsync("the line is refused", () => nats.Status is { State: NatsConnectionState.Refused } status && status.Reason.Contains("expired since", StringComparison.Ordinal),
            seen: () => nats.Status.ToString());
    }

    [Fact]
    public async Task A_callback_is_asked_before_every_attempt()
    {
        using NatsCreds creds = server.Creds("web9");
        int asked = 0;
        await using NatsConnection nats = server.Connect(opts => opts with
        {
            AuthOpts = new NatsAuthOpts
            {
                AuthCredCallback = _ => ++asked < 3 ? throw new NatsCredentialsException("not enrolled yet") : ValueTask.FromResult(creds),
            },
            RetryOnInitialConnect = true,
        });
        await nats.ConnectAsync();
        await Until.TrueAsync("the line is open", () => nats.ConnectionState == NatsConnectionState.Open);
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task Two_hundred_stalled_handshakes_are_cut_and_keep_nobody_out()
    {
        using NatsCreds creds = server.Creds("web10");
        List<Socket> stalled = [];
        try
        {
            for (int i = 0; i < 200; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                stalled.Add(socket);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Process.Port));
            }

            await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { Creds = creds } });
            await nats.ConnectAsync();
            byte[] buffer = new byte[8192];
            foreach (Socket socket in stalled)
            {
                // INFO, maybe an error, then the end.
                while (await EndedAsync(socket, buffer) is false)
                {
                }
            }
        }
        finally
        {
            stalled.ForEach(static socket => socket.Dispose());
        }
    }

    private static async Task<bool> EndedAsync(Socket socket, byte[] buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, Soon()) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task<T> Refused<T>(NatsConnection nats)
        where T : Exception => await Assert.ThrowsAsync<T>(async () => await nats.ConnectAsync());

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;
}
