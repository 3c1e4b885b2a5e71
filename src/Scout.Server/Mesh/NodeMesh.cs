using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Scout.Protocol.Mesh;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Logging;
using Scout.Server.Mesh.Engine;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Planning;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Reporting;
using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Mesh;

/// <summary>
/// This node's part in the mesh: peers, plan, engine, counters and telemetry, put together. Nothing here may stop machines: what fails is logged, and the node goes on
/// without a mesh. Timers and sources post to one private lock; no callback and no I/O runs under it.
/// </summary>
internal sealed class NodeMesh : IAsyncDisposable
{
    /// <summary>Changes of peers within it become one plan.</summary>
    public static readonly TimeSpan Joining = TimeSpan.FromMilliseconds(200);

    /// <summary>So many more peers than before.</summary>
    private const int MuchNews = 1000;

    private static readonly TimeSpan SaveQuiet = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly MeshParts parts;
    private readonly MeshEngine engine;
    private readonly PeerBook book;
    private readonly IPEndPoint? own;
    private readonly MeshPlanner planner;
    private readonly MeshReporter reporter;
    private readonly NatsTelemetry line = new();
    private readonly ConcurrentQueue<(string Peer, bool Leaving)> said = new();
    private readonly SenderCounts senders;
    private readonly ITimer replan;
    private readonly ITimer soon;
    private readonly ITimer beat;
    private readonly ITimer save;
    private MeshView view;
    private ImmutableArray<PeerSeen> savedList = [];
    private long nextLook = long.MaxValue;
    private volatile bool leaving;
    private volatile bool started;
    private int planned;
    private int tidied;
    private long tidyAt = long.MaxValue;
    private int disposed;

    private NodeMesh(MeshParts parts, MeshStatistics statistics, MeshEngine engine, Action[] wakes)
    {
        this.parts = parts;
        this.engine = engine;
        Statistics = statistics;
        MeshOptions options = parts.Options.Mesh;
        savedList = SavedPeers.Load(parts.PeersFile);
        Sources = new PeerSources(options, Self, savedList, parts.Names, parts.Cluster, parts.Time, parts.Log);
        book = new PeerBook(Self, MeshClock.Of(options.ForgetAfter));
        view = MeshView.Empty(Self);
        IPAddress address = options.Address ?? (parts.Options.Mode == ServerMode.Dev ? IPAddress.Loopback : IPAddress.IPv6Any);
        senders = new SenderCounts(engine.Senders, parts.Time);
        reporter = new MeshReporter(Self, parts.Incarnation, Statistics, new ReportSources(() => View, StateOf, () => senders.Take(View)), line, parts.Time)
        {
            IntervalMs = (int)options.UdpInterval.TotalMilliseconds,
            Witnesses = options.ReactiveWitnesses,
        };
        Addresses = OwnAddresses.Find(address, parts.Environment, options.HostPlane);
        own = options.Metrics.Compat.Any(static tool => tool is "scout" or "kconmon") ? new IPEndPoint(IPAddress.Parse(Addresses[0]), engine.Port) : null;
        planner = new MeshPlanner(Self, options.Topology, options.ShiftPerSecond > 0, options.HostPlane, MeshClock.Of(options.DrainHold), Statistics.OwnerOf, own);
        if (options.Allow.Roster) engine.Access.AllowAddresses(Allowed([]));
        else if (!options.Allow.Networks.IsEmpty) engine.Access.AllowNetworks(own is null ? options.Allow.Networks : options.Allow.Networks.Add(new IPNetwork(own.Address, own.Address.GetAddressBytes().Length * 8)));
        replan = Timer(Replan);
        soon = Timer(reporter.Soon);
        beat = Timer(Beat);
        save = Timer(Save);
        wakes[0] = () => soon.Change(MeshReporter.SoonTime, Timeout.InfiniteTimeSpan);
        wakes[1] = Changed;
    }

    public MeshStatistics Statistics { get; }

    public PeerSources Sources { get; }

    public MeshEngine Engine => engine;

    public MeshOptions Options => parts.Options.Mesh;

    public TimeProvider Time => parts.Time;

    public string Self => parts.Options.Node;

    /// <summary>As peers find this node.</summary>
    public ImmutableArray<string> Addresses { get; }

    public MeshView View
    {
        get
        {
            lock (gate) return view;
        }
    }

    /// <summary>Names that a later source gave another place or zone.</summary>
    public long Conflicts
    {
        get
        {
            lock (gate) return book.Conflicts;
        }
    }

    /// <summary>What the roster says of this node's part.</summary>
    public RosterMesh Announcement => new(Addresses, engine.Port, leaving ? "leaving" : "up");

    /// <summary>Packets of peers that arrived; see <see cref="SenderCounts"/>.</summary>
    public SenderCounts Senders => senders;

    /// <summary>Takes the port, and is silent until <see cref="Start"/>. Null when there is no mesh here.</summary>
    /// <exception cref="Life.LifeException">Somebody asked for this address and port, and it cannot be had: exit 3.</exception>
    public static NodeMesh? Take(MeshParts parts)
    {
        MeshOptions options = parts.Options.Mesh;
        if (!options.Enabled) return null;
        // The observer is needed before the timers it wakes exist: until then there is nothing to wake.
        var wakes = new Action[] { static () => { }, static () => { } };
        NodeMesh? made = null;
        var statistics = new MeshStatistics(
            options.Metrics.Compat.Length > 0,
            MeshClock.Of(options.Metrics.Hold) + (60 * MeshClock.Second),
            (peer, away) =>
            {
                made?.said.Enqueue((peer, away));
                wakes[1]();
            },
            () => wakes[0]());
        if (MeshBinding.Bind(parts, statistics) is not { } engine) return null;
        return made = new NodeMesh(parts, statistics, engine, wakes);
    }

    /// <summary>Answers, probes and reports from here on.</summary>
    public void Start()
    {
        started = true;
        engine.Start();
        Sources.Start(Changed);
        Replan();
        beat.Change(MeshReporter.BeatTime, MeshReporter.BeatTime);
        LogMessages.MeshStarted(parts.Log, $"{Addresses[0]} port {engine.Port}", Sources.Words);
    }

    /// <summary>There is a line to a broker, now or soon.</summary>
    public void Attach(NatsConnection connection)
    {
        line.Attach(connection);
        Sources.Roster?.Attach(connection);
    }

    /// <summary>
    /// Sends no more probes, says goodbye and answers as one who is leaving. Ends when everybody who probes this node can have heard it: at once when nobody does, else after
    /// <c>drain.grace</c>.
    /// </summary>
    /// <param name="tell">Writes the roster entry anew.</param>
    public async Task DrainAsync(Action tell)
    {
        if (leaving) return;
        leaving = true;
        reporter.Leaving = true;
        engine.IsLeaving = true;
        engine.StopProbing();
        reporter.Soon();
        tell();
        if (senders.Distinct(60 * MeshClock.Second) > 0) await Task.Delay(Options.DrainGrace, parts.Time);
    }

    /// <summary>What <c>dns</c> checks of this node found, for the metrics of an older tool.</summary>
    public DnsCompatTally Dns { get; } = new();

    /// <summary>State of a peer as it was planned with.</summary>
    public MeshNodeState StateOf(string peer) => View.Find(peer)?.State ?? MeshNodeState.Gone;

    public MeshSnapshot Snapshot()
    {
        long now = MeshClock.Now(parts.Time);
        MeshView seen = View;
        Scout.Checks.Stamp.StampReflectorCounters responder = engine.UdpAnswers;
        return Statistics.Snapshot(now) with
        {
            Dns = Dns.Sample(),
            Pods = Pods(seen),
            Zone = seen.Zone,
            Plane = Options.HostPlane ? "pod" : "",
            Topology = seen.Topology.IsFull ? "full" : "rings",
            Neighbours = seen.Topology.Degree,
            PeerStates = MeshStates.Count(seen.Peers),
            RosterAge = Sources.ConfirmedAt is { } at ? MeshClock.Span(Math.Max(0, now - at)) : null,
            InProbers = senders.Distinct(60 * MeshClock.Second),
            InProbersExpected = seen.InProbers.Count,
            ResponderAnswered = responder.Answered,
            ResponderStateless = responder.Stateless,
            ResponderRefused = responder.Refused,
            ResponderLimited = responder.Limited,
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        foreach (ITimer timer in (ITimer[])[beat, soon, replan, save]) await timer.DisposeAsync();
        await Sources.DisposeAsync();
        // Its threads are joined: not on a thread that somebody waits for.
        await Task.Run(engine.Dispose);
        if (started) Save();
    }

    private ITimer Timer(Action action) => parts.Time.CreateTimer(
        _ =>
        {
            try
            {
                if (disposed == 0) action();
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                LogMessages.MeshFailed(parts.Log, error.Message, error);
            }
        },
        null,
        Timeout.InfiniteTimeSpan,
        Timeout.InfiniteTimeSpan);

    /// <summary>Any thread, also the engine's: a plan follows soon.</summary>
    private void Changed()
    {
        // Not moved by what comes within the time: a fleet that changes all the while has new plans all the same.
        if (disposed == 0 && Interlocked.Exchange(ref planned, 1) == 0) replan.Change(Joining, Timeout.InfiniteTimeSpan);
    }

    private void Beat()
    {
        reporter.Beat();
        bool look;
        lock (gate)
        {
            look = MeshClock.Now(parts.Time) >= nextLook || HearReturns();
            foreach (string name in view.Neighbours)
            {
                if (view.Find(name) is not { State: MeshNodeState.Joining } || !Statistics.Answered(name)) continue;
                book.Answered(name);
                look = true;
            }
        }

        if (look) Replan();
        if (MeshClock.Now(parts.Time) >= tidyAt) Tidy();
    }

    /// <summary>
    /// Who said goodbye and probes this node again is back: so it is noticed without a broker too. A node that drains sends nothing any more, but for what was under way.
    /// </summary>
    private bool HearReturns()
    {
        (string Name, long At)[] away = [.. book.Goodbyes()];
        if (away.Length == 0) return false;
        Dictionary<ulong, long> heard = senders.Heard();
        bool any = false;
        foreach ((string name, long at) in away)
        {
            if (heard.TryGetValue(NodeId.Of(name), out long last) && last > at + MeshClock.Second) any |= book.SaidLeaving(name, leaving: false, last);
        }

        return any;
    }

    private void Replan()
    {
        Volatile.Write(ref planned, 0);
        if (leaving) return;
        MeshView before;
        MeshView after;
        lock (gate)
        {
            long now = MeshClock.Now(parts.Time);
            while (said.TryDequeue(out (string Peer, bool Leaving) word)) book.SaidLeaving(word.Peer, word.Leaving, now);
            book.Merge(Sources.Lists(), now);
            ImmutableArray<Peer> peers = book.Peers(now);
            before = view;
            after = view = planner.Plan(peers, OwnZone(), now);
            Statistics.Apply(after, now);
            nextLook = Math.Min(Math.Min(book.NextChange(now), after.HeldUntil), now + (60 * MeshClock.Second));
        }

        Apply(before, after);
    }

    private void Apply(MeshView before, MeshView after)
    {
        if (!ReferenceEquals(before.Topology, after.Topology) || !before.Plan.Paths.SequenceEqual(after.Plan.Paths)) engine.Apply(after.Plan);
        if (Options.Allow.Roster) engine.Access.AllowAddresses(Allowed(after.Peers));
        foreach (Peer peer in after.Peers)
        {
            if (before.Find(peer.Name)?.State != peer.State && peer.State is MeshNodeState.Leaving or MeshNodeState.Gone or MeshNodeState.Silent or MeshNodeState.Maintenance) LogMessages.PeerChanged(parts.Log, peer.Name, MeshNodeStates.Name(peer.State));
        }

        if (ReferenceEquals(before.Topology, after.Topology)) return;
        LogMessages.MeshPlanned(parts.Log, after.Topology.Count, after.Neighbours.Count, after.Topology.IsFull ? "full mesh" : $"{after.Topology.Degree} rings");
        if (after.Topology is { IsFull: true, Count: > 100 } && before.Topology.Count <= 100) LogMessages.FullMeshLarge(parts.Log, after.Topology.Count);
        save.Change(SaveQuiet, Timeout.InfiniteTimeSpan);
        tidyAt = MeshClock.Now(parts.Time) + (10 * MeshClock.Second);
    }

    private IEnumerable<IPAddress> Allowed(ImmutableArray<Peer> peers) => peers.SelectMany(static peer => peer.Seen.Addresses).Concat(own is null ? [] : [own.Address]);

    /// <summary>For the labels of an older tool.</summary>
    private ImmutableDictionary<string, string> Pods(MeshView seen)
    {
        if (!Options.Metrics.Compat.Contains("scout")) return ImmutableDictionary<string, string>.Empty;
        ImmutableDictionary<string, string>.Builder pods = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string name in seen.Neighbours)
        {
            if (seen.Find(name)?.Seen.Pod is { Length: > 0 } pod) pods[name] = pod;
        }

        if (PodName.Own(parts.Environment) is { Length: > 0 } ours) pods[Self] = ours;
        return pods.ToImmutable();
    }

    private string OwnZone() => parts.Options.Zone.Length > 0 ? parts.Options.Zone : Sources.OwnZone;

    /// <summary>A list of thousands leaves some 10 MB of what it was read from, and a node makes so little garbage that nobody would look for it for hours.</summary>
    private void Tidy()
    {
        tidyAt = long.MaxValue;
        int known = View.Peers.Length;
        if (known < tidied + MuchNews) return;
        tidied = known;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private void Save()
    {
        ImmutableArray<PeerSeen> peers = [.. View.Peers.Where(static peer => peer.Seen.Word != PeerWord.Gone).Select(static peer => peer.Seen)];
        // An empty list is worth less than an old one.
        if (peers.IsEmpty) return;
        bool same = peers.SequenceEqual(savedList);
        // The same list, but the one that is kept anyway.
        savedList = peers;
        if (same) return;
        try
        {
            SavedPeers.Save(parts.PeersFile, peers);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            savedList = [];
            LogMessages.PeersNotSaved(parts.Log, error.Message);
        }
    }
}

/// <summary>What a mesh is made from.</summary>
internal sealed record MeshParts
{
    public required ServerOptions Options { get; init; }

    /// <summary>Start in Unix seconds.</summary>
    public required uint Incarnation { get; init; }

    /// <summary>Absolute path of <c>peers.json</c>.</summary>
    public required string PeersFile { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }

    public required IPeerNames Names { get; init; }

    /// <summary>Of the source <c>kubernetes</c>.</summary>
    public NodeCluster Cluster { get; init; } = NodeCluster.None;

    /// <summary>Of jitter.</summary>
    public required ulong Seed { get; init; }
}
