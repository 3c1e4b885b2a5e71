using System.Globalization;
using System.Net.Sockets;
using Scout.Checks.Probes.Running;
using Scout.Checks.Thresholds;

namespace Scout.Checks.Probes.Packets;

/// <summary>A probe that sends several packets and counts what comes back: <c>udp</c> and <c>icmp</c>.</summary>
public abstract record PacketProbe : HostProbeOptions
{
    public int Count { get; init; } = 5;

    /// <summary>From one packet to the next.</summary>
    public TimeSpan Spacing { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Octets of payload.</summary>
    public int Size { get; init; }

    /// <summary>Never in fragments: a packet too big for the path is lost, or refused by this host.</summary>
    public bool DontFragment { get; init; }

    /// <summary>In percent; passed when strictly greater.</summary>
    public double LossWarning { get; init; } = 20;

    /// <summary>In percent; passed when strictly greater.</summary>
    public double LossCritical { get; init; } = 60;

    /// <summary>What <c>time</c> is.</summary>
    public PacketStat Stat { get; init; }

    protected override ReadOnlySpan<ProbePhase> PrintedPhases => [];

    /// <summary>Sends all packets in their rhythm and receives until each is answered, the deadline passes or <paramref name="receive"/> says that it is enough.</summary>
    /// <param name="attempt">Whose clock counts.</param>
    /// <param name="train">What was sent and answered.</param>
    /// <param name="socket">Connected.</param>
    /// <param name="packet">The bytes of the packet with this number, right before it leaves.</param>
    /// <param name="receive">Receives one packet and counts it; an ending when nothing more needs to come.</param>
    /// <param name="explain">What an error of the socket means for the run; null when it is about somebody else's packets. Called by both flows, perhaps at once.</param>
    /// <param name="deadline">The end.</param>
    private protected async ValueTask<ProbeEnding?> ExchangeAsync(
        ProbeAttempt attempt,
        PacketTrain train,
        Socket socket,
        Func<int, ReadOnlyMemory<byte>> packet,
        Func<CancellationToken, ValueTask<ProbeEnding?>> receive,
        Func<SocketException, ProbeEnding?> explain,
        CancellationToken deadline)
    {
        attempt.PhaseName = "exchange";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        Task<ProbeEnding?> sending = SendAllAsync(attempt.Context.Time, train, socket, packet, explain, stop);
        ProbeEnding? ending = null;
        try
        {
            while (!train.IsComplete && ending is null)
            {
                try
                {
                    ending = await receive(stop.Token);
                }
                catch (SocketException error)
                {
                    ending = explain(error);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // What came until now is judged.
        }

        await stop.CancelAsync();
        ProbeEnding? unsent = await sending;
        return ending ?? unsent;
    }

    private async Task<ProbeEnding?> SendAllAsync(
        TimeProvider time, PacketTrain train, Socket socket, Func<int, ReadOnlyMemory<byte>> packet, Func<SocketException, ProbeEnding?> explain, CancellationTokenSource stop)
    {
        long start = time.GetTimestamp();
        try
        {
            for (int number = 0; number < Count; number++)
            {
                TimeSpan wait = (Spacing * number) - time.GetElapsedTime(start);
                if (wait > TimeSpan.Zero) await Task.Delay(wait, time, stop.Token);
                else stop.Token.ThrowIfCancellationRequested();
                ReadOnlyMemory<byte> bytes = packet(number);
                train.Leaves(time.GetTimestamp());
                if (await SendAsync(socket, bytes, explain, stop.Token) is { } failed) return await EndAsync(stop, failed);
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (SocketException error)
        {
            return await EndAsync(stop, Failure(error));
        }
    }

    // An error that waits in the socket comes in place of sending; others on this host may leave more meanwhile. What it means, and how
    // often it may mean nothing, is the caller's to say.
    private static async ValueTask<ProbeEnding?> SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, Func<SocketException, ProbeEnding?> explain, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await socket.SendAsync(bytes, SocketFlags.None, stop);
                return null;
            }
            catch (SocketException error)
            {
                if (explain(error) is { } failed) return failed;
            }
        }
    }

    private static async ValueTask<ProbeEnding> EndAsync(CancellationTokenSource stop, ProbeEnding ending)
    {
        await stop.CancelAsync();
        return ending;
    }

    /// <summary>An error of the socket, as it is.</summary>
    private protected ProbeEnding Failure(SocketException error) => error.SocketErrorCode == SocketError.MessageSize
        ? new ProbeEnding(ProbeReason.Size, $"{Size} octets{(DontFragment ? " without fragments" : "")} are more than the way takes, as far as this host knows it")
        : SocketFailure.Of(error);

    /// <summary>Numbers and verdict of a run that no error ended.</summary>
    private protected ProbeEnding Judge(ProbeAttempt attempt, PacketTrain train, string answered = "")
    {
        Report(attempt, train);
        string packets = train.Sent == 1 ? "packet" : "packets";
        if (train.Answered == 0) return new ProbeEnding(ProbeReason.Timeout, $"no answer to {train.Sent} {packets} within {Spell(Timeout)}{StrangeText(train)}");
        TimeSpan value = train.Value(Stat);
        attempt.Time = value;
        if (train.Lost == 0) return ProbeEnding.Good(answered.Length > 0 ? answered : $"answered {train.Answered} of {train.Sent} {packets}");
        CheckStatus status = train.Loss > LossCritical ? CheckStatus.Critical : train.Loss > LossWarning ? CheckStatus.Warning : CheckStatus.Ok;
        string text = string.Create(CultureInfo.InvariantCulture, $"lost {train.Lost} of {train.Sent} packets ({train.Loss:0.#} %");
        if (status == CheckStatus.Ok || (status == CheckStatus.Warning && Limits.Time.Judge(value) == CheckStatus.Critical)) return ProbeEnding.Good(text + ")");
        TimeSpan stalled = attempt.Context.Stalls.StalledWithin(attempt.Started, attempt.Context.Time.GetTimestamp());
        if (stalled > Timeout / 4) return new ProbeEnding(ProbeReason.Stalled, $"this process stood still for {Spell(stalled)} of {Spell(Timeout)}; it {text})");
        double limit = status == CheckStatus.Critical ? LossCritical : LossWarning;
        return new ProbeEnding(ProbeReason.Loss, string.Create(CultureInfo.InvariantCulture, $"{text}, over {limit:0.###} %)")) { Status = status };
    }

    private void Report(ProbeAttempt attempt, PacketTrain train)
    {
        attempt.Fact("sent", train.Sent);
        attempt.Fact("received", train.Answered);
        if (train.Duplicates > 0) attempt.Fact("duplicates", train.Duplicates);
        if (train.Strange > 0) attempt.Fact("strange", train.Strange);
        attempt.Number("loss", train.Loss, "%", new NagiosRange(0, LossWarning, false), new NagiosRange(0, LossCritical, false), 0);
        if (train.Answered == 0) return;
        attempt.Number("min", Seconds(train.Min), "s", min: 0);
        attempt.Number("max", Seconds(train.Max), "s", min: 0);
        attempt.Number("jitter", Seconds(train.Jitter), "s", min: 0);
    }

    private static string StrangeText(PacketTrain train) => train.Strange > 0 ? $"; {train.Strange} strange packets came" : "";

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 6);
}
