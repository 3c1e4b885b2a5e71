using System.Collections.Immutable;
using System.Text;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Events;
using Scout.Protocol.Roster;
using Scout.Protocol.Rpc;
using Scout.Protocol.Streams;
using Scout.Testing;

namespace Scout.Cli.Tests.Fakes;

/// <summary>A real nats-server with the streams of Scout, and nodes that answer from a table.</summary>
internal sealed class FakeFleet : IAsyncDisposable
{
    private readonly NatsServerProcess server;
    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> serving = [];
    private readonly NatsJSContext js;
    private readonly EventWriter writer = new();
    private long sequence;

    private FakeFleet(NatsServerProcess server, NatsConnection nats)
    {
        this.server = server;
        Nats = nats;
        js = new NatsJSContext(nats);
    }

    public NatsConnection Nats { get; }

    public string Url => server.Url;

    /// <summary>The value of <c>Scout-Caller</c> that nodes saw last.</summary>
    public string? Caller { get; private set; }

    /// <summary>The request that nodes saw last.</summary>
    public NatsMsg<byte[]> Request { get; private set; }

    public static async Task<FakeFleet> StartAsync()
    {
        NatsServerProcess started = await NatsServerProcess.StartAsync();
        var nats = new NatsConnection(new NatsOpts { Url = started.Url });
        await nats.ConnectAsync();
        var fleet = new FakeFleet(started, nats);
        await fleet.js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Events, Subjects = ["scout.event.*.*.*"], AllowDirect = true });
        await fleet.js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Roster, Subjects = ["$KV.SCOUT_NODES.>"], MaxMsgsPerSubject = 5, AllowDirect = true });
        await fleet.js.CreateStreamAsync(new StreamConfig
        {
            Name = StreamCatalog.State,
            Sources = [new Scout.Nats.StreamSource { Name = StreamCatalog.Events, FilterSubject = "scout.event.*.*.state" }],
            MaxMsgsPerSubject = 1,
            AllowDirect = true,
        });
        return fleet;
    }

    /// <summary>Lets a node answer.</summary>
    public async Task ServeAsync(FakeNode node, string? under = null)
    {
        INatsSub<byte[]> sub = await Nats.SubscribeCoreAsync<byte[]>($"scout.rpc.node.{under ?? node.Name}.*");
        await Nats.PingAsync();
        serving.Add(Task.Run(async () =>
        {
            await foreach (NatsMsg<byte[]> message in sub.Msgs.ReadAllAsync(stop.Token))
            {
                Assert.True(Subjects.TryParseRpc(message.Subject, out RpcSubject subject));
                Assert.True(RpcActions.TryParse(subject.Action, out RpcAction action));
                Assert.True(RpcRequestReader.TryRead(action, message.Data, out RpcRequest? request, out RpcProblem? problem), problem?.Message);
                Request = message;
                Caller = message.Headers is { } headers && headers.TryGetLastValue("Scout-Caller", out string? caller) ? caller : null;
                if (node.Answer(request) is { } reply) await message.ReplyAsync(RpcReplyWriter.ToBytes(reply));
            }
        }));
    }

    /// <summary>Puts a node into the roster.</summary>
    public async Task EnrolAsync(string node, params (string Key, string Value)[] labels)
    {
        var entry = new RosterEntry
        {
            Node = node,
            Version = "0.1.0",
            Os = "linux",
            Arch = "x64",
            Machines = 1,
            Started = DateTimeOffset.UnixEpoch.AddYears(60),
            AliveS = 300,
            Mode = "dev",
            Labels = labels.ToImmutableSortedDictionary(label => label.Key, label => label.Value),
        };
        await js.PublishAsync(Subjects.RosterKey(node), entry.ToBytes());
    }

    public async Task PutRosterAsync(string node, string bytes, NatsHeaders? headers = null) => await js.PublishAsync(Subjects.RosterKey(node), Encoding.UTF8.GetBytes(bytes), headers: headers);

    /// <summary>Makes the bucket and the stream of the mesh, as a broker does.</summary>
    public async Task MeshAsync()
    {
        await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Mesh, Subjects = ["$KV.SCOUT_MESH.>"], MaxMsgsPerSubject = 1, AllowDirect = true });
        await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Faults, Subjects = ["scout.mesh.fault.*"], MaxMsgsPerSubject = 16, AllowDirect = true });
    }

    /// <summary>Puts a document into the bucket of the mesh.</summary>
    public async Task PutMeshAsync(string key, byte[] document) => await js.PublishAsync(Subjects.MeshPrefix + key, document);

    /// <summary>
    /// What a node can do that was taken over: it keeps something under its own key and has the server send it on, to a subject on which it may not publish itself. Ends when
    /// it is stored there.
    /// </summary>
    public async Task SteerAsync(byte[] bytes, string stream, string subject, NatsHeaders? headers = null)
    {
        await js.PublishAsync(Subjects.RosterKey("evil"), bytes, headers: headers);
        await Nats.PublishAsync("$JS.API.DIRECT.GET.KV_SCOUT_NODES." + Subjects.RosterKey("evil"), Array.Empty<byte>(), replyTo: subject);
        INatsJSStream target = await js.GetStreamAsync(stream);
        await Until.TrueAsync("what was steered", async () =>
            (await target.GetDirectAsync<byte[]>(new StreamMsgGetRequest { LastBySubj = subject })).Headers is { } stored && stored.TryGetValue("Nats-Stream", out NatsHeaderValues streams) && streams.Count == 2);
    }

    /// <summary>Stores a transition; gives its id.</summary>
    public async Task<string> TransitAsync(string node, string machine, string from, string to) =>
        await StoreAsync(node, machine, EventTypes.Transition, new TransitionData { Transition = to, From = from, To = to, Reason = "check" });

    public async Task<string> StateAsync(string node, string machine, string state) =>
        await StoreAsync(node, machine, EventTypes.State, new StateData(FakeNode.Summary(state, "last words")));

    /// <summary>Stores what the node says of itself.</summary>
    public async Task<string> AuditAsync(string node, params string[] machines) => await StoreAsync(node, Names.NodeItself, EventTypes.Audit, new AuditData
    {
        Caller = "dev:anna",
        Action = "resume",
        Request = "r1",
        Scope = "node",
        Decision = "allowed",
        Code = "ok",
        Machines = [.. machines],
    });

    /// <summary>Stores whatever it is told to.</summary>
    public async Task PutAsync(string subject, string bytes, NatsHeaders? headers = null)
    {
        headers ??= new NatsHeaders { ["Content-Type"] = CloudEventJson.MediaType };
        await js.PublishAsync(subject, Encoding.UTF8.GetBytes(bytes), headers: headers);
    }

    /// <summary>Waits until the state stream has copied as many messages.</summary>
    public async Task CopiedAsync(int messages)
    {
        for (int i = 0; i < 400; i++)
        {
            INatsJSStream stream = await js.GetStreamAsync(StreamCatalog.State);
            if ((int)stream.Info.State.Messages >= messages) return;
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System);
        }

        Assert.Fail("the state stream did not copy in time");
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Nats.DisposeAsync();
        foreach (Task task in serving)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                // That is how it ends.
            }
        }

        stop.Dispose();
        writer.Dispose();
        await server.DisposeAsync();
    }

    private async Task<string> StoreAsync(string node, string machine, string type, EventData data)
    {
        var one = new ScoutEvent
        {
            Id = new Guid((int)++sequence, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0),
            Node = node,
            Machine = machine,
            Type = type,
            Time = DateTimeOffset.UnixEpoch.AddYears(60).AddSeconds(sequence),
            Sequence = new EventSequence(1_795_221_600, sequence),
            Data = data,
        };
        await PutAsync(one.Subject, Encoding.UTF8.GetString(writer.Write(one).Span));
        return one.Id.ToString();
    }
}
