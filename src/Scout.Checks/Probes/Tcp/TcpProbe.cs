using System.Buffers;
using System.Net.Sockets;
using Scout.Checks.Output;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Tcp;

/// <summary>Connects, and with <c>send</c>, <c>match</c>, <c>not_match</c> or <c>quit</c> makes one exchange (mesh.md section 1).</summary>
public sealed record TcpProbe : HostProbeOptions
{
    private static readonly ProbePhase[] Printed = [ProbePhase.Dns, ProbePhase.Connect, ProbePhase.FirstByte];

    public override string Kind => "tcp";

    /// <summary>Sent after connecting.</summary>
    public ProbeBytes? Send { get; init; }

    /// <summary>What comes must match.</summary>
    public ProbePattern? Match { get; init; }

    /// <summary>What comes must not match.</summary>
    public ProbePattern? NotMatch { get; init; }

    /// <summary>Most that is read.</summary>
    public int MaxBytes { get; init; } = 4096;

    /// <summary>Sent before closing.</summary>
    public ProbeBytes? Quit { get; init; }

    protected override ReadOnlySpan<ProbePhase> PrintedPhases => Printed;

    private bool Reads => Send is not null || Match is not null || NotMatch is not null;

    protected override async ValueTask<ProbeEnding> AttemptAsync(ProbeAttempt attempt, CancellationToken deadline)
    {
        using Socket socket = await ConnectAsync(attempt, attempt.Address!, Target.Port, deadline);
        if (!Reads && Quit is null) return ProbeEnding.Good("connected");
        return await ExchangeAsync(socket, attempt, deadline);
    }

    private async ValueTask<ProbeEnding> ExchangeAsync(Socket socket, ProbeAttempt attempt, CancellationToken deadline)
    {
        socket.NoDelay = true;
        attempt.Begin(ProbePhase.FirstByte);
        if (Send is not null) await SendAsync(socket, Send, deadline);
        ProbeEnding ending = ProbeEnding.Good("connected");
        if (Reads) ending = await ReadAsync(socket, attempt, deadline);
        else attempt.Fail();
        if (Quit is null) return ending;
        try
        {
            await SendAsync(socket, Quit, deadline);
        }
        catch (SocketException)
        {
            // What the peer had to say is said; that it does not wait for the farewell changes nothing.
        }

        return ending;
    }

    private async ValueTask<ProbeEnding> ReadAsync(Socket socket, ProbeAttempt attempt, CancellationToken deadline)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxBytes);
        int length = 0;
        try
        {
            while (length < MaxBytes)
            {
                int read = await socket.ReceiveAsync(buffer.AsMemory(length, MaxBytes - length), SocketFlags.None, deadline);
                if (length == 0 && read > 0) attempt.End();
                length += read;
                if (read == 0 || Match is null || Match.IsMatch(PluginText.Decode(buffer.AsSpan(0, length), truncated: true))) break;
            }
        }
        catch (Exception error) when (length > 0 && error is (SocketException or OperationCanceledException))
        {
            // Something came, and not what was wanted: what came tells more than how it ended.
        }

        string text = PluginText.Decode(buffer.AsSpan(0, length), length == MaxBytes);
        ArrayPool<byte>.Shared.Return(buffer);
        if (length == 0)
        {
            attempt.Fail();
            return new ProbeEnding(ProbeReason.Reset, "closed by the peer without a word");
        }

        attempt.Number("size", length, "B", min: 0);
        attempt.Fact("answer", text);
        if (Match?.IsMatch(text) == false) return new ProbeEnding(ProbeReason.Body, $"answered {ProbeText.Shown(text)}, which does not match '{Match}'");
        if (NotMatch?.IsMatch(text) == true) return new ProbeEnding(ProbeReason.Body, $"answered {ProbeText.Shown(text)}, which matches '{NotMatch}'");
        return ProbeEnding.Good($"answered {ProbeText.Shown(text)}");
    }

    private static async ValueTask SendAsync(Socket socket, ProbeBytes bytes, CancellationToken deadline)
    {
        ReadOnlyMemory<byte> rest = bytes.Bytes;
        while (!rest.IsEmpty) rest = rest[await socket.SendAsync(rest, SocketFlags.None, deadline)..];
    }
}
