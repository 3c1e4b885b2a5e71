using Scout.Checks.Sockets;
using Scout.Checks.Stamp;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Responding;

namespace Scout.Server.Mesh.Engine;

/// <summary>
/// The mesh at work: one thread that probes (all UDP and TCP sockets, the wheel), one that answers UDP and one that answers TCP. Plans and questions come in from any thread;
/// verdicts go to the observer on the probing thread. Linux.
/// </summary>
internal sealed class MeshEngine : IProbeSender, IDisposable
{
    /// <summary>The longest sleep, ns: so that a stand-still is seen also when little is to be done.</summary>
    private const long LongestSleep = 1_000_000_000;

    private readonly MeshEngineOptions options;
    private readonly TimeProvider time;
    private readonly StampReflector reflector;
    private readonly UdpResponder udpResponder;
    private readonly TcpResponder tcpResponder;
    private readonly ProbeSockets sockets;
    private readonly SocketPoller poller = new();
    private readonly AnswerWatch answers;
    private readonly TcpProber tcp;
    private readonly ProberCore core;
    private readonly MeshTracer? tracer;
    private readonly Thread thread;
    private readonly Lock gate = new();
    private readonly List<Action<ProberCore, long>> posts = [];
    private readonly List<Action<ProberCore, long>> taken = [];
    private volatile bool posted;
    private volatile bool stop;
    private int disposed;
    private long loops;

    private MeshEngine(MeshEngineOptions options, IMeshObserver observer, TimeProvider time, DatagramSocket udp, int listener, int port, ProbeSockets sockets)
    {
        this.options = options;
        this.time = time;
        this.sockets = sockets;
        Port = port;
        Stalls = new StallClock(time.TimestampFrequency);
        ulong self = NodeId.Of(options.Node);
        Senders = new SenderTable(self);
        reflector = new StampReflector(new StampReflectorOptions
        {
            NodeId = self,
            Incarnation = options.Incarnation,
            Port = (ushort)port,
            AllowedSourcePorts = options.AllowedSourcePorts,
            PacketsASecond = options.AnswersASecond,
            PacketsASecondAnAddress = options.AnswersASecondAnAddress,
            Clock = options.Clock,
        })
        {
            Allow = Access.IsAllowed,
        };
        udpResponder = new UdpResponder(udp, reflector, Senders, Stalls, time, options.Clock);
        tcpResponder = new TcpResponder(listener, options.Node, options.Pod, options.Incarnation, Access, time);
        answers = new AnswerWatch(sockets, poller);
        tcp = new TcpProber(poller, time, udp.IsInet6, options.Node);
        if (options is { Traced: { } traced, TraceHops: > 0, Prober.TraceCooldown: > 0 }) tracer = new MeshTracer(options.TraceHops, traced, time);
        ProberSettings settings = tracer is null ? options.Prober with { TraceCooldown = 0 } : options.Prober;
        core = new ProberCore(settings, self, observer, options.Seed, time.GetTimestamp(), Stalls);
        thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = "scout-mesh" };
    }

    /// <summary>Port of UDP and TCP that was bound.</summary>
    public int Port { get; }

    /// <summary>When this process stood still, for probes and for what the responder tells.</summary>
    public StallClock Stalls { get; }

    /// <summary>Who gets answers; everybody until it is told otherwise.</summary>
    public MeshAccess Access { get; } = new();

    /// <summary>Who probes this node, itself left out.</summary>
    public SenderTable Senders { get; }

    public StampReflectorCounters UdpAnswers => reflector.Counters;

    public TcpResponderCounters TcpAnswers => tcpResponder.Counters;

    /// <summary>Answers that the kernel did not take, and packets to the prober that were no answer.</summary>
    public (long Unsent, long Malformed) Oddities => (udpResponder.Unsent, sockets.Malformed);

    /// <summary>Turns of the probing thread.</summary>
    public long Loops => Volatile.Read(ref loops);

    /// <summary>Answers say that this node is leaving.</summary>
    public bool IsLeaving
    {
        get => reflector.IsLeaving;
        set
        {
            reflector.IsLeaving = value;
            tcpResponder.IsLeaving = value;
        }
    }

    /// <summary>Binds everything; silent until <see cref="Start()"/>.</summary>
    /// <param name="observer">Called on the probing thread.</param>
    /// <param name="time">Timestamps must count ns (any Linux).</param>
    /// <exception cref="MeshListenException">A port is taken or cannot be had.</exception>
    public static MeshEngine Open(MeshEngineOptions options, IMeshObserver observer, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux() || time.TimestampFrequency != 1_000_000_000)
            throw new MeshListenException("mesh: runs on Linux only; set mesh.enabled: false");

        (int listener, DatagramSocket udp, int port) = Bind(options);
        ProbeSockets senders;
        try
        {
            senders = ProbeSockets.Open(options, time);
        }
        catch (MeshListenException)
        {
            StreamSocket.Close(listener);
            udp.Dispose();
            throw;
        }

        return new MeshEngine(options, observer, time, udp, listener, port, senders);
    }

    /// <summary>Binds everything and starts at once.</summary>
    /// <exception cref="MeshListenException">As of <see cref="Open"/>.</exception>
    public static MeshEngine Start(MeshEngineOptions options, IMeshObserver observer, TimeProvider time)
    {
        MeshEngine engine = Open(options, observer, time);
        engine.Start();
        return engine;
    }

    /// <summary>Answers and probes from here on; without a plan nothing is probed.</summary>
    public void Start()
    {
        udpResponder.Start();
        tcpResponder.Start();
        thread.Start();
    }

    /// <summary>Takes a plan over soon.</summary>
    public void Apply(MeshPlan plan) => Post((prober, now) => prober.Apply(plan, now));

    /// <summary>Sends a few packets to a peer now, within the reactive budget.</summary>
    /// <param name="asked">Filled on the probing thread; all packets are refused when the plan does not have this path.</param>
    public void Ask(ulong peerId, byte plane, AskedProbe asked) => Post((prober, now) =>
    {
        if (prober.Ask(peerId, plane, asked, now)) return;
        asked.IsPlanned = false;
        asked.Refuse(asked.Packets);
    });

    /// <summary>As <see cref="Ask"/>, and waits for the verdicts.</summary>
    /// <returns>Without a decided packet when nothing could be sent: no such path (<see cref="AskedProbe.IsPlanned"/>), no budget, or the engine stops.</returns>
    public async Task<AskedProbe> AskAsync(ulong peerId, byte plane, int packets, CancellationToken cancel)
    {
        var completion = new TaskCompletionSource<AskedProbe>(TaskCreationOptions.RunContinuationsAsynchronously);
        Ask(peerId, plane, new AskedProbe(packets, completion.SetResult));
        return await completion.Task.WaitAsync(cancel);
    }

    /// <summary>Takes one of the packets that may be sent in a second beside the schedule.</summary>
    /// <returns>False: they are spent, or the engine stops.</returns>
    public async Task<bool> TakeBudgetAsync(CancellationToken cancel)
    {
        var completion = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post((prober, now) => completion.SetResult(prober.TakeBudget(now)));
        return await completion.Task.WaitAsync(cancel);
    }

    /// <summary>Probes no more and forgets what is in flight; answers go on until <see cref="Dispose"/>. For a drain.</summary>
    public void StopProbing() => Post((prober, _) => prober.Stop());

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        stop = true;
        poller.Wake();

        // A callback must not end the engine it runs on; waiting for itself would be for ever.
        if (thread == Thread.CurrentThread) throw new InvalidOperationException("the engine of the mesh is stopped from a callback of its own");
        if (thread.IsAlive) thread.Join();
        tracer?.Dispose();
        udpResponder.Dispose();
        tcpResponder.Dispose();
        tcp.Dispose();
        answers.Dispose();
        sockets.Dispose();
        poller.Dispose();
    }

    bool IProbeSender.Udp(in UdpIntent intent, out long sentAt, out ulong token)
    {
        if (!sockets.Send(intent, out sentAt, out token)) return false;
        answers.Sent(sentAt);
        return true;
    }

    bool IProbeSender.Tcp(in TcpIntent intent, out long sentAt) => tcp.Start(intent, out sentAt);

    (long Connect, long FirstByte) IProbeSender.TcpAbandon(int handle) => tcp.Abandon(handle);

    void IProbeSender.Trace(MeshPath path) => tracer?.Start(path);

    /// <summary>One number for TCP and UDP; with port 0 the kernel's choice for TCP is asked of UDP too, and when that is taken another one.</summary>
    private static (int Listener, DatagramSocket Udp, int Port) Bind(MeshEngineOptions options)
    {
        for (int tries = 1; ; tries++)
        {
            int errno = StreamSocket.Listen(options.Listen, options.Port, 128, out int listener, out int port);
            if (errno != 0) throw Taken("tcp", options, options.Port, errno);
            var wanted = new DatagramSocketOptions { Address = options.Listen, Port = port, ReceiveBuffer = 512 * 1024, Destination = true };
            if (DatagramSocket.TryOpen(wanted, out errno) is { } udp) return (listener, udp, port);
            StreamSocket.Close(listener);
            if (options.Port != 0 || tries == 8) throw Taken("udp", options, port, errno);
        }
    }

    private static MeshListenException Taken(string protocol, MeshEngineOptions options, int port, int errno) => new(errno switch
    {
        SocketErrors.AddressInUse => $"mesh: port {port} ({protocol}) is taken by another process; free it, or choose another in mesh.listen.port (the same on all nodes of the fleet, or told by the roster)",
        SocketErrors.AddressNotAvailable => $"mesh: {options.Listen} is no address of this host; set mesh.listen.address to one of them, or to '::'",
        SocketErrors.NoAccess or SocketErrors.NotPermitted => $"mesh: this user may not listen on port {port} ({protocol}); choose one above 1023 in mesh.listen.port",
        _ => $"mesh: cannot listen on {options.Listen} port {port} ({protocol}): {SocketErrors.Text(errno)} (mesh.listen)",
    }, errno == SocketErrors.AddressInUse);

    private void Post(Action<ProberCore, long> what)
    {
        lock (gate)
        {
            posts.Add(what);
            posted = true;
        }

        if (stop) TakeLeftPosts();
        else poller.Wake();
    }

    private void TakeLeftPosts()
    {
        // The thread takes what it finds when it ends; what comes later is for nobody.
        if (thread.IsAlive) thread.Join();
        Action<ProberCore, long>[] left;
        lock (gate)
        {
            left = [.. posts];
            posts.Clear();
        }

        foreach (Action<ProberCore, long> post in left) post(core, time.GetTimestamp());
    }

    private void Loop()
    {
        while (!stop)
        {
            long now = time.GetTimestamp();
            core.UnixOffset = ((time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100) - now;
            if (posted) TakePosts(now);
            answers.Listen(core.IsUrgent, now);
            long planned = Math.Min(Math.Min(core.NextDue, answers.ReadBy), now + LongestSleep);
            int sleep = posted || tcp.HasEnded || planned <= now ? 0 : (int)((planned - now + 999_999) / 1_000_000);
            int ready = poller.Wait(sleep);
            now = time.GetTimestamp();
            if (now - planned >= StallClock.Tolerance) core.Stall(planned, now);
            Handle(ready, now);
            if (tcp.HasEnded) tcp.TellEnded(core);

            // Whatever arrived until now is read before anything is declared lost.
            now = time.GetTimestamp();
            if (core.NextDue <= now)
            {
                if (tcp.HasOpen) Handle(poller.Wait(0), now);
                answers.Read(core, now);
                core.Advance(now, this);
            }
            else if (answers.ReadBy <= now)
            {
                answers.Read(core, now);
            }

            loops++;
        }

        core.Stop();

        // Who still asks gets an answer: nothing was sent.
        TakePosts(time.GetTimestamp());
    }

    private void Handle(int ready, long now)
    {
        while (true)
        {
            for (int i = 0; i < ready; i++)
            {
                if (!poller.TryGet(i, out ulong tag, out _)) continue;
                if (tag == AnswerWatch.Tag) answers.Read(core, now);
                else tcp.Handle(tag, core);
            }

            if (ready < SocketPoller.Most) return;
            ready = poller.Wait(0);
        }
    }

    private void TakePosts(long now)
    {
        lock (gate)
        {
            taken.AddRange(posts);
            posts.Clear();
            posted = false;
        }

        foreach (Action<ProberCore, long> post in taken) post(core, now);
        taken.Clear();
    }
}
