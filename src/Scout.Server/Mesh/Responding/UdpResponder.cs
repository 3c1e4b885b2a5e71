using Scout.Checks.Sockets;
using Scout.Checks.Stamp;

namespace Scout.Server.Mesh.Responding;

/// <summary>The thread that answers STAMP packets: reads what is there with one call, answers with one call, allocates nothing per packet.</summary>
internal sealed class UdpResponder : IDisposable
{
    private const int Batch = 16;

    /// <summary>Octets of the longest packet that is answered: a full-size one of a jumbo frame.</summary>
    public const int LongestPacket = 9216;

    /// <summary>A packet that waited this long in the socket means that this process was not run, ns.</summary>
    private const long Slow = StallClock.Tolerance;
    private const long StallTold = 1_000_000_000;

    private readonly DatagramSocket socket;
    private readonly StampReflector reflector;
    private readonly SenderTable senders;
    private readonly StallClock stalls;
    private readonly TimeProvider time;
    private readonly ErrorEstimate clock;
    private readonly Thread thread;
    private long stalledAt = long.MinValue / 2;
    private long unsent;
    private volatile bool stop;

    public UdpResponder(DatagramSocket socket, StampReflector reflector, SenderTable senders, StallClock stalls, TimeProvider time, ErrorEstimate clock)
    {
        this.socket = socket;
        this.reflector = reflector;
        this.senders = senders;
        this.stalls = stalls;
        this.time = time;
        this.clock = clock;
        thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = "scout-mesh-udp" };
    }

    /// <summary>Answers the kernel did not take.</summary>
    public long Unsent => Volatile.Read(ref unsent);

    public void Start() => thread.Start();

    /// <inheritdoc/>
    public void Dispose()
    {
        stop = true;
        socket.Wake();
        if (thread.IsAlive) thread.Join();
        socket.Dispose();
    }

    private void Loop()
    {
        using var batch = new DatagramBatch(Batch, LongestPacket, answers: true);
        while (!stop)
        {
            int count = batch.Receive(socket, wait: true);
            if (count > 0) Answer(batch, count);
        }
    }

    private void Answer(DatagramBatch batch, int count)
    {
        long now = time.GetTimestamp();
        long unix = (time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;
        int answers = 0;
        for (int i = 0; i < count; i++)
        {
            if (batch.IsCut(i) || !batch.HasSource(i)) continue;
            ReadOnlySpan<byte> packet = batch.Packet(i);
            batch.ReadControl(i, out long stamp, out byte ttl);
            if (stamp == 0 || stamp > unix) stamp = unix;
            else if (unix - stamp > Slow) stalledAt = now;
            reflector.HasStalled = now - stalledAt < StallTold || stalls.Since(now - StallTold);
            var arrival = new StampArrival(batch.Source(i), now, NtpTime.FromUnixNanoseconds(stamp), NtpTime.FromUnixNanoseconds(unix), ttl);
            int length = reflector.Reflect(packet, arrival, batch.Reply(i));
            if (length == 0) continue;
            if (SenderOf(packet) is not 0 and var sender) senders.Count(sender, now);
            batch.SetReply(i, length);
            answers++;
        }

        if (answers == 0) return;
        if (answers > 1)
        {
            // The later ones of a batch waited for the earlier ones; what they waited belongs to the residence.
            var left = NtpTime.FromUnixNanoseconds((time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100);
            for (int i = 0; i < count; i++) StampPacket.SetSendTime(batch.Reply(i), left, clock);
        }

        int sent = batch.SendReplies(socket);
        if (sent < answers) Volatile.Write(ref unsent, unsent + answers - sent);
    }

    /// <summary>Sender id of Scout's TLV, which Scout puts first; 0 for others.</summary>
    private static ulong SenderOf(ReadOnlySpan<byte> packet) =>
        packet.Length >= StampPacket.TlvSize && packet[StampPacket.BareSize + 1] == StampPacket.ScoutType
            ? System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(packet[(StampPacket.BareSize + 4)..])
            : 0;
}
