using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Security.Trust;
using Scout.Server.Configuration;
using Scout.Server.Connection;
using Scout.Server.Enrolment;
using Scout.Server.Identity;
using Scout.Server.Logging;
using Scout.Server.Security.Trust;

namespace Scout.Server.Life;

/// <summary>
/// The broker in the life of a node. In dev mode a line to this machine; else the node's identity, its enrolment, and a line as soon as there are credentials. Machines
/// wait for none of it.
/// </summary>
internal sealed class NodeBrokerLife : IAsyncDisposable
{
    private readonly ServerOptions options;
    private readonly ILoggerFactory logs;
    private readonly ILogger log;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private IReadOnlyList<string> devUrls = [];
    private string? devToken;
    private NodeIdentity? identity;
    private TrustFile? trustFile;
    private NodeEnrolment? enrolment;
    private Task enrolling = Task.CompletedTask;
    private volatile BrokerLine? line;
    private Func<ServerOptions, BrokerParts> makeParts = null!;
    private Action<NatsConnection> attach = static _ => { };
    // A node of nobody's fleet: it could be one, and says how. In dev mode without a broker there is nothing to be enrolled at.
    private readonly BrokerState notEnrolled;
    private int disposed;

    private NodeBrokerLife(ServerOptions options, TimeProvider time, ILoggerFactory logs)
    {
        var alone = new EnrolmentState(
            EnrolmentPhase.NotEnrolled,
            $"not enrolled: neither a broker nor a token nor credentials are here; 'scout token new --for {options.Node}' makes a token for {(options.EnrollTokenFile.Length > 0 ? options.EnrollTokenFile : ServerOptions.DefaultEnrollToken)}, which is read at the next start",
            null);
        notEnrolled = BrokerState.None with { Words = alone.Words, Enrolment = alone };
        this.options = options;
        this.time = time;
        this.logs = logs;
        log = logs.CreateLogger("connection");
    }

    /// <summary>Whom to believe; null in dev mode and without a broker.</summary>
    public ITrustSource? Trust => trustFile is null ? identity : trustFile;

    public BrokerState State
    {
        get
        {
            EnrolmentState? member = enrolment?.State;
            long? serial = Trust?.Current?.Serial;
            if (!options.HasBroker && options.Mode == ServerMode.Secure) return notEnrolled;
            if (line is not { } open) return member is null ? BrokerState.None : BrokerState.None with { Words = member.Words, Enrolment = member, Trust = serial };
            BrokerState state = open.State with { Enrolment = member, Trust = serial };
            return member is null or { Words: "enrolled" } ? state : state with { Words = $"{state.Words}; {member.Words}" };
        }
    }

    /// <summary>What can be refused before anything is taken.</summary>
    /// <exception cref="LifeException">Exit code 2: dev mode with an address elsewhere, or a bad token file.</exception>
    public static async Task<NodeBrokerLife> TakeAsync(ServerOptions options, TimeProvider time, ILoggerFactory logs)
    {
        var life = new NodeBrokerLife(options, time, logs);
        if (options.Mode == ServerMode.Dev) life.devUrls = await BrokerAddress.LoopbackAsync(options.BrokerUrls);
        if (options.BrokerTokenFile.Length > 0) life.devToken = TokenFile.Read(options.BrokerTokenFile);
        return life;
    }

    /// <summary>Reads who we are; the data directory is ours by now.</summary>
    /// <exception cref="LifeException">Exit code 3: the folder of the identity is not ours.</exception>
    public void Open()
    {
        if (options.External is { TrustFile: { Length: > 0 } file })
        {
            var findings = new List<SettingFinding>();
            trustFile = TrustFile.Open(file, findings);
            Say(findings);
        }

        if (options is { HasBroker: true, Mode: ServerMode.Secure, External: null }) identity = NodeIdentity.Open(options.Data, options.Node, log);
    }

    /// <summary>Begins to connect, or to enrol, for ever.</summary>
    /// <param name="parts">What a line needs, with the groups that came with the credentials in the options.</param>
    /// <param name="attached">Told of the line's connection, once.</param>
    public void Start(Func<ServerOptions, BrokerParts> parts, Action<NatsConnection> attached)
    {
        makeParts = parts;
        attach = attached;
        if (!options.HasBroker)
        {
            if (options.Mode == ServerMode.Secure) LogMessages.NotEnrolled(log, notEnrolled.Words);
            return;
        }

        if (options.External is { } external)
        {
            ConnectExternal(external);
            return;
        }

        if (identity is null)
        {
            Connect(options, BrokerLogin.Dev(devUrls, devToken, options.Node), static () => null);
            return;
        }

        enrolment = new NodeEnrolment(new EnrolmentParts
        {
            Node = options.Node,
            Identity = identity,
            Tokens = new TokenSource(options.EnrollToken?.Reveal(), options.EnrollTokenFile),
            Line = new NatsProvisionerLine(identity, options.BrokerUrls, () => line?.Connection, time),
            Connected = () => line is { } open && open.Connection.ConnectionState == NatsConnectionState.Open,
            Issued = LogIn,
            RenewKey = options.RenewKey,
            Time = time,
            Random = new Random(Seed()),
            Log = logs.CreateLogger("enrolment"),
        });
        if (identity.Credentials is { } credentials) LogIn(credentials);
        enrolling = Task.Run(() => enrolment.RunAsync(stop.Token));
    }

    /// <summary>SIGHUP: look at the token and the credentials again.</summary>
    public void Reload()
    {
        enrolment?.Wake();
        if (trustFile is null) return;
        var findings = new List<SettingFinding>();
        trustFile.Reload(findings);
        Say(findings);
    }

    /// <summary>On the loop: commits began to fail, or work again.</summary>
    public void HealthChanged() => line?.HealthChanged();

    /// <summary>On the loop: there are other machines.</summary>
    public void MachinesChanged() => line?.MachinesChanged();

    /// <summary>The node's part in the mesh is another: told at once.</summary>
    public void MeshChanged() => line?.MeshChanged();

    /// <summary>Leaves: roster, and up to 5 s for acknowledgements.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await enrolling;
        if (line is { } open) await open.StopAsync();
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await stop.CancelAsync();
        await enrolling;
        if (line is { } open) await open.DisposeAsync();
        enrolment?.Dispose();
        identity?.Dispose();
        stop.Dispose();
    }

    // The first time, or in the place of the login in use: the new one is open before the old one is closed.
    private void LogIn(NodeCredentials credentials)
    {
        if (line is { } open)
        {
            if (!open.Groups.SequenceEqual(credentials.Groups)) LogMessages.GroupsChanged(log, string.Join(' ', credentials.Groups));
            _ = LogInAgainAsync(open.Connection);
            return;
        }

        FleetPlace place = identity!.Place;
        IReadOnlyList<string> urls = options.BrokerUrls.Length > 0 ? options.BrokerUrls : place.Urls;
        if (urls.Count == 0)
        {
            LogMessages.EnrolmentTrouble(log, "enrolled, but no broker is known: name one with --broker");
            return;
        }

        var login = new BrokerLogin
        {
            Urls = urls,
            Auth = new NatsAuthOpts { AuthCredCallback = _ => new ValueTask<NatsCreds>(identity.Login(time.GetUtcNow())) },
            Tls = new NatsTlsOpts { Mode = TlsMode.Require, CaFile = place.Authorities is null ? null : identity.AuthoritiesFile },
            InboxPrefix = Subjects.NodeInbox(options.Node),
            Spread = place.ReconnectSpread ?? TimeSpan.FromSeconds(1),
        };
        Connect(options with { Groups = credentials.Groups }, login, () => identity.Key().PublicKey);
    }

    // At a broker that is not ours: groups and certificates come with the credentials. Without a good file the connection tries again, and reads it anew each time.
    private void ConnectExternal(ExternalBrokerOptions external)
    {
        try
        {
            using NatsCreds creds = NatsCreds.Read(external.CredsFile, time.GetUtcNow());
            if (creds.Claims.Name.Length > 0 && creds.Claims.Name != options.Node) LogMessages.EnrolmentTrouble(log, $"{external.CredsFile} was made for '{creds.Claims.Name}', and this node is '{options.Node}': its rights may not fit");
            System.Collections.Immutable.ImmutableArray<string> groups = CredentialsReading.Groups(creds.Claims);
            Connect(groups.IsEmpty ? options : options with { Groups = groups }, BrokerLogin.External(options.BrokerUrls, external, creds.CertificatesPem, options.Node), Of(creds.Claims.Subject));
        }
        catch (NatsCredentialsException unfit)
        {
            LogMessages.EnrolmentTrouble(log, unfit.Message);
            Connect(options, BrokerLogin.External(options.BrokerUrls, external, null, options.Node), static () => null);
        }
    }

    private void Say(List<SettingFinding> findings)
    {
        foreach (SettingFinding one in findings) LogMessages.EnrolmentTrouble(log, $"{one.Place}: {one.Message}; whom to believe at the broker stays as it was");
    }

    private void LoggedIn()
    {
        identity?.LetIn();
        enrolment?.LoggedIn();
    }

    private void LoginRefused()
    {
        if (identity?.RefuseNext() == true) enrolment?.NextRefused();
        else enrolment?.LoginRefused();
    }

    private async Task LogInAgainAsync(NatsConnection connection)
    {
        try
        {
            await connection.ReconnectAsync(stop.Token);
        }
        catch (Exception error) when (error is NatsException or OperationCanceledException or ObjectDisposedException)
        {
            // The old login goes on until it ends; then the connection reads the new one by itself.
            if (error is NatsServerException { IsAuthError: true } && identity?.RefuseNext() == true) enrolment?.NextRefused();
            if (!stop.IsCancellationRequested) LogMessages.CannotConnect(log, "the broker with the new credentials", error.Message);
        }
    }

    private void Connect(ServerOptions effective, BrokerLogin login, Func<string?> key)
    {
        lock (gate)
        {
            if (stop.IsCancellationRequested || line is not null) return;
            BrokerParts parts = makeParts(effective) with { Key = key, News = identity is { } own ? own.Believe : null, LoggedIn = LoggedIn, LoginRefused = LoginRefused };
            line = new BrokerLine(login, parts, Seed(), logs);
        }

        attach(line.Connection);
    }

    private static Func<string?> Of(string key) => () => key;

    private static int Seed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        Scout.Checks.Probes.SystemRandom.Instance.Fill(bytes);
        return BitConverter.ToInt32(bytes) & 0x3FFFFFFF;
    }
}
