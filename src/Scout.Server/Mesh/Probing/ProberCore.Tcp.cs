using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Probing;

/// <summary>TCP probes: when they start and what their end means.</summary>
internal sealed partial class ProberCore
{
    /// <summary>Connections whose path went while they were open; their ends are not told.</summary>
    private long abandoned;

    /// <summary>Connections that were open when their path went.</summary>
    public long Abandoned => abandoned;

    /// <summary>A connection ended.</summary>
    /// <param name="at">Now, monotonic ns.</param>
    public void TcpEnded(in TcpEnd end, long at)
    {
        now = Math.Max(now, at);
        if (stopped || (uint)end.Handle >= (uint)byHandle.Length || byHandle[end.Handle] is not { TcpOpen: true } state) return;
        wheel.Cancel(SlotOf(state.Seat) + TcpDeadlineTimer);
        if (end.Outcome == TcpOutcome.Ok || end.Leaving) Presence(state, end.Leaving, end.Incarnation);
        TcpOutcome outcome = end.Outcome;
        if (outcome == TcpOutcome.Ok && end.Total > settings.TcpTimeout) outcome = TooSlow(state);
        else if (outcome.IsFailure() && Excuse(state, state.TcpSentAt) is not null) outcome = TcpOutcome.Skipped;
        if (outcome == TcpOutcome.Ok) state.Answered = true;
        Close(state, outcome, end.Connect, end.FirstByte, end.Total);
    }

    private void RegularTcp(PathState state)
    {
        if (state.TcpOpen || Overdue(state.TcpDue, settings.TcpInterval)) observer.Note(MeshNote.RoundMissed, state.Path);
        else if (!sender!.Tcp(new TcpIntent(state.Path, state.Handle, settings.TcpTimeout), out long sentAt)) observer.Note(MeshNote.NotSent, state.Path);
        else
        {
            state.TcpOpen = true;
            state.TcpSentAt = sentAt;
            wheel.Arm(SlotOf(state.Seat) + TcpDeadlineTimer, sentAt + settings.TcpTimeout);
        }

        ulong phase = MeshHash.Mix(state.Phase);
        state.TcpRound = NextRound(state, phase, settings.TcpInterval, state.TcpRound);
        state.TcpDue = DueOf(phase, settings.TcpInterval, state.TcpRound);
        wheel.Arm(SlotOf(state.Seat) + TcpTimer, state.TcpDue);
    }

    private void TcpExpired(PathState state)
    {
        if (!state.TcpOpen) return;
        (long connect, long firstByte) = sender!.TcpAbandon(state.Handle);
        Close(state, TooSlow(state), connect, firstByte, -1);
    }

    private TcpOutcome TooSlow(PathState state)
    {
        if (stalls.Within(state.TcpSentAt, state.TcpSentAt + settings.TcpTimeout) > settings.TcpTimeout / 4) return TcpOutcome.Stalled;
        return Excuse(state, state.TcpSentAt) is null ? TcpOutcome.Timeout : TcpOutcome.Skipped;
    }

    private void Close(PathState state, TcpOutcome outcome, long connect, long firstByte, long total)
    {
        state.TcpOpen = false;
        observer.Tcp(new TcpTrial(state.Path, outcome, connect, firstByte, total, state.TcpSentAt, now));
    }
}
