using Scout.Checks.Sockets;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Responding;

namespace Scout.Server.Mesh.Engine;

/// <summary>TCP probes in flight: one connection, one request, one answer each, over descriptors and reused buffers. Owned by the engine's thread.</summary>
internal sealed class TcpProber : IDisposable
{
    /// <summary>Above the tags of the UDP sockets.</summary>
    public const ulong FirstTag = 1UL << 32;

    private const int LongestAnswer = 2048;

    /// <summary>A connection whose path went is closed after this, ns.</summary>
    private const long Forgotten = 10_000_000_000;

    private readonly SocketPoller poller;
    private readonly TimeProvider time;
    private readonly bool inet6;
    private readonly byte[] request;
    private readonly Dictionary<int, Flight> byHandle = new(64);
    private readonly List<Flight> all = [];
    private readonly Stack<Flight> free = new();
    private readonly Queue<TcpEnd> ended = new(16);
    private long nextSweep;

    public TcpProber(SocketPoller poller, TimeProvider time, bool inet6, string self)
    {
        this.poller = poller;
        this.time = time;
        this.inet6 = inet6;
        request = PingDocument.Request(self);
    }

    /// <summary>Whether a connection is open.</summary>
    public bool HasOpen => byHandle.Count > 0;

    /// <summary>Connections that ended while they were begun: to be told when the core does not send.</summary>
    public bool HasEnded => ended.Count > 0;

    public void TellEnded(ProberCore core)
    {
        while (ended.TryDequeue(out TcpEnd end)) core.TcpEnded(end, time.GetTimestamp());
    }

    /// <inheritdoc cref="IProbeSender.Tcp"/>
    public bool Start(in TcpIntent intent, out long sentAt)
    {
        sentAt = time.GetTimestamp();
        if (sentAt >= nextSweep) Sweep(sentAt);
        if (byHandle.TryGetValue(intent.Handle, out Flight? old)) Drop(old);
        if (!RawAddress.TryMake(intent.Path.Address, intent.Path.Port, inet6, out RawAddress to))
        {
            ended.Enqueue(new TcpEnd(intent.Handle, TcpOutcome.Unreachable, -1, -1, -1, false, 0));
            return true;
        }

        int descriptor = StreamSocket.Open(inet6);
        if (descriptor < 0) return false;
        Flight flight = Take();
        sentAt = time.GetTimestamp();
        int errno = StreamSocket.Connect(descriptor, to);
        if (errno is not (0 or SocketErrors.InProgress))
        {
            free.Push(flight);
            StreamSocket.Close(descriptor);
            if (SocketErrors.IsLocal(errno)) return false;
            ended.Enqueue(new TcpEnd(intent.Handle, Outcome(errno), -1, -1, -1, false, 0));
            return true;
        }

        flight.Begin(descriptor, intent, sentAt);
        byHandle[intent.Handle] = flight;
        _ = poller.Add(descriptor, FirstTag + ((ulong)flight.Generation << 34) + (ulong)flight.Index, SocketEvents.Readable | SocketEvents.Writable | SocketEvents.PeerClosed | SocketEvents.Edge);
        return true;
    }

    /// <summary>Something happened on a connection.</summary>
    public void Handle(ulong tag, ProberCore core)
    {
        int index = (int)(tag & 0xFFFF_FFFF);
        if (index >= all.Count) return;
        Flight flight = all[index];
        if (flight.Descriptor < 0 || flight.Generation != (uint)(tag - FirstTag >> 34)) return;
        long now = time.GetTimestamp();
        if (flight.Connect < 0)
        {
            // One call that tells both: a connection that failed says why, one that is not there yet says so.
            int sent = StreamSocket.Send(flight.Descriptor, request);
            if (sent is -SocketErrors.Again or -NotConnected) return;
            if (sent < request.Length)
            {
                End(flight, sent < 0 ? Outcome(-sent) : TcpOutcome.Reset, -1, default, core);
                return;
            }

            flight.Connect = now - flight.StartedAt;
        }

        Read(flight, now, core);
    }

    /// <inheritdoc cref="IProbeSender.TcpAbandon"/>
    public (long Connect, long FirstByte) Abandon(int handle)
    {
        if (!byHandle.TryGetValue(handle, out Flight? flight)) return (-1, -1);
        (long, long) phases = (flight.Connect, flight.FirstByte);
        Drop(flight);
        return phases;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Flight flight in all)
        {
            if (flight.Descriptor >= 0) StreamSocket.Abort(flight.Descriptor);
        }
    }

    private const int NotConnected = 107;

    private static TcpOutcome Outcome(int errno) => errno switch
    {
        SocketErrors.Refused => TcpOutcome.Refused,
        SocketErrors.Reset or 32 => TcpOutcome.Reset,
        SocketErrors.TimedOut => TcpOutcome.Timeout,
        _ => TcpOutcome.Unreachable,
    };

    private void Read(Flight flight, long now, ProberCore core)
    {
        while (true)
        {
            if (flight.Length == LongestAnswer)
            {
                End(flight, TcpOutcome.Status, -1, default, core);
                return;
            }

            int read = StreamSocket.Receive(flight.Descriptor, flight.Answer.AsSpan(flight.Length));
            if (read == -SocketErrors.Again) return;
            if (read > 0)
            {
                if (flight.FirstByte < 0) flight.FirstByte = now - flight.StartedAt;
                flight.Length += read;
            }
            else if (read < 0 || flight.Length == 0)
            {
                End(flight, read < 0 ? Outcome(-read) : TcpOutcome.Reset, -1, default, core);
                return;
            }

            if (!PingDocument.TryRead(flight.Answer.AsSpan(0, flight.Length), ended: read == 0, flight.Peer, out PingAnswer answer)) continue;
            TcpOutcome outcome = !answer.IsDocument ? TcpOutcome.Status : answer.IsExpected ? TcpOutcome.Ok : TcpOutcome.Identity;
            End(flight, outcome, time.GetTimestamp() - flight.StartedAt, answer, core);
            return;
        }
    }

    private void End(Flight flight, TcpOutcome outcome, long total, PingAnswer answer, ProberCore core)
    {
        var end = new TcpEnd(flight.Handle, outcome, flight.Connect, flight.FirstByte, total, outcome == TcpOutcome.Ok && answer.Leaving, answer.Incarnation);
        Drop(flight);
        core.TcpEnded(end, time.GetTimestamp());
    }

    private void Drop(Flight flight)
    {
        StreamSocket.Abort(flight.Descriptor);
        flight.Descriptor = -1;
        flight.Generation = (flight.Generation + 1) & 0xFFFFFF;
        byHandle.Remove(flight.Handle);
        free.Push(flight);
    }

    private void Sweep(long now)
    {
        nextSweep = now + Forgotten;
        foreach (Flight flight in all)
        {
            if (flight.Descriptor >= 0 && now - flight.StartedAt > Forgotten) Drop(flight);
        }
    }

    private Flight Take()
    {
        if (free.TryPop(out Flight? flight)) return flight;
        flight = new Flight { Index = all.Count };
        all.Add(flight);
        return flight;
    }

    private sealed class Flight
    {
        public int Index { get; init; }

        public uint Generation { get; set; }

        public int Descriptor { get; set; } = -1;

        public int Handle { get; private set; }

        public string Peer { get; private set; } = "";

        public long StartedAt { get; private set; }

        public long Connect { get; set; }

        public long FirstByte { get; set; }

        public int Length { get; set; }

        public byte[] Answer { get; } = new byte[LongestAnswer];

        public void Begin(int descriptor, in TcpIntent intent, long startedAt)
        {
            Descriptor = descriptor;
            Handle = intent.Handle;
            Peer = intent.Path.Peer;
            StartedAt = startedAt;
            Connect = -1;
            FirstByte = -1;
            Length = 0;
        }
    }
}
