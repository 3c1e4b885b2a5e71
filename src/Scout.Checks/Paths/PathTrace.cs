using System.Net;
using System.Net.Sockets;
using Scout.Checks.Paths.Native;
using Scout.Checks.Probes.Packets;
using Scout.Checks.Stamp;

namespace Scout.Checks.Paths;

/// <summary>
/// Finds the steps to a UDP port: packets with TTL 1, 2, 3... and what the routers say about them, read from the error queue of an ordinary socket, so no privilege is needed.
/// All packets of a trace have the same addresses and ports and so take the same of several equal paths. They are bare STAMP requests: a responder answers them in a session of
/// their own, apart from the counters of the mesh. One step at a time, one packet a step.
/// </summary>
public static class PathTrace
{
    private const int Room = 2048;
    private const int MostErrors = 8;
    private const int MostRefusals = 2;

    /// <summary>Traces the way. Never throws but for a cancelled token; the socket is closed at the end.</summary>
    public static async Task<TraceResult> RunAsync(IPEndPoint target, TraceOptions options, TimeProvider time, CancellationToken cancel)
    {
        var hops = new List<TraceHop>();
        bool v6 = target.AddressFamily == AddressFamily.InterNetworkV6;
        try
        {
            using var socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            PacketSocketOptions.WantErrors(socket);
            await socket.ConnectAsync(target, cancel);
            byte[] room = new byte[Room];
            for (int ttl = 1, silent = 0; ttl <= options.Hops; ttl++)
            {
                Answer answer = await StepAsync(socket, target, room, ttl, options.StepTimeout, time, cancel);
                if (answer.Reached)
                {
                    hops.Add(new TraceHop(ttl, TraceResult.Unmapped(target.Address), answer.Time, ""));
                    return new TraceResult(TraceEnd.Reached, hops);
                }

                if (answer.Error is not { } error)
                {
                    hops.Add(new TraceHop(ttl, null, null, ""));
                    if (++silent >= options.MostSilent) return new TraceResult(TraceEnd.Silent, hops);
                    continue;
                }

                silent = 0;
                hops.Add(new TraceHop(ttl, error.Offender, answer.Time, IcmpText.Of(error with { Offender = null }, v6)));
                if (!IcmpText.IsTimeExceeded(error, v6)) return new TraceResult(TraceEnd.Unreachable, hops);
            }

            return new TraceResult(TraceEnd.TooFar, hops);
        }
        catch (SocketException error)
        {
            return TraceResult.Failed(error.Message, hops);
        }
    }

    /// <summary>Sends one packet and waits for what is said about it.</summary>
    private static async ValueTask<Answer> StepAsync(
        Socket socket, IPEndPoint target, byte[] room, int ttl, TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        PacketSocketOptions.Ttl(socket, ttl);
        byte[] packet = new byte[StampPacket.BareSize];
        StampPacket.WriteRequest(packet, (uint)ttl, NtpTime.From(time.GetUtcNow()), ErrorEstimate.Unsynchronised, 0);
        using var deadline = new CancellationTokenSource(timeout, time);
        await using CancellationTokenRegistration link = cancel.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        long sent = time.GetTimestamp();
        bool isSent = false;
        try
        {
            for (int errors = 0; ;)
            {
                Answer? said = null;
                try
                {
                    if (!isSent) await socket.SendAsync(packet, SocketFlags.None, deadline.Token);
                    isSent = true;
                    await socket.ReceiveAsync(room.AsMemory(0, 1), SocketFlags.Peek, deadline.Token);
                    said = Drain(socket, target, room, ttl);
                }
                catch (SocketException) when (++errors <= (isSent ? MostErrors : MostRefusals))
                {
                    // The error of this step, or of an earlier one that came late: the queue knows which. When this host itself cannot send, it says so again.
                    said = Drain(socket, target, room, ttl);
                }

                if (said is { } answer) return answer with { Time = time.GetElapsedTime(sent) };
                int errno;
                while ((errno = SocketMessages.Receive(socket, room, out SocketMessage message)) == 0)
                {
                    // An answer to an earlier step that came late shows just as well that the target is reached.
                    if (StampPacket.TryReadReply(room.AsSpan(0, message.Size), out StampReply reply) && reply.SenderSequence <= ttl) return new Answer(true, null, time.GetElapsedTime(sent));
                }

                if (errno != SocketMessages.Again && Drain(socket, target, room, ttl) is { } late) return late with { Time = time.GetElapsedTime(sent) };
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return default;
        }
    }

    /// <summary>What the queue says about the packet of this step; complaints about earlier steps are passed over where they quote enough to be told apart.</summary>
    private static Answer? Drain(Socket socket, IPEndPoint target, byte[] room, int ttl)
    {
        bool v6 = target.AddressFamily == AddressFamily.InterNetworkV6;
        Answer? found = null;
        while (SocketMessages.ReceiveError(socket, room, out SocketMessage error) == 0)
        {
            if (!error.IsIcmp || !IsAbout(room.AsSpan(0, error.Size), ttl)) continue;
            found = IcmpText.IsPortUnreachable(error, v6) && IsTarget(target, error.Offender) ? new Answer(true, null, default) : new Answer(false, error, default);
        }

        return found;
    }

    private static bool IsAbout(ReadOnlySpan<byte> quoted, int ttl) =>
        quoted.Length < StampPacket.BareSize || (StampPacket.TryReadRequest(quoted, out StampRequest request) && request.Sequence == (uint)ttl);

    private static bool IsTarget(IPEndPoint target, IPAddress? who) => who is null || TraceResult.Unmapped(target.Address).Equals(TraceResult.Unmapped(who));

    private readonly record struct Answer(bool Reached, SocketMessage? Error, TimeSpan Time);
}
