using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Nats;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Signing;
using Scout.Testing;

namespace Scout.Cli.Tests.Asking;

public sealed class LoginTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task With_credentials_every_request_is_signed_for_its_subject_and_body()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "OK"));
        using NatsCreds creds = Write("bob.creds", TimeSpan.FromHours(1), null);
        using var console = new FakeConsole();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(0, await console.RunAsync("status", "--broker", fleet.Url, "--creds", folder.File("bob.creds")));
            NatsMsg<byte[]> request = fleet.Request;
            RequestSignature? signed = RequestProof.Look(request.ReplyTo, request.Headers!.EachValue(), request.Data!.Length, out string? why);
            Assert.True(signed is not null, why);
            Assert.Equal(creds.Jwt, signed.Jwt);
            Assert.True(NKeys.Verify(creds.Key.PublicKey, SignedLines.Of(request.Subject, signed.TimeMs, signed.Nonce, request.Data), signed.Signature.Span));
            Assert.InRange(Math.Abs(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - signed.TimeMs), 0, 60_000);
            Assert.StartsWith("_INBOX." + creds.Key.PublicKey + ".", request.ReplyTo, StringComparison.Ordinal);
            Assert.True(seen.Add(signed.Nonce));
        }
    }

    [Fact]
    public void A_secure_broker_on_this_machine_is_not_taken_for_one_that_does_not_run()
    {
        using Login none = Login.Dev("bob", null, TimeProvider.System);
        CliException told = BrokerErrors.Connect("nats://127.0.0.1:4222", new NatsConnectionFailedException("TLS with 127.0.0.1:4222 failed: the certificate does not come from an authority we trust"), none);
        Assert.Contains("a secure broker answers there", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("--dev", told.Hint, StringComparison.Ordinal);
        Assert.Contains("--creds", told.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--js-domain", "a.b")]
    [InlineData("--inbox-prefix", "_INBOX.>")]
    public async Task A_domain_or_an_inbox_that_is_no_subject_is_refused(string flag, string text)
    {
        using NatsCreds creds = Write("bob.creds", TimeSpan.FromHours(1), null);
        using var console = new FakeConsole();
        Assert.Equal(2, await console.RunAsync("status", "--broker", "tls://127.0.0.1:1", "--creds", folder.File("bob.creds"), flag, text));
        Assert.Contains($"{flag}: '{text}' is no subject", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_come_where_the_owner_of_another_broker_lets_them_and_calls_go_through_his_domain()
    {
        using NatsCreds creds = Write("bob.creds", TimeSpan.FromHours(1), null);
        using Login login = Login.Read(folder.File("bob.creds"), null, TimeProvider.System, "hub", "_INBOX.bob");
        NatsOpts opts = login.Apply(new NatsOpts());
        Assert.Equal(("hub", "_INBOX.bob"), (opts.JetStreamDomain, opts.InboxPrefix));
    }

    [Fact]
    public async Task Without_credentials_on_this_machine_the_name_of_the_user_is_all()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "OK"));
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("status", "--broker", fleet.Url));
        Assert.Equal([SigningHeaders.Caller], fleet.Request.Headers!.Keys);
    }

    [Theory]
    [InlineData("empty.creds", "", "empty.creds")]
    [InlineData("missing.creds", null, "missing.creds")]
    public async Task A_file_of_credentials_that_is_none_is_what_the_error_names(string name, string? content, string named)
    {
        if (content is not null)
        {
            File.WriteAllText(folder.File(name), content);
            File.SetUnixFileMode(folder.File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        using var console = new FakeConsole();
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("status", "--creds", folder.File(name)));
        Assert.Contains(named, console.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("nowhere to ask", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_SCOUT_CREDS_names_and_that_is_not_there_is_what_the_error_names()
    {
        using var console = new FakeConsole();
        console.Environment["SCOUT_CREDS"] = folder.File("gone.creds");
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("status"));
        Assert.Contains("gone.creds", console.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("nowhere to ask", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_without_an_address_ask_for_one()
    {
        Write("bob.creds", TimeSpan.FromHours(1), null).Dispose();
        using var console = new FakeConsole();
        Assert.Equal(2, await console.RunAsync("status", "--creds", folder.File("bob.creds")));
        Assert.Contains("names no broker", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_credentials_say_so_and_since_when()
    {
        Write("old.creds", TimeSpan.FromHours(-1), null).Dispose();
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("status", "--broker", "tls://broker.example.org:4222", "--creds", folder.File("old.creds")));
        Assert.Contains("expired since", console.Errors, StringComparison.Ordinal);
        Assert.Contains("scout creds new", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_that_others_can_read_are_not_used()
    {
        Write("open.creds", TimeSpan.FromHours(1), null).Dispose();
        File.SetUnixFileMode(folder.File("open.creds"), (UnixFileMode)0b110_100_100);
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("status", "--broker", "tls://broker.example.org:4222", "--creds", folder.File("open.creds")));
    }

    [Theory]
    [InlineData("tls://broker.example.org:4222")]
    [InlineData("nats://broker.example.org:4222")]
    [InlineData("srv://example.org")]
    public async Task A_broker_elsewhere_wants_credentials(string url)
    {
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("status", "--broker", url));
        Assert.Contains("wants credentials", console.Errors, StringComparison.Ordinal);
        Assert.Contains("SCOUT_CREDS", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_with_an_address_in_them_need_nothing_else()
    {
        Write("bob.creds", TimeSpan.FromHours(1), "tls://b1.example.org:4222,tls://b2.example.org:4222").Dispose();
        string file = folder.File("bob.creds");
        Endpoint byVariable = WhereToAsk.Choose(false, name => name == "SCOUT_CREDS" ? file : null, _ => false, [], Login.UrlsIn);
        Assert.Equal(("tls://b1.example.org:4222,tls://b2.example.org:4222", file), (byVariable.Broker, byVariable.Creds));
        Directory.CreateDirectory(folder.File(".config/scout"));
        File.Copy(file, folder.File(".config/scout/scout.creds"));
        Endpoint usual = WhereToAsk.Choose(false, name => name == "HOME" ? folder.Path : null, File.Exists, [], Login.UrlsIn);
        Assert.Equal(folder.File(".config/scout/scout.creds"), usual.Creds);
    }

    [Fact]
    public void A_server_on_this_machine_comes_before_the_credentials_in_the_home_folder()
    {
        Write(".config/scout/scout.creds", TimeSpan.FromHours(1), "tls://b1.example.org:4222").Dispose();
        Endpoint here = WhereToAsk.Choose(false, name => name == "HOME" ? folder.Path : null, _ => true, ["/run/x.sock"], Login.UrlsIn);
        Assert.Equal(("/run/x.sock", null), (here.Socket, here.Broker));
    }

    [Theory]
    [InlineData("nats://127.0.0.1:4222", true)]
    [InlineData("nats://[::1]:4222", true)]
    [InlineData("localhost:4222", true)]
    [InlineData("nats://127.0.0.1:1,nats://10.0.0.1:1", false)]
    [InlineData("tls://127.0.0.1:4222", false)]
    [InlineData("nats://broker.example.org", false)]
    public void Development_is_plain_and_on_this_machine(string url, bool dev) => Assert.Equal(dev, WhereToAsk.IsDev(url));

    [Theory]
    [InlineData(RpcCode.Denied, "denied: not today", "scout policy test")]
    [InlineData(RpcCode.Stale, "stale: clocks (the node's time is 2026-11-21 09:00:00Z)", "timedatectl")]
    public async Task A_node_that_says_no_is_exit_code_three_and_tells_what_to_do(RpcCode code, string line, string hint)
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await using INatsSub<byte[]> sub = await fleet.Nats.SubscribeCoreAsync<byte[]>("scout.rpc.node.web1.*");
        await fleet.Nats.PingAsync();
        Task answering = Task.Run(async () =>
        {
            NatsMsg<byte[]> request = await sub.Msgs.ReadAsync(TestContext.Current.CancellationToken);
            var reply = new RpcReply { Id = "", Node = "web1", Action = "machines", Code = code, Message = code == RpcCode.Denied ? "not today" : "clocks", Time = code == RpcCode.Stale ? new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero) : null };
            await request.ReplyAsync(RpcReplyWriter.ToBytes(reply));
        });
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("status", "--broker", fleet.Url));
        Assert.Contains(line, console.Errors, StringComparison.Ordinal);
        Assert.Contains(hint, console.Errors, StringComparison.Ordinal);
        await answering;
    }

    private NatsCreds Write(string name, TimeSpan life, string? urls)
    {
        using NKeyPair account = NKeyPair.Create(NKeyType.Account);
        NKeyPair user = NKeyPair.Create(NKeyType.User);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string jwt = NatsJwt.Encode(new NatsUserClaims { Subject = user.PublicKey, Name = "bob", IssuerAccount = account.PublicKey, Expires = now + life }, account, now, "id");
        string path = folder.Write(name, NatsCreds.Format(jwt, user.ExportSeed(), null, urls));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return NatsCreds.Create(jwt, user);
    }
}
