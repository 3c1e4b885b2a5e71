using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Signing;
using Scout.Protocol.Security.Trust;
using Scout.Server.Configuration;
using Scout.Testing;

namespace Scout.Server.Tests.Security.Attacks;

/// <summary>
/// A real nats-server that lets everybody publish everything, with role keys and people: what a node refuses here it refuses by itself, also when the broker did not.
/// One server and one node for all tests of a class.
/// </summary>
public sealed class ProvenFleet : IAsyncLifetime, ITrustSource
{
    private const string Policy = """
        rules:
          - { allow: [ping, machines, machine, facts, mesh], roles: [viewer, operator, deployer, admin] }
          - { allow: [check, maintenance, resume, acknowledge, probe], roles: [operator, admin] }
          - { allow: [transition], roles: [operator, admin] }
          - { allow: [probe], roles: [broker] }
          - { deny: [maintenance, transition], machines: ["pay_*"], except_callers: [alice], reason: "ask the payments team" }
        """;

    private readonly TestNode node = new();
    private readonly NKeyPair account = NKeyPair.Create(NKeyType.Account);
    private readonly Dictionary<ScoutRole, NKeyPair> roles = Enum.GetValues<ScoutRole>().ToDictionary(role => role, _ => NKeyPair.Create(NKeyType.Account));
    private NatsServerProcess? server;
    private int ids;

    public TrustDocument? Current { get; set; }

    /// <summary>More machines, before the start.</summary>
    public string MoreChecks { get; set; } = "";

    public NatsConnection Nats { get; private set; } = null!;

    public string Url => server!.Url;

    public async ValueTask InitializeAsync()
    {
        if (NatsServerProcess.Missing is not null) return;
        server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = true });
        Nats = new NatsConnection(new NatsOpts { Url = server.Url });
        await Nats.ConnectAsync();
        // Without them a node that stops waits for acknowledgements that never come.
        var js = new NatsJSContext(Nats);
        await js.CreateStreamAsync(new StreamConfig { Name = "SCOUT_EVENTS", Subjects = ["scout.event.*.*.*"] });
        await js.CreateStreamAsync(new StreamConfig { Name = "SCOUT_LIFECYCLE", Subjects = ["scout.lifecycle.*.*"] });
        Reset();
        node.Trust = this;
        node.Policy = null;
        WritePolicy(Policy);
        string config = node.Folder.Write("server.yaml", $"policy: {PolicyFile}\n");
        node.Arguments = new ServerArguments { Broker = [server.Url], Config = config };
        node.Machines("m.yaml", "checks:\n" + string.Concat(((string[])["disk", "swap", "pay_api"]).Select(name => $"  - {{ name: {name}, builtin: heartbeat, interval: 1h, splay: 0 }}\n")) + MoreChecks);
        await StartAsync();
    }

    internal TestNode Node => node;

    public string PolicyFile => node.Folder.File("policy.yaml");

    /// <summary>Writes a policy; the node finds it within ten seconds, or at SIGHUP.</summary>
    public void WritePolicy(string? yaml) => File.SetUnixFileMode(node.Folder.Write("policy.yaml", yaml ?? Policy), UnixFileMode.UserRead | UnixFileMode.UserWrite);

    public async Task StartAsync()
    {
        await node.StartAsync();
        foreach (string machine in (string[])["disk", "swap", "pay_api"]) await Wait.UntilAsync(async () => await node.StateAsync(machine) is not null && (machine == "swap" || await node.StateAsync(machine) == "OK"), () => node.Log);
        Person probing = Person("starter", ScoutRole.Viewer);
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    await probing.Ask($"scout.rpc.node.{node.Name}.ping").AskAsync(Nats);
                    return true;
                }
                catch (NatsNoRespondersException)
                {
                    return false;
                }
            },
            () => node.Log);
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        if (Nats is not null) await Nats.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
        foreach (NKeyPair key in roles.Values.Append(account)) key.Dispose();
    }

    public void Need()
    {
        if (server is null) throw SkipTestException.Because(NatsServerProcess.Missing ?? "no nats-server", "SCOUT_REQUIRE_NATS");
        Reset();
    }

    /// <summary>A trust document as the broker would issue it; its own signature is not a matter here.</summary>
    public void Reset(params string[] revoked) => Current = new TrustDocument
    {
        Serial = 1,
        Issued = DateTimeOffset.UnixEpoch,
        Fleet = account.PublicKey,
        Key = "N" + account.PublicKey[1..],
        Roles = roles.ToImmutableSortedDictionary(pair => RoleNames.Word(pair.Key), pair => ImmutableArray.Create(pair.Value.PublicKey), StringComparer.Ordinal),
        RevokedCallers = [.. revoked.Select(key => new RevokedCaller(key, DateTimeOffset.MaxValue))],
    };

    /// <summary>Somebody with a login.</summary>
    internal Person Person(string name, ScoutRole role, TimeSpan? life = null, NKeyPair? signer = null, string? fleet = null, TimeSpan? from = null)
    {
        NKeyPair key = NKeyPair.Create(NKeyType.User);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var claims = new NatsUserClaims { Subject = key.PublicKey, Name = name, IssuerAccount = fleet ?? account.PublicKey, Expires = now + (life ?? TimeSpan.FromHours(1)), NotBefore = now + from };
        return new Person(NatsJwt.Encode(claims, signer ?? roles[role], now, $"id-{Interlocked.Increment(ref ids)}"), key);
    }
}

/// <summary>A JWT and its key.</summary>
internal sealed record Person(string Jwt, NKeyPair Key)
{
    /// <summary>A request, ready to be sent, and to be spoilt before.</summary>
    public SignedMessage Ask(string subject, string args = "{}", string? id = null, DateTimeOffset? at = null, NKeyPair? by = null)
    {
        byte[] body = Encoding.UTF8.GetBytes($$"""{"schema":"io.scout.rpc.request.v1","id":"{{id ?? RandomNumberGenerator.GetHexString(32, lowercase: true)}}","ttl_ms":20000,"args":{{args}}}""");
        return Sign(subject, body, at, by);
    }

    public SignedMessage Sign(string subject, byte[] body, DateTimeOffset? at = null, NKeyPair? by = null)
    {
        long now = (at ?? TimeProvider.System.GetUtcNow()).ToUnixTimeMilliseconds();
        string nonce = SignedLines.Nonce(RandomNumberGenerator.GetBytes(16));
        return new SignedMessage(subject, body, SignedLines.Headers(Jwt, now, nonce, (by ?? Key).Sign(SignedLines.Of(subject, now, nonce, body))));
    }
}

/// <summary>A message as it will be published.</summary>
internal sealed record SignedMessage(string Subject, byte[] Body, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>Sends it; the node's reply, or null when a request that came after it was answered and this one was not.</summary>
    public async Task<RpcReply?> SendAsync(NatsConnection nats, Func<Task<RpcReply>> marker)
    {
        string inbox = InboxFor(nats, Subject);
        await using INatsSub<ReadOnlyMemory<byte>> replies = await nats.SubscribeCoreAsync<ReadOnlyMemory<byte>>(inbox);
        await PublishAsync(nats, inbox);
        // The node takes its requests in order; what it did not answer before the next one it will not answer.
        await marker();
        await nats.PingAsync();
        if (!replies.Msgs.TryRead(out NatsMsg<ReadOnlyMemory<byte>> answer)) return null;
        Assert.True(RpcReplyReader.TryRead(answer.Data, out RpcReply? reply, out string? error), error);
        return reply;
    }

    /// <summary>Sends it and waits for the answer; <c>busy</c> is one.</summary>
    public async Task<RpcReply> AskAsync(NatsConnection nats)
    {
        RpcReply? reply = await TryAskAsync(nats, TimeSpan.FromSeconds(20));
        Assert.True(reply is not null, "no answer to " + Subject);
        return reply;
    }

    /// <summary>The same; null when none came in time: of a flood a node leaves what is too much without an answer.</summary>
    public async Task<RpcReply?> TryAskAsync(NatsConnection nats, TimeSpan patience)
    {
        string inbox = InboxFor(nats, Subject);
        await using INatsSub<ReadOnlyMemory<byte>> replies = await nats.SubscribeCoreAsync<ReadOnlyMemory<byte>>(inbox, opts: new NatsSubOpts { Timeout = patience });
        await PublishAsync(nats, inbox);
        if (!await replies.Msgs.WaitToReadAsync() || !replies.Msgs.TryRead(out NatsMsg<ReadOnlyMemory<byte>> answer)) return null;
        if (answer.HasNoResponders) throw new NatsNoRespondersException(Subject);
        Assert.True(RpcReplyReader.TryRead(answer.Data, out RpcReply? reply, out string? error), error + JsonSerializer.Serialize(Encoding.UTF8.GetString(answer.Data.Span)));
        return reply;
    }

    /// <summary>Where the asked node may answer.</summary>
    public static string InboxFor(NatsConnection nats, string subject)
    {
        string random = nats.NewInbox()[(nats.Opts.InboxPrefix.Length + 1)..];
        return Subjects.TryParseRpc(subject, out RpcSubject rpc) && rpc.Scope == RpcScope.Node ? Subjects.Answer(nats.Opts.InboxPrefix, rpc.Name, random, 0) : Subjects.AnswerOfMany(nats.Opts.InboxPrefix, random);
    }

    public ValueTask PublishAsync(NatsConnection nats, string? replyTo) => nats.PublishAsync(Subject, Body, Made(), replyTo);

    private NatsHeaders Made()
    {
        NatsHeaders headers = [];
        foreach ((string name, string value) in Headers) headers.Add(name, value);
        return headers;
    }
}
