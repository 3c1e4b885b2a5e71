using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Scout.Broker.Accounts;
using Scout.Broker.Configuration;
using Scout.Broker.External;
using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Broker.Supervision;
using Scout.Nats;
using Scout.Protocol.Security.Enrolment;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Signing;

namespace Scout.Broker.Tests.External;

/// <summary>Somebody else's nats-server with accounts by JWT, as a hosted one: its owner has operator and system account, we get account keys, role keys and creds files.</summary>
internal sealed class OwnersCluster : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private Process? server;

    public OwnersCluster()
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        Port = Bench.FreePort();
        Owner = new BrokerFiles(folder.File("owner"));
        Ours = new BrokerFiles(folder.File("ours"));
    }

    public int Port { get; }

    /// <summary>What only the owner has.</summary>
    public BrokerFiles Owner { get; }

    /// <summary>Our directory.</summary>
    public BrokerFiles Ours { get; }

    public BrokerKeyring Keys => BrokerKeyring.Open(Owner.Root);

    /// <param name="storage">Bytes that the fleet's account may store.</param>
    /// <param name="settings">Line for the server's configuration.</param>
    public async Task StartAsync(long storage = -1, string settings = "")
    {
        (InitReport? report, BrokerExit? error) = await BrokerInit.RunAsync(
            new InitOptions { Root = Owner.Root, Hosts = ["127.0.0.1"], Listen = $"127.0.0.1:{Port}", NatsServer = NatsServerProcess.Executables[0] }, TimeProvider.System, CancellationToken.None);
        if (report is null) throw new InvalidOperationException(error!.Message);
        using (NKeyPair signer = Keys.OpenOperatorSigning())
        {
            NatsAccountClaims fleet = Keys.Account(BrokerAccount.Fleet);
            AccountFile.Write(Owner.AccountJwt(BrokerAccount.Fleet), NatsJwt.Encode(fleet with { Limits = fleet.Limits with { DiskStorage = storage } }, signer, TimeProvider.System.GetUtcNow(), AccountPlan.NewId()));
        }

        Assert.True(ListenAddress.TryRead("", $"127.0.0.1:{Port}", loopbackOnly: false, out ListenAddress? listen, out _));
        string text = new SecureConfiguration(new BrokerDirectory(Owner.Root), Owner, listen, NatsServerVersion.Oldest, null, new ServerShape()).Text();
        PrivateFile.Replace(Owner.Config, settings.Length == 0 ? text : text.Replace("jetstream: {", "jetstream: {" + settings + ",", StringComparison.Ordinal));
        server = Process.Start(new ProcessStartInfo(NatsServerProcess.Executables[0], ["-c", Owner.Config]) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        await Until.TrueAsync("the owner's server listens", ListensAsync);
    }

    /// <summary>A creds file that the owner makes.</summary>
    public string Creds(ScoutRole role, string name)
    {
        string path = folder.File(RoleNames.Word(role) + "-" + name + ".creds");
        PrivateFile.Replace(path, new AccountAuthority(Keys, TimeProvider.System).IssueCreds(role, name, BrokerSettings.Read(Owner)));
        return path;
    }

    public ExternalOptions Options(ScoutRole login) => new() { Root = Ours.Root, Urls = [$"tls://127.0.0.1:{Port}"], Creds = Creds(login, "scout"), Ca = Owner.Authority };

    /// <summary>What the owner gives to whoever is to let nodes in: three seeds, all public keys, two logins.</summary>
    public ExternalOptions WithKeys(ExternalOptions options)
    {
        ScoutRole[] seeds = [ScoutRole.Node, ScoutRole.Enroll, ScoutRole.Recover];
        return options with
        {
            Fleet = Keys.Fleet,
            Provision = Keys.Account(BrokerAccount.Provision).Subject,
            Keys = [.. RoleTemplates.All.Select(role => (role.Role, seeds.Contains(role.Role) ? Owner.RoleKey(role.Role) : Keys.RoleKeys(role.Role)[0]))],
            Logins = [(ScoutRole.Provisioner, Creds(ScoutRole.Provisioner, "p")), (ScoutRole.ProvisionerEnrol, Creds(ScoutRole.ProvisionerEnrol, "e"))],
        };
    }

    public static async Task<IReadOnlyList<string>> SetUpAsync(ExternalOptions options)
    {
        (IReadOnlyList<string>? done, BrokerExit? error) = await ExternalSetup.MakeAsync(options, TimeProvider.System, CancellationToken.None);
        return done ?? throw new InvalidOperationException($"{error!.Message} ({error.Hint})");
    }

    public async Task<NatsConnection> ConnectAsync(NatsCreds creds, string inbox, string? domain = null)
    {
        var nats = new NatsConnection(new NatsOpts { Url = $"tls://127.0.0.1:{Port}", AuthOpts = new NatsAuthOpts { Creds = creds }, TlsOpts = new NatsTlsOpts { CaFile = Owner.Authority }, InboxPrefix = inbox, JetStreamDomain = domain });
        try
        {
            await nats.ConnectAsync();
            return nats;
        }
        catch
        {
            await nats.DisposeAsync();
            throw;
        }
    }

    /// <summary>A token for a node, as an administrator asks for it.</summary>
    public async Task<EnrolmentToken> TokenAsync(string node)
    {
        using NatsCreds creds = NatsCreds.Read(Creds(ScoutRole.Admin, "alice"));
        await using NatsConnection admin = await ConnectAsync(creds, "_INBOX." + creds.Key.PublicKey);
        byte[] body = new AdminRequest { Id = "r", Node = node }.ToBytes();
        string subject = EnrolmentSubjects.Admin(AdminAction.Token);
        var headers = new NatsHeaders();
        foreach ((string name, string value) in new RequestSigner(creds.Jwt, message => creds.Key.Sign(message), RandomNumberGenerator.Fill, TimeProvider.System).Headers(subject, body)) headers.Add(name, value);
        NatsMsg<byte[]> answer = await admin.RequestAsync<byte[], byte[]>(subject, body, headers, replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromSeconds(20) });
        Assert.True(AdminReply.TryRead(answer.Data, out AdminReply? reply, out string? error), error);
        Assert.Equal(("ok", null), (reply.Code, reply.Message));
        return EnrolmentToken.TryParse(reply.Token!, out EnrolmentToken? token, out error) ? token : throw new InvalidOperationException(error);
    }

    public ValueTask DisposeAsync()
    {
        if (server is { HasExited: false })
        {
            server.Kill();
            server.WaitForExit();
        }

        server?.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> ListensAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
