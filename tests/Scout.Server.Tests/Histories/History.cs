using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Server.Definitions;
using Scout.Server.Outbox;
using Scout.Server.Rpc;
using Scout.Server.Store;
using Scout.Server.Tests.Outbox;
using Scout.Server.Tests.Store;
using Scout.Testing;
using EventKind = Scout.Server.Store.EventKind;
using Step = Scout.Server.Tests.Store.Step;

namespace Scout.Server.Tests.Histories;

/// <summary>
/// A random script over node, store, stream and a client (reliability.md R15): results, commands, crash, power cut with torn writes, a line that is cut, acknowledgements that are
/// lost, a full disk, steps of the clock, reloads. All of it from one seed.
/// </summary>
internal sealed class History : IDisposable
{
    public const string Mend = "/bin/mend";
    public const int MaxRuns = 2;

    public static readonly TimeSpan Per = TimeSpan.FromMinutes(30);

    private const string Checks = """
        checks:
          - { name: disk, plugin: /bin/look, interval: 30s, attempts: 2, retry_interval: 10s, events: all }
          - { name: hasty, plugin: /bin/look, interval: 5s, flapping: off, remediate: { command: /bin/mend, when: [CRITICAL, WARNING], interval: 1m, max_runs: 2, per: 30m } }
          - { name: beat, builtin: heartbeat, interval: 1m }
          - { name: CHILD, plugin: /bin/look, interval: 20s, depends_on: [disk] }
        """;

    private const string Service = """
        name: service
        version: 1.0.0
        initial_state: RUNNING
        transitions:
          - { name: failed, from: [RUNNING], destination: RESTARTING }
          - { name: restarted, from: [RESTARTING], destination: RUNNING }
          - { name: gave_up, from: [RESTARTING], destination: BROKEN }
          - { name: repaired, from: [BROKEN], destination: RUNNING }
          - { name: MAINTENANCE, from: [RUNNING, RESTARTING, BROKEN], destination: MAINTENANCE }
          - { name: RESUME, from: [MAINTENANCE], destination: RUNNING }
        watchers:
          - { name: alive, type: exec, interval: 15s, state_match: [RUNNING], fail_transition: failed, properties: { command: /bin/look } }
          - { name: restart, type: exec, interval: 20s, state_match: [RESTARTING], success_transition: restarted, properties: { command: /bin/look } }
          - { name: patience, type: timer, state_match: [RESTARTING], fail_transition: gave_up, properties: { timer: 1m } }
          - { name: recovered, type: exec, interval: 30s, state_match: [BROKEN], success_transition: repaired, properties: { command: /bin/look } }
        """;

    private static readonly string[] Steady = ["disk", "hasty", "beat", "service"];
    private static readonly string[] Moves = ["failed", "restarted", "repaired", "FORCE_CHECK", "CRITICAL"];

    private readonly Random random;
    private readonly bool clockSteps;
    private readonly ManualTime time = new();
    private readonly ScriptedStream stream = new();
    private readonly Dictionary<string, int> moods = [];
    private readonly List<(RpcRequest Request, long At)> done = [];
    private FaultFiles files = new();
    private ModelNode node;
    private DefinitionBatch batch = Whole;
    private (RpcRequest Request, Task<RpcReply> Reply, bool Again)? asked;
    private bool connected;
    private int number;

    public History(int seed, bool clockSteps)
    {
        random = new Random(seed);
        this.clockSteps = clockSteps;
        Checker = new HistoryChecker(time, Whole);
        stream.Script = Answer;
        node = Born();
        node.Start(batch, connected = true);
        node.Settle();
    }

    /// <summary>All machines.</summary>
    public static DefinitionBatch Whole { get; } = Batch("child");

    /// <summary>One machine less.</summary>
    public static DefinitionBatch Without { get; } = Batch(null);

    public static NodeStoreOptions StoreOptions { get; } = StoreFactory.Options with { SegmentBytes = 24_000, HistoryBytes = 100_000, MaxEvents = 150, MaxBytes = 200_000 };

    public HistoryChecker Checker { get; }

    /// <summary>Crashes so far.</summary>
    public int Crashes { get; private set; }

    /// <summary>One thing happens, then some time passes.</summary>
    public void Next()
    {
        Disturb(random.Next(clockSteps ? 103 : 100));
        node.Live(TimeSpan.FromMilliseconds(random.Next(4) == 0 ? random.Next(20_000) : random.Next(1_500)));
        Read();
        Checker.AtRest(node);
    }

    /// <summary>All is well again, and given time.</summary>
    public void Rest()
    {
        files.Fault = null;
        if (!connected) node.Publisher.Connected();
        connected = true;
        quiet = true;
        for (int i = 0; i < 60 && (i < 5 || node.Store.Outbox.Count > 0); i++) node.Live(TimeSpan.FromSeconds(20));
        Read();
        Checker.AtRest(node);
        if (node.Store.Outbox.Count > 20) throw new InvalidOperationException($"{node.Store.Outbox.Count} events are left in the outbox");
        // What falls due all the time is on its way at any moment: the last look is at one at which nothing is.
        for (int i = 0; i < 100 && node.Store.Outbox.Count > 0; i++) node.Settle();
        Checker.AtTheEnd(node, stream);
    }

    public void Dispose() => node.Dispose();

    private bool quiet;

    private void Disturb(int what)
    {
        switch (what)
        {
            case < 40:
                Ask();
                break;
            case < 43:
                Crash(PowerCut.Kept);
                break;
            case 43:
                Crash(random.Next(2) == 0 ? PowerCut.Dropped : PowerCut.Torn);
                break;
            case < 46:
                CutShort();
                break;
            case < 50:
                Fill();
                break;
            case < 58:
                files.Fault = null;
                break;
            case < 62:
                if (connected) node.Publisher.Disconnected();
                connected = false;
                break;
            case < 68:
                if (!connected) node.Publisher.Connected();
                connected = true;
                break;
            case < 70:
                batch = batch == Whole ? Without : Whole;
                Checker.Note("reload");
                node.Loop.Post(() => node.Core.Apply(batch));
                break;
            case >= 100:
                Checker.ClockStepped();
                Checker.Note("the clock is stepped");
                time.StepWall(TimeSpan.FromSeconds(random.Next(-4_000, 4_000)));
                break;
        }
    }

    private void Ask()
    {
        if (asked is not null) return;
        // What was answered is remembered for ten minutes.
        done.RemoveAll(one => time.GetElapsedTime(one.At) > TimeSpan.FromMinutes(9));
        bool again = done.Count > 0 && !clockSteps && random.Next(12) == 0;
        RpcRequest request = again ? done[random.Next(done.Count)].Request : new RpcRequest { Id = string.Create(CultureInfo.InvariantCulture, $"r{++number}"), Args = Args() };
        var answer = new TaskCompletionSource<RpcReply>();
        if (!again) Checker.Asked(request);
        Checker.Note($"asked {request.Id} {request.Args}");
        var empty = new RpcReply { Id = request.Id, Node = "web1", Action = RpcActions.Name(request.Action), Code = RpcCode.Ok };
        node.Loop.Post(() => node.Effects.Do(request, new RpcCaller("anna", IsLocal: false) { Key = "UKEY", Nonce = request.Id }, empty, time.GetTimestamp(), answer));
        asked = (request, answer.Task, again);
    }

    private RpcArgs Args()
    {
        string machine = Steady[random.Next(Steady.Length)];
        MachineSelection one = MachineSelection.Of([machine]);
        return random.Next(5) switch
        {
            0 => new MaintenanceArgs(one, random.Next(10, 900), null, OpenEnded: false, $"reason {number}"),
            1 => new ResumeArgs(one),
            2 => new AcknowledgeArgs(one, null, $"known {number}"),
            3 => new CheckArgs(one, random.Next(2) * 3_000),
            _ => new TransitionArgs(machine, Moves[random.Next(Moves.Length)]),
        };
    }

    private void Read()
    {
        if (asked is not { } waiting || !waiting.Reply.IsCompleted) return;
        RpcReply reply = waiting.Reply.GetAwaiter().GetResult();
        if (waiting.Again)
        {
            Checker.RepliedAgain(waiting.Request, reply);
        }
        else
        {
            Checker.Replied(waiting.Request, reply);
            // What was refused for the disk's sake may be asked anew, and is then done.
            if (reply.Code is not RpcCode.Internal) done.Add((waiting.Request, time.GetTimestamp()));
        }

        asked = null;
    }

    /// <summary>In the middle of something: some of the node's threads had their turn, others had not.</summary>
    private void CutShort()
    {
        Ask();
        for (int i = random.Next(6); i > 0; i--) node.Nudge(random.Next(3));
        Read();
        Crash(PowerCut.Kept);
    }

    private void Crash(PowerCut cut)
    {
        Crashes++;
        Func<Step, string, Exception?>? fault = files.Fault;
        FaultFiles left = FaultFiles.With(files.After(cut, random));
        node.Dispose();
        (files, asked) = (left, null);
        if (random.Next(3) == 0) time.Advance(TimeSpan.FromSeconds(random.Next(1_500)));
        node = Born();
        files.Fault = fault;
        Checker.Recovered(node.Store, stream);
        node.Start(batch, connected = random.Next(4) > 0);
        node.Settle();
    }

    private ModelNode Born() => new(time, files, stream, Checker, random, NewId, moods);

    private void Fill()
    {
        int way = random.Next(4);
        Checker.Note($"the disk refuses, way {way}");
        files.ShortWrite = way == 0 ? random.Next(200) : 0;
        files.Fault = way switch
        {
            0 or 1 => static (step, _) => step is Step.Write or Step.Create ? new IOException("No space left on device") : null,
            2 => static (step, _) => step == Step.Sync ? new IOException("Input/output error") : null,
            _ => static (step, path) => path.EndsWith(".tmp", StringComparison.Ordinal) && step == Step.Write ? new IOException("No space left on device") : null,
        };
    }

    private PublishAnswer? Answer(StoredEvent item, string id)
    {
        if (!connected) return new PublishAnswer(PublishResult.Disconnected);
        // For some events there is never room, whoever asks and however often.
        if (item.Kind is EventKind.Check && item.Id.ToByteArray()[15] < 4)
        {
            Checker.SetAside(item.Sequence);
            return new PublishAnswer(PublishResult.Permanent, Reason: "too large");
        }

        return quiet ? null : random.Next(30) switch
        {
            0 => new PublishAnswer(PublishResult.NoAnswer),
            1 => new PublishAnswer(PublishResult.Temporary, Reason: "no leader"),
            _ => null,
        };
    }

    private Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private static DefinitionBatch Batch(string? child)
    {
        string checks = child is null ? string.Join('\n', Checks.Split('\n').Where(line => !line.Contains("CHILD", StringComparison.Ordinal))) : Checks.Replace("CHILD", child, StringComparison.Ordinal);
        ImmutableArray<MachineDefinition> machines = [.. Read("/m/checks.yaml", checks), .. Read("/m/service.yaml", Service)];
        return new DefinitionBatch([.. machines], new Dictionary<string, string>());
    }

    private static ImmutableArray<MachineDefinition> Read(string path, string yaml)
    {
        DefinitionFile file = DefinitionReader.Read(path, Encoding.UTF8.GetBytes(yaml), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
        return file.Findings.IsEmpty ? file.Machines : throw new InvalidOperationException(string.Join('\n', file.Findings.Select(one => one.ToString())));
    }
}
