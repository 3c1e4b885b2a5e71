using System.Collections.Immutable;
using System.Net;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Tests.Mesh.Probing;

/// <summary>A prober in virtual time on a scripted network: peers that answer after a delay, and a process that can be frozen.</summary>
internal sealed class VirtualMesh : IProbeSender, IMeshObserver
{
    public const long Ms = ProberSettings.Millisecond;
    public const long Second = ProberSettings.Second;

    private readonly PriorityQueue<Action, (long, long)> arrivals = new();
    private readonly List<(long From, long Until)> freezes = [];
    private readonly Dictionary<int, uint> counters = [];
    private long order;

    public VirtualMesh(ProberSettings? settings = null, int peers = 10, ulong seed = 1, long start = 5_000 * Second)
    {
        Settings = settings ?? new ProberSettings { MtuInterval = 0, TraceCooldown = 0, ReactivePackets = 0 };
        Now = start;
        Start = start;
        Core = new ProberCore(Settings, NodeId.Of("self"), this, seed, start);
        Paths = [.. Enumerable.Range(0, peers).Select(i => Path($"n{i}"))];
        Core.Apply(new MeshPlan(Paths, ProbeKind.Ring), start);
    }

    public ProberSettings Settings { get; }

    public ProberCore Core { get; }

    public ImmutableArray<MeshPath> Paths { get; }

    public long Start { get; }

    public long Now { get; private set; }

    public List<(UdpIntent Intent, long At)> Sent { get; } = [];

    public List<(TcpIntent Intent, long At)> Connects { get; } = [];

    public List<UdpTrial> Trials { get; } = [];

    public List<UdpTrial> LateOnes { get; } = [];

    public List<UdpTrial> Directions { get; } = [];

    public List<TcpTrial> TcpTrials { get; } = [];

    public List<MeshNote> Notes { get; } = [];

    public List<(MeshPath Path, bool Leaving)> Presence { get; } = [];

    public List<bool> Suspicions { get; } = [];

    public List<MeshPath> Traces { get; } = [];

    public int Abandoned { get; private set; }

    /// <summary>What the network does with a packet: null is lost on the way there, <see cref="Fate.BackLost"/> on the way back.</summary>
    public Func<UdpIntent, long, Fate> Network { get; set; } = (_, _) => Fate.After(Ms / 4);

    public Func<TcpIntent, long, TcpEnd?> Connections { get; set; } = (intent, _) => new TcpEnd(intent.Handle, TcpOutcome.Ok, Ms / 4, Ms / 2, Ms / 2, Leaving: false, Incarnation: 1);

    public bool CanSend { get; set; } = true;

    /// <summary>Whether answers carry a stamp of the kernel.</summary>
    public bool KernelStamps { get; set; } = true;

    public static MeshPath Path(string name, PathRole role = PathRole.Neighbour, bool leaving = false, uint incarnation = 0, long? listedAt = null) => new()
    {
        Peer = name,
        PeerId = NodeId.Of(name),
        Address = IPAddress.Loopback,
        Port = 8620,
        Role = role,
        Leaving = leaving,
        Incarnation = incarnation,
        ListedAt = listedAt ?? long.MinValue / 2,
    };

    public void Freeze(long from, long until) => freezes.Add((from, until));

    public void At(long when, Action what) => arrivals.Enqueue(what, (when, order++));

    /// <summary>Lets virtual time pass. The process runs at each moment it planned to or something arrives, unless it is frozen then.</summary>
    public void RunUntil(long until)
    {
        while (true)
        {
            long arrival = arrivals.TryPeek(out _, out (long At, long) head) ? head.At : long.MaxValue;
            long planned = Math.Min(Core.NextDue, arrival);
            if (planned > until) break;
            long woken = Math.Max(planned, Now);
            foreach ((long from, long to) in freezes)
            {
                if (from <= woken && woken < to) woken = to;
            }

            Now = woken;
            if (woken - planned >= 10 * Ms && Core.NextDue < woken) Core.Stall(Math.Min(planned, woken), woken);
            while (arrivals.TryPeek(out _, out head) && head.At <= Now) arrivals.Dequeue()();
            Core.Advance(Now, this);
        }

        Now = Math.Max(Now, until);
    }

    public void RunFor(long time) => RunUntil(Now + time);

    public int Count(UdpOutcome outcome) => Trials.Count(trial => trial.Kind.Counts() && trial.Outcome == outcome);

    public bool Udp(in UdpIntent intent, out long sentAt, out ulong token)
    {
        sentAt = Now;
        token = MeshHash.Mix(intent.Sequence + 7);
        if (!CanSend) return false;
        Sent.Add((intent, Now));
        Fate fate = Network(intent, Now);
        if (fate.Refused)
        {
            (int handle, uint number, ulong stamp) = (intent.Handle, intent.Sequence, token);
            At(Now + fate.Delay, () => Core.UdpRefused(handle, number, stamp, Now));
            return true;
        }

        if (fate.ThereLost) return true;
        uint reflected = counters.GetValueOrDefault(intent.Handle);
        counters[intent.Handle] = reflected + 1;
        if (fate.BackLost) return true;
        long arrival = Now + fate.Delay;
        var echo = new UdpEcho(intent.Handle, intent.Sequence, token, reflected, Stateful: true, fate.Answer, fate.Incarnation, arrival, KernelStamps, Residence: 0);
        for (int i = 0; i <= fate.Copies; i++) At(arrival, () => Core.UdpReply(KernelStamps ? echo : echo with { ReceivedAt = Now }, Now));
        return true;
    }

    public bool Tcp(in TcpIntent intent, out long sentAt)
    {
        sentAt = Now;
        if (!CanSend) return false;
        Connects.Add((intent, Now));
        if (Connections(intent, Now) is { } end) At(Now + Math.Max(end.Total, 0), () => Core.TcpEnded(end, Now));
        return true;
    }

    public (long Connect, long FirstByte) TcpAbandon(int handle)
    {
        Abandoned++;
        return (-1, -1);
    }

    public void Trace(MeshPath path) => Traces.Add(path);

    void IMeshObserver.Udp(in UdpTrial trial) => Trials.Add(trial);

    void IMeshObserver.Late(in UdpTrial trial) => LateOnes.Add(trial);

    void IMeshObserver.Direction(in UdpTrial trial) => Directions.Add(trial);

    void IMeshObserver.Tcp(in TcpTrial trial) => TcpTrials.Add(trial);

    void IMeshObserver.Stall(long from, long until)
    {
    }

    void IMeshObserver.Note(MeshNote note, MeshPath? path) => Notes.Add(note);

    void IMeshObserver.Leaving(MeshPath path, bool leaving) => Presence.Add((path, leaving));

    void IMeshObserver.SuspectSelf(bool suspected, long now) => Suspicions.Add(suspected);
}

/// <summary>What becomes of one packet.</summary>
internal readonly record struct Fate(long Delay, bool ThereLost = false, bool BackLost = false, bool Refused = false, int Copies = 0, PeerAnswer Answer = PeerAnswer.ItIsMe, uint Incarnation = 1)
{
    public static Fate Lost => new(0, ThereLost: true);

    public static Fate After(long delay) => new(delay);
}
