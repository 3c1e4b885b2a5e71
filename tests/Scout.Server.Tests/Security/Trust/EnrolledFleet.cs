using System.Text.Json;
using Scout.Nats;
using Scout.Protocol;
using Scout.Server.Configuration;
using Scout.Server.Tests.Security.Attacks;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.Server.Tests.Security.Trust;

/// <summary>A broker as <c>scout broker init</c> makes it, in a process of its own, and a node in this one that came in by a token.</summary>
public sealed class EnrolledFleet : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private readonly TestNode node = new() { Name = "web1", Policy = null };
    private SecureBroker? broker;

    public async ValueTask InitializeAsync()
    {
        if (NatsServerProcess.Missing is not null) return;
        broker = await SecureBroker.StartAsync(folder);
        string token = await broker.TokenAsync("web1");
        string config = node.Folder.Write("server.yaml", $"enroll_token: {token}\naudit_file: {AuditFile}\nbroker: {{ urls: [\"{broker.Url}\"], renew_key: true }}\n");
        node.Arguments = new ServerArguments { Config = config };
        node.Machines("m.yaml", "checks:\n  - { name: disk, builtin: heartbeat, interval: 1h, splay: 0 }\n");
        await node.StartAsync();
        await ConnectedAsync();
    }

    internal TestNode Node => node;

    public SecureBroker Broker => broker!;

    public string Identity => Path.Combine(node.DataFolder, "identity");

    private string AuditFile => node.Folder.File("audit.jsonl");

    /// <summary>Serial of the document by which the node goes.</summary>
    public async Task<long> SerialAsync() => (await PingAsync()).TryGetProperty("trust", out JsonElement serial) ? serial.GetInt64() : 0;

    public Task ConnectedAsync() => Wait.UntilAsync(async () => (await PingAsync()).GetProperty("broker").GetString() == "connected", () => node.Log + Broker.Process.Output, TimeSpan.FromSeconds(30));

    public Task ReachesAsync(long serial) => Wait.UntilAsync(async () => await SerialAsync() >= serial, () => node.Log + Broker.Process.Output, TimeSpan.FromSeconds(30));

    public string Audit()
    {
        using var file = new FileStream(AuditFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return new StreamReader(file).ReadToEnd();
    }

    public Task AuditedAsync(string text) => Wait.UntilAsync(() => Audit().Contains(text, StringComparison.Ordinal), Audit, TimeSpan.FromSeconds(30));

    /// <summary>Somebody's credentials, to sign with.</summary>
    internal async Task<(Person Person, string File)> PersonAsync(string role, string name)
    {
        string file = await Broker.PersonAsync(role, name);
        NatsCreds creds = NatsCreds.Read(file);
        return (new Person(creds.Jwt, creds.Key), file);
    }

    /// <summary>A line with the credentials of a file.</summary>
    public async Task<NatsConnection> LineAsync(string file)
    {
        using NatsCreds creds = NatsCreds.Read(file);
        var line = new NatsConnection(new NatsOpts
        {
            Url = Broker.Url,
            AuthOpts = new NatsAuthOpts { CredsFile = file },
            TlsOpts = new NatsTlsOpts { Mode = TlsMode.Require, CaFile = Path.Combine(Broker.Data, "tls", "ca.pem") },
            InboxPrefix = Subjects.Inbox(creds.Key.PublicKey),
            ReconnectSpread = TimeSpan.Zero,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(50),
            RefusedPatience = TimeSpan.FromSeconds(3),
        });
        await line.ConnectAsync();
        return line;
    }

    /// <summary>The node's login as it were two hours old and good for five minutes: a renewal is due.</summary>
    public void Age()
    {
        string file = Path.Combine(Identity, "node.creds");
        using NatsCreds present = NatsCreds.Read(file);
        using NKeyPair role = NKeyPair.FromSeed(File.ReadAllText(Path.Combine(Broker.Data, "keys", "role-node.nk")).Trim());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var claims = new NatsUserClaims { Subject = present.Key.PublicKey, Name = "web1", Expires = now.AddMinutes(5), IssuerAccount = present.Claims.IssuerAccount };
        File.WriteAllText(file, NatsCreds.Format(NatsJwt.Encode(claims, role, now.AddHours(-2), "aged"), present.Key.ExportSeed()));
    }

    public static async Task<string> DoAsync(params string[] arguments)
    {
        CommandResult done = await ScoutExecutable.RunAsync(arguments);
        Assert.True(done.ExitCode == 0, done.ToString());
        return done.Stdout;
    }

    public void Need()
    {
        if (broker is null) throw SkipTestException.Because(NatsServerProcess.Missing ?? "no nats-server", "SCOUT_REQUIRE_NATS");
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        if (broker is not null) await broker.DisposeAsync();
        folder.Dispose();
    }

    private async Task<JsonElement> PingAsync() => (await node.AskAsync("ping")).GetProperty("results")[0];
}
