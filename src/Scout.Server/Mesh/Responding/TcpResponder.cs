using Scout.Checks.Sockets;
using Scout.Checks.Stamp;

namespace Scout.Server.Mesh.Responding;

/// <summary>The thread that answers <c>GET /mesh/ping</c>: raw accept loop, at most 256 open, 1 s each, then closed.</summary>
internal sealed class TcpResponder : IDisposable
{
    private const int MostOpen = 256;
    private const int LongestRequest = 2048;
    private const long Patience = 1_000_000_000;
    private const ulong ListenerTag = ulong.MaxValue - 1;

    private readonly int listener;
    private readonly MeshAccess access;
    private readonly TimeProvider time;
    private readonly SocketPoller poller = new();
    private readonly Open[] open = new Open[MostOpen];
    private readonly byte[] buffer = new byte[LongestRequest];
    private readonly byte[] answer;
    private readonly byte[] leavingAnswer;
    private readonly Thread thread;
    private int openCount;
    private int lowest;
    private bool listening = true;
    private long nextExpiry = long.MaxValue;
    private long answered;
    private long notFound;
    private long refused;
    private long timedOut;
    private long limited;
    private volatile bool leaving;
    private volatile bool stop;

    public TcpResponder(int listener, string node, string pod, uint incarnation, MeshAccess access, TimeProvider time)
    {
        this.listener = listener;
        this.access = access;
        this.time = time;
        answer = PingDocument.Answer(node, incarnation, leaving: false, pod);
        leavingAnswer = PingDocument.Answer(node, incarnation, leaving: true, pod);
        for (int i = 0; i < MostOpen; i++) open[i] = new Open { Descriptor = -1 };
        _ = poller.Add(listener, ListenerTag, SocketEvents.Readable);
        thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = "scout-mesh-tcp" };
    }

    public bool IsLeaving
    {
        get => leaving;
        set => leaving = value;
    }

    /// <summary>A moment old at most.</summary>
    public TcpResponderCounters Counters =>
        new(Volatile.Read(ref answered), Volatile.Read(ref notFound), Volatile.Read(ref refused), Volatile.Read(ref timedOut), Volatile.Read(ref limited));

    public void Start() => thread.Start();

    /// <inheritdoc/>
    public void Dispose()
    {
        stop = true;
        poller.Wake();
        if (thread.IsAlive) thread.Join();
        for (int i = 0; i < MostOpen; i++)
        {
            if (open[i].Descriptor >= 0) StreamSocket.Close(open[i].Descriptor);
        }

        StreamSocket.Close(listener);
        poller.Dispose();
    }

    private void Loop()
    {
        while (!stop)
        {
            long now = time.GetTimestamp();
            int wait = openCount == 0 && listening ? -1 : (int)Math.Clamp(((nextExpiry - now) / 1_000_000) + 1, 0, 1000);
            int count = poller.Wait(wait);
            now = time.GetTimestamp();
            for (int i = 0; i < count; i++)
            {
                if (!poller.TryGet(i, out ulong tag, out _)) continue;
                if (tag == ListenerTag) Accept(now);
                else Continue((int)tag);
            }

            if (now >= nextExpiry) Expire(now);
            if (!listening && openCount < MostOpen)
            {
                listening = true;
                _ = poller.Add(listener, ListenerTag, SocketEvents.Readable);
            }
        }
    }

    private void Accept(long now)
    {
        int descriptor = StreamSocket.Accept(listener, out StampSource source);
        if (descriptor < 0)
        {
            if (-descriptor is not (SocketErrors.TooManyOpen or SocketErrors.TooManyOpenSystem)) return;

            // No descriptor for it: it stays in the queue, and looking at once again would only burn the processor.
            limited++;
            Deafen(now);
            return;
        }

        if (!access.IsAllowed(source.Address))
        {
            refused++;
            StreamSocket.Abort(descriptor);
            return;
        }

        // The request is mostly there already, so most connections never enter the table.
        int read = StreamSocket.Receive(descriptor, buffer);
        if (read > 0 && PingDocument.IsWhole(buffer.AsSpan(0, read), out bool isPing))
        {
            Answer(descriptor, isPing);
            return;
        }

        if (read == 0 || (read < 0 && read != -SocketErrors.Again))
        {
            StreamSocket.Close(descriptor);
            return;
        }

        Keep(descriptor, Math.Max(read, 0), now);
    }

    private void Keep(int descriptor, int read, long now)
    {
        while (open[lowest].Descriptor >= 0) lowest = (lowest + 1) % MostOpen;
        Open entry = open[lowest];
        entry.Descriptor = descriptor;
        entry.Until = now + Patience;
        entry.Length = read;
        if (read > 0) buffer.AsSpan(0, read).CopyTo(entry.Room());
        nextExpiry = Math.Min(nextExpiry, entry.Until);
        openCount++;
        _ = poller.Add(descriptor, (ulong)lowest, SocketEvents.Readable);
        if (openCount == MostOpen)
        {
            limited++;
            Deafen(now);
        }
    }

    private void Deafen(long now)
    {
        poller.Remove(listener);
        listening = false;
        nextExpiry = Math.Min(nextExpiry, now + (Patience / 10));
    }

    private void Continue(int index)
    {
        Open entry = open[index];
        if (entry.Descriptor < 0) return;
        Span<byte> room = entry.Room();
        int read = entry.Length < LongestRequest ? StreamSocket.Receive(entry.Descriptor, room[entry.Length..]) : 0;
        if (read == -SocketErrors.Again) return;
        if (read <= 0)
        {
            Drop(entry);
            return;
        }

        entry.Length += read;
        if (!PingDocument.IsWhole(room[..entry.Length], out bool isPing)) return;
        int descriptor = entry.Descriptor;
        entry.Descriptor = -1;
        openCount--;
        Answer(descriptor, isPing);
    }

    private void Answer(int descriptor, bool isPing)
    {
        _ = StreamSocket.Send(descriptor, !isPing ? PingDocument.NotFound : leaving ? leavingAnswer : answer);
        StreamSocket.Close(descriptor);
        if (isPing) answered++;
        else notFound++;
    }

    private void Expire(long now)
    {
        nextExpiry = long.MaxValue;
        foreach (Open entry in open)
        {
            if (entry.Descriptor < 0) continue;
            if (entry.Until > now)
            {
                nextExpiry = Math.Min(nextExpiry, entry.Until);
                continue;
            }

            timedOut++;
            Drop(entry);
        }

        if (!listening) nextExpiry = Math.Min(nextExpiry, now + (Patience / 10));
    }

    private void Drop(Open entry)
    {
        StreamSocket.Close(entry.Descriptor);
        entry.Descriptor = -1;
        openCount--;
    }

    /// <summary>A connection whose request is not whole yet.</summary>
    private sealed class Open
    {
        private byte[]? room;

        public int Descriptor { get; set; }

        public long Until { get; set; }

        public int Length { get; set; }

        public Span<byte> Room() => room ??= new byte[LongestRequest];
    }
}

/// <param name="Answered">Pings.</param>
/// <param name="NotFound">Other requests: 404.</param>
/// <param name="Refused">From addresses that are not allowed.</param>
/// <param name="TimedOut">Closed after 1 s without a whole request.</param>
/// <param name="Limited">Times when no more connections were taken.</param>
internal readonly record struct TcpResponderCounters(long Answered, long NotFound, long Refused, long TimedOut, long Limited);
