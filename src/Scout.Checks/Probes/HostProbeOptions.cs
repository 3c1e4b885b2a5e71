using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Scout.Checks.Output;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes;

/// <summary>A probe of a host: lookup, one attempt at one address (or at each), limits, <c>expect</c>, result. A kind adds what it does at an address.</summary>
public abstract record HostProbeOptions : ProbeOptions
{
    public required ProbeTarget Target { get; init; }

    public ProbeLimits Limits { get; init; } = ProbeLimits.None;

    public required ProbeExpect Expect { get; init; }

    /// <summary>The phases that are printed, in order.</summary>
    protected abstract ReadOnlySpan<ProbePhase> PrintedPhases { get; }

    /// <summary>The attempt at <see cref="ProbeAttempt.Address"/>. Socket errors and the deadline may be thrown; all else is an ending.</summary>
    protected abstract ValueTask<ProbeEnding> AttemptAsync(ProbeAttempt attempt, CancellationToken deadline);

    /// <summary>For people: how the target is called.</summary>
    protected virtual string Shown => Target.Shown;

    /// <summary>Connects to the address of the attempt: phase <c>connect</c>.</summary>
    /// <exception cref="SocketException">It cannot.</exception>
    protected async ValueTask<Socket> ConnectAsync(ProbeAttempt attempt, IPAddress address, int port, CancellationToken deadline)
    {
        Socket socket = Target.Open(address, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            attempt.Begin(ProbePhase.Connect);
            await socket.ConnectAsync(new IPEndPoint(address, port), deadline);
            attempt.End();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override async ValueTask<ProbeResult> RunAsync(ProbeContext context, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        long started = context.Time.GetTimestamp();
        DateTimeOffset startedAt = context.Time.GetUtcNow();
        using var deadline = new CancellationTokenSource(Timeout, context.Time);
        await using CancellationTokenRegistration link = cancel.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        var attempt = new ProbeAttempt(context, started);
        (IReadOnlyList<IPEndPoint> places, ProbeEnding failed) = await FindAsync(attempt, deadline.Token, cancel);
        if (places.Count == 0) return Finish(attempt, failed, startedAt);
        if (EachPlace) return await AllAsync(attempt, places, startedAt, deadline.Token, cancel);
        attempt.Place = places[0];
        return Finish(attempt, await GuardAsync(attempt, deadline.Token, cancel), startedAt);
    }

    /// <summary>Each of the places is probed once and the worst decides; else the first alone.</summary>
    protected virtual bool EachPlace => Target.AllAddresses && Target.Address is null && Target.Literal is null;

    /// <summary>Where to: the address that was given, or those of the name. None with the reason.</summary>
    protected virtual async ValueTask<(IReadOnlyList<IPEndPoint> Places, ProbeEnding Failed)> FindAsync(ProbeAttempt attempt, CancellationToken deadline, CancellationToken cancel)
    {
        if ((Target.Address ?? Target.Literal) is { } address) return ([new IPEndPoint(address, Target.Port)], default);
        try
        {
            NameAnswer answer = await LookupAsync(attempt, Target.Host, deadline);
            return ([.. answer.Addresses.Select(found => new IPEndPoint(found, Target.Port))], new ProbeEnding(answer.Reason, answer.Text));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return ([], Late(attempt, Expired(attempt)));
        }
    }

    /// <summary>The phase <c>dns</c>: a name as the system knows it, in the family wanted.</summary>
    protected async ValueTask<NameAnswer> LookupAsync(ProbeAttempt attempt, string host, CancellationToken deadline)
    {
        attempt.Begin(ProbePhase.Dns);
        NameAnswer answer = await attempt.Context.Names.LookupAsync(host, Target.Family, deadline);
        if (answer.Reason == ProbeReason.Ok && answer.Addresses.Count > 0) attempt.End();
        else attempt.Fail();
        return answer.Reason == ProbeReason.Ok && answer.Addresses.Count == 0 ? NameAnswer.Failed(ProbeReason.DnsOther, $"{host} has no address") : answer;
    }

    // Every way an attempt can end is an ending; only the caller's own cancellation goes through.
    private async ValueTask<ProbeEnding> GuardAsync(ProbeAttempt attempt, CancellationToken deadline, CancellationToken cancel)
    {
        ProbeEnding ending;
        try
        {
            ending = await AttemptAsync(attempt, deadline);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            ending = Expired(attempt);
        }
        catch (SocketException error)
        {
            ending = SocketFailure.Of(error);
        }
        catch (IOException error) when (error.InnerException is SocketException inner)
        {
            ending = SocketFailure.Of(inner);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Nothing a peer sends may end a node. What nobody thought of is told as it is.
            ending = new ProbeEnding(ProbeReason.Local, $"{error.GetType().Name}: {error.Message}");
        }

        cancel.ThrowIfCancellationRequested();
        if (ending.Reason == ProbeReason.Ok) attempt.End();
        else attempt.Fail();
        return ending.Reason is ProbeReason.Timeout or ProbeReason.DnsTimeout ? Late(attempt, ending) : ending;
    }

    private ProbeEnding Expired(ProbeAttempt attempt)
    {
        attempt.Fail();
        return attempt.Phase == ProbePhase.Dns
            ? new ProbeEnding(ProbeReason.DnsTimeout, $"the resolver of this host did not answer for {Target.Host} within {Spell(Timeout)}")
            : new ProbeEnding(ProbeReason.Timeout, $"no answer within {Spell(Timeout)}");
    }

    // A deadline that passed while this process slept says nothing about the peer.
    private ProbeEnding Late(ProbeAttempt attempt, ProbeEnding ending)
    {
        ProbeContext context = attempt.Context;
        TimeSpan stalled = context.Stalls.StalledWithin(attempt.Started, context.Time.GetTimestamp());
        return stalled > Timeout / 4 ? new ProbeEnding(ProbeReason.Stalled, $"this process stood still for {Spell(stalled)} of {Spell(Timeout)}; the peer may be well") : ending;
    }

    private async ValueTask<ProbeResult> AllAsync(
        ProbeAttempt lookup, IReadOnlyList<IPEndPoint> places, DateTimeOffset startedAt, CancellationToken deadline, CancellationToken cancel)
    {
        int count = Math.Min(places.Count, ProbeTarget.MostAddresses);
        var attempts = new ProbeAttempt[count];
        var endings = new Task<ProbeEnding>[count];
        for (int i = 0; i < count; i++)
        {
            attempts[i] = new ProbeAttempt(lookup.Context, lookup.Started) { Place = places[i] };
            attempts[i].SetPhase(ProbePhase.Dns, lookup.Phases[ProbePhase.Dns]);
            endings[i] = GuardAsync(attempts[i], deadline, cancel).AsTask();
        }

        await Task.WhenAll(endings);
        ProbeResult? worst = null;
        var lines = new List<string>(count);
        for (int i = 0; i < count; i++)
        {
            ProbeResult one = Finish(attempts[i], await endings[i], startedAt);
            lines.Add($"{(places[i].Port == Target.Port ? places[i].Address : places[i])}: {one.Summary}");
            if (worst is null || Rank(one.Status) > Rank(worst.Status) || (one.Status == worst.Status && one.Duration > worst.Duration)) worst = one;
        }

        if (places.Count > count) lines.Add($"{places.Count - count} more were not probed");
        return worst! with
        {
            Summary = count == 1 ? worst.Summary : $"{worst.Summary} (the worst of {count} addresses)",
            Detail = string.Join('\n', lines),
            Facts = [.. worst.Facts, new("addresses", places.Count.ToString(CultureInfo.InvariantCulture))],
        };
    }

    private ProbeResult Finish(ProbeAttempt attempt, ProbeEnding ending, DateTimeOffset startedAt)
    {
        TimeSpan duration = attempt.Context.Time.GetElapsedTime(attempt.Started);
        TimeSpan time = attempt.Time ?? duration;
        ProbeVerdict verdict = Judge(attempt, ending, time);
        attempt.AddAddressFacts();
        attempt.Fact("phase", attempt.PhaseName);
        return new ProbeResult
        {
            Status = verdict.Status,
            Reason = verdict.Reason,
            Summary = verdict.Summary,
            Detail = ending.Detail,
            PerfData = PerfData(attempt, time),
            Facts = attempt.Facts,
            Phases = attempt.Phases,
            StartedAt = startedAt,
            Duration = duration,
        };
    }

    /// <summary>From an ending to a verdict. A kind whose limits are not upper limits of a time judges itself before and gives a status.</summary>
    private ProbeVerdict Judge(ProbeAttempt attempt, in ProbeEnding ending, TimeSpan time)
    {
        string what = $"{Shown} {ending.Text}";
        bool failed = ending.Reason != ProbeReason.Ok;
        if (failed && !IsAboutName(ending.Reason)) what = $"{Shown}: {ending.Text}{Where(attempt, ending.Reason)}";
        else if (failed) what = ending.Text;
        if (ProbeReasons.IsUnknown(ending.Reason)) return new ProbeVerdict(CheckStatus.Unknown, ending.Reason, what);
        if (Expect.IsNegative)
        {
            bool came = ending.Outcome is { } word ? word == Expect.Word : Array.IndexOf(Expect.Reasons, ending.Reason) >= 0;
            return came
                ? new ProbeVerdict(CheckStatus.Ok, ProbeReason.Ok, $"{what}, as expected")
                : new ProbeVerdict(CheckStatus.Critical, ProbeReason.Negative, $"{what}, but '{Expect.Word}' was wanted");
        }

        if (failed) return new ProbeVerdict(ending.Status ?? CheckStatus.Critical, ending.Reason, what);
        if (ending.Status is { } own && own != CheckStatus.Ok) return new ProbeVerdict(own, ending.Reason, what);
        return WithLimits(attempt, time, $"{what} in {Spell(time)}");
    }

    private ProbeVerdict WithLimits(ProbeAttempt attempt, TimeSpan time, string what)
    {
        CheckStatus status = Limits.Time.Judge(time);
        string slow = status == CheckStatus.Ok ? "" : $", over {Spell((status == CheckStatus.Critical ? Limits.Time.Critical : Limits.Time.Warning)!.Value)}";
        foreach (KeyValuePair<ProbePhase, TimeLimits> entry in Limits.Phases)
        {
            if (attempt.Phases[entry.Key] is not { } phase) continue;
            CheckStatus one = entry.Value.Judge(phase);
            if (Rank(one) <= Rank(status)) continue;
            status = one;
            slow = $", {ProbePhases.Name(entry.Key)} took {Spell(phase)}, over {Spell((one == CheckStatus.Critical ? entry.Value.Critical : entry.Value.Warning)!.Value)}";
        }

        return new ProbeVerdict(status, status == CheckStatus.Ok ? ProbeReason.Ok : ProbeReason.Slow, what + slow);
    }

    private List<PerfDataItem> PerfData(ProbeAttempt attempt, TimeSpan time)
    {
        var items = new List<PerfDataItem>(3 + attempt.Extras.Count) { ProbeNumbers.Seconds("time", time, PrintedLimits) };
        foreach (ProbePhase phase in PrintedPhases)
        {
            if (attempt.Phases[phase] is { } took) items.Add(ProbeNumbers.Seconds(ProbePhases.Name(phase), took, Limits.Of(phase)));
        }

        items.AddRange(attempt.Extras);
        return items;
    }

    /// <summary>The limits shown beside <c>time</c>.</summary>
    protected virtual TimeLimits PrintedLimits => Limits.Time;

    /// <summary>A duration for people: <c>0.41 ms</c>, <c>12 ms</c>, <c>1.5 s</c>.</summary>
    protected internal static string Spell(TimeSpan time)
    {
        double ms = time.TotalMilliseconds;
        return ms < 10 ? string.Create(CultureInfo.InvariantCulture, $"{ms:0.##} ms")
            : ms < 1000 ? string.Create(CultureInfo.InvariantCulture, $"{ms:0} ms")
            : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s");
    }

    private static string Where(ProbeAttempt attempt, ProbeReason reason) =>
        reason is ProbeReason.Timeout or ProbeReason.Reset && attempt.PhaseName is not "start" ? $" ({attempt.PhaseName})" : "";

    private static bool IsAboutName(ProbeReason reason) => reason is ProbeReason.DnsNxdomain or ProbeReason.DnsServfail or ProbeReason.DnsTimeout or ProbeReason.DnsOther;

    private static int Rank(CheckStatus status) => status switch { CheckStatus.Ok => 0, CheckStatus.Warning => 1, CheckStatus.Unknown => 2, _ => 3 };

    private readonly record struct ProbeVerdict(CheckStatus Status, ProbeReason Reason, string Summary);
}
