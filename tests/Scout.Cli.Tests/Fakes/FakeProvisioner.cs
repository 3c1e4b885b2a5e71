using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Security.Enrolment;
using Scout.Testing;

namespace Scout.Cli.Tests.Fakes;

/// <summary>A real nats-server with TLS and logins, and a provisioner behind it that answers what it is told to.</summary>
public sealed class FakeProvisioner : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private readonly TestAuthority authority = new();
    private readonly NKeyPair root = NKeyPair.Create(NKeyType.Operator);
    private readonly NKeyPair account = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair admin = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair viewer = NKeyPair.Create(NKeyType.Account);
    private NatsServerProcess server = null!;
    private NatsConnection line = null!;
    private CancellationTokenSource? listening;
    private Task answering = Task.CompletedTask;

    /// <summary>What was asked, in order.</summary>
    public ConcurrentQueue<(AdminAction Action, AdminRequest Request, NatsMsg<byte[]> Message)> Asked { get; } = [];

    /// <summary>Null: no answer.</summary>
    public Func<AdminAction, AdminRequest, AdminReply?> Answer { get; set; } = static (_, _) => null;

    /// <summary>Sent in place of an answer, when it is not null.</summary>
    public byte[]? Garbage { get; set; }

    public string Folder => folder.Path;

    /// <summary>Credentials of an admin, with the address and the authority in them.</summary>
    public string Creds => folder.File("admin.creds");

    public async ValueTask InitializeAsync()
    {
        using X509Certificate2 shown = authority.Issue(["127.0.0.1"]);
        (string certificate, string key) = TestAuthority.Write(folder, "server", shown);
        server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false, ExtraConfig = Configuration(certificate, key) });
        Write(Creds, TimeSpan.FromHours(1));
        line = new NatsConnection(new NatsOpts { Url = Url, AuthOpts = new NatsAuthOpts { CredsFile = Creds }, TlsOpts = new NatsTlsOpts { Mode = TlsMode.Require } });
        await line.ConnectAsync();
        await ListenAsync();
    }

    /// <summary>Begins to answer.</summary>
    public async Task ListenAsync()
    {
        listening = new CancellationTokenSource();
        INatsSub<byte[]> heard = await line.SubscribeCoreAsync<byte[]>(Subjects.AllAdmin);
        await line.PingAsync();
        answering = AnswerAsync(heard, listening.Token);
    }

    /// <summary>Nobody listens from here on.</summary>
    public async Task LeaveAsync()
    {
        await listening!.CancelAsync();
        await answering;
        await line.PingAsync();
        listening.Dispose();
    }

    /// <summary>Makes a file of credentials, of an admin or of a viewer.</summary>
    public void Write(string path, TimeSpan life, bool asAdmin = true)
    {
        using NKeyPair user = NKeyPair.Create(NKeyType.User);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string jwt = NatsJwt.Encode(new NatsUserClaims { Subject = user.PublicKey, Name = "alice", IssuerAccount = account.PublicKey, Expires = now + life }, asAdmin ? admin : viewer, now, "user");
        File.WriteAllText(path, NatsCreds.Format(jwt, user.ExportSeed(), authority.CaPem, Url));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public async ValueTask DisposeAsync()
    {
        if (line is not null)
        {
            await LeaveAsync();
            await line.DisposeAsync();
        }

        if (server is not null) await server.DisposeAsync();
        root.Dispose();
        foreach (NKeyPair key in (NKeyPair[])[account, admin, viewer]) key.Dispose();
        authority.Dispose();
        folder.Dispose();
    }

    private string Url => server.Url.Replace("nats://", "tls://", StringComparison.Ordinal);

    private string Configuration(string certificate, string key)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string operatorJwt = NatsJwt.Encode(new NatsOperatorClaims { Subject = root.PublicKey, Name = "test" }, root, now, "operator");
        string accountJwt = NatsJwt.Encode(new NatsAccountClaims { Subject = account.PublicKey, Name = "FLEET", SigningKeys = [Role(admin, ">"), Role(viewer, "scout.rpc.>")] }, root, now, "account");
        return $"tls {{ cert_file: \"{certificate}\", key_file: \"{key}\" }}\noperator: \"{operatorJwt}\"\nresolver: MEMORY\nresolver_preload {{ {account.PublicKey}: \"{accountJwt}\" }}\n";
    }

    private static NatsSigningKey Role(NKeyPair key, string subjects) =>
        new(key.PublicKey) { Role = "role", Template = new NatsUserPermissions { Publish = new NatsSubjectPermissions { Allow = [subjects] } } };

    private async Task AnswerAsync(INatsSub<byte[]> heard, CancellationToken stop)
    {
        await using (heard)
        {
            try
            {
                await foreach (NatsMsg<byte[]> message in heard.Msgs.ReadAllAsync(stop))
                {
                    Assert.True(EnrolmentSubjects.TryParseAdmin(message.Subject, out AdminAction action), message.Subject);
                    Assert.True(AdminRequest.TryRead(action, message.Data, out AdminRequest? request, out string? error), error);
                    Asked.Enqueue((action, request, message));
                    if (Garbage is not null) await message.ReplyAsync(Garbage, cancellationToken: stop);
                    else if (Answer(action, request) is { } reply) await message.ReplyAsync((reply with { Id = request.Id }).ToBytes(), cancellationToken: stop);
                }
            }
            catch (OperationCanceledException)
            {
                // Told to leave.
            }
        }
    }
}
