using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Probing;

/// <summary>One UDP packet from its sending to the last thing that can be said of it.</summary>
internal sealed partial class ProberCore
{
    /// <summary>A gap of more numbers than this between two answers tells no directions.</summary>
    private const uint LongestGap = 64;

    /// <summary>A reply was read.</summary>
    /// <param name="at">Now, monotonic ns.</param>
    public void UdpReply(in UdpEcho echo, long at)
    {
        now = Math.Max(now, at);
        if (stopped) return;
        if (Find(echo.Handle, echo.Sequence, echo.Token) is not (>= 0 and var index))
        {
            observer.Note(MeshNote.Strange, null);
            return;
        }

        ref ProbeSlot slot = ref slots[index];
        PathState state = slot.Path!;
        switch (slot.State)
        {
            case SlotState.Answered:
                observer.Note(MeshNote.Duplicate, state.Path);
                return;
            case SlotState.Closed:
                return;
        }

        if (echo.Answer == PeerAnswer.NotMe)
        {
            if (slot.State == SlotState.Waiting) Decide(index, Excuse(state, slot.SentAt) ?? UdpOutcome.Identity, 0);
            slot.State = SlotState.Closed;
            return;
        }

        Hear(state, echo, slot.State == SlotState.Waiting);
        long elapsed = Math.Max(1, Math.Min(echo.ReceivedAt, now) - slot.SentAt);

        // Without a stamp of the kernel an answer that waited in the socket while this process stood still only looks late.
        if (!echo.KernelStamp) elapsed = Math.Max(1, elapsed - stalls.Within(slot.SentAt, echo.ReceivedAt));
        long roundTrip = echo.Residence > 0 && echo.Residence < elapsed ? elapsed - echo.Residence : elapsed;
        if (slot.State == SlotState.Lost)
        {
            if (elapsed > settings.UdpLate)
            {
                observer.Note(MeshNote.Strange, state.Path);
                return;
            }

            TellLate(ref slot, roundTrip);
            return;
        }

        state.Answered = true;
        if (elapsed <= slot.Deadline - slot.SentAt)
        {
            state.Median?.Add(roundTrip, now);
            Decide(index, UdpOutcome.Ok, roundTrip);
            return;
        }

        // It came after the deadline, and only this process was too slow to say so.
        Expire(index);
        if (slot.State == SlotState.Lost && elapsed <= settings.UdpLate) TellLate(ref slot, roundTrip);
    }

    /// <summary>ICMP said that the port of this packet is closed.</summary>
    public void UdpRefused(int handle, uint sequence, ulong token, long at)
    {
        now = Math.Max(now, at);
        if (stopped || Find(handle, sequence, token) is not (>= 0 and var index) || slots[index].State != SlotState.Waiting) return;
        Decide(index, Excuse(slots[index].Path!, slots[index].SentAt) ?? UdpOutcome.Refused, 0);
    }

    private int Find(int handle, uint sequence, ulong token)
    {
        if (handle == 0) return FindToken(sequence, token);
        if ((uint)handle >= (uint)byHandle.Length || byHandle[handle] is not { } state) return -1;
        int index = FindNumber(state, sequence);
        return index >= 0 && slots[index].Token == token ? index : -1;
    }

    /// <summary>A reflector of RFC 8762 alone knows no SSID and gives zeros back: then number and time name the packet.</summary>
    private int FindToken(uint sequence, ulong token)
    {
        for (int i = 0; i < slots.Length; i++)
        {
            ref ProbeSlot slot = ref slots[i];
            if (slot.State >= SlotState.Waiting && slot.Sequence == sequence && slot.Token == token) return i;
        }

        return -1;
    }

    private int FindNumber(PathState state, uint sequence)
    {
        if (state.Seat >= 0 && FindIn(SlotOf(state.Seat), SlotsAPath, state, sequence) is >= 0 and var slot) return slot;
        return FindIn(0, Visitors, state, sequence);
    }

    private int FindIn(int first, int count, PathState state, uint sequence)
    {
        for (int i = first; i < first + count; i++)
        {
            ref ProbeSlot slot = ref slots[i];
            if (slot.Sequence == sequence && slot.Path == state && slot.State >= SlotState.Waiting) return i;
        }

        return -1;
    }

    private void Send(int index)
    {
        ref ProbeSlot slot = ref slots[index];
        PathState state = slot.Path!;
        if (slot.Kind == ProbeKind.Reactive && state.Quick > 0) state.Quick--;
        if (slot.Kind is ProbeKind.Reactive or ProbeKind.Asked && !reactiveBudget.TryTake(now))
        {
            GiveUp(ref slot, MeshNote.ReactiveBudget);
            return;
        }

        slot.Sequence = state.NextSequence;
        slot.PortIndex = (byte)MeshHash.PortIndex(state.Phase, slot.Sequence, settings.Ports);
        if (!sender!.Udp(new UdpIntent(state.Path, state.Handle, slot.Sequence, slot.PortIndex, slot.Kind), out slot.SentAt, out slot.Token))
        {
            GiveUp(ref slot, MeshNote.NotSent);
            return;
        }

        state.NextSequence++;
        state.UsedAt = now;
        slot.State = SlotState.Waiting;
        slot.Deadline = slot.SentAt + TimeoutOf(state);
        wheel.Arm(index, slot.Deadline);
    }

    private void GiveUp(ref ProbeSlot slot, MeshNote why)
    {
        MeshPath path = slot.Path!.Path;
        AskedProbe? asked = slot.Asked;
        if (slot.Kind.IsQuick()) urgent--;
        slot = default;
        observer.Note(why, path);
        asked?.Refuse(1);
    }

    /// <summary>A slow path is given three times its median, at most the late window and what the slots hold.</summary>
    private long TimeoutOf(PathState state)
    {
        long slow = 3 * (state.Median?.Value ?? 0);
        return Math.Max(settings.UdpTimeout, Math.Min(slow, Math.Min(settings.UdpLate, (SlotsAPath - 1) * settings.UdpInterval)));
    }

    /// <summary>The deadline passed and the answer is not there.</summary>
    private void Expire(int index)
    {
        ref ProbeSlot slot = ref slots[index];
        PathState state = slot.Path!;
        long timeout = slot.Deadline - slot.SentAt;
        UdpOutcome outcome = stalls.Within(slot.SentAt, slot.Deadline) > timeout / 4 ? UdpOutcome.Stalled : Excuse(state, slot.SentAt) ?? UdpOutcome.Lost;
        Decide(index, outcome, 0);
    }

    /// <summary>Why a failure does not count: the peer is leaving, or was listed a moment ago and has never answered.</summary>
    private UdpOutcome? Excuse(PathState state, long sentAt) =>
        state.Leaving || (!state.Answered && sentAt - state.Path.ListedAt < settings.JoinGrace) ? UdpOutcome.Skipped : null;

    private void Decide(int index, UdpOutcome outcome, long roundTrip)
    {
        ref ProbeSlot slot = ref slots[index];
        PathState state = slot.Path!;
        AskedProbe? asked = slot.Asked;
        slot.Asked = null;
        if (slot.Kind.IsQuick()) urgent--;
        wheel.Cancel(index);
        slot.State = outcome switch { UdpOutcome.Ok => SlotState.Answered, UdpOutcome.Lost => SlotState.Lost, _ => SlotState.Closed };
        LossDirection direction = outcome == UdpOutcome.Lost ? slot.Direction : LossDirection.Unknown;
        observer.Udp(new UdpTrial(state.Path, slot.Sequence, slot.PortIndex, slot.Kind, outcome, direction, roundTrip, slot.SentAt, now));
        asked?.Decide(outcome, roundTrip);
        if (slot.Kind == ProbeKind.Mtu) FullSizeDecided(state, outcome);
        if (!slot.Kind.Counts()) return;
        if (outcome is UdpOutcome.Lost or UdpOutcome.Refused) AfterLoss(state);
        if (outcome.IsExcluded() || !state.IsNeighbour) return;
        bool failing = outcome.IsFailure();
        bool turned = state.Failing != failing || state.Decided == 0;
        state.Decided = 1;
        state.Failing = failing;
        if (turned) LookAtSelf();
    }

    private void TellLate(ref ProbeSlot slot, long roundTrip)
    {
        PathState state = slot.Path!;
        slot.State = SlotState.Answered;
        state.Answered = true;
        state.Median?.Add(roundTrip, now);
        observer.Late(new UdpTrial(state.Path, slot.Sequence, slot.PortIndex, slot.Kind, UdpOutcome.Lost, slot.Direction, roundTrip, slot.SentAt, now));
    }

    /// <summary>What a reply says of the peer and of the packets before it (mesh.md 2.2, loss per direction).</summary>
    private void Hear(PathState state, in UdpEcho echo, bool awaited)
    {
        if (echo.Answer is PeerAnswer.ItIsMe or PeerAnswer.Leaving) Presence(state, echo.Answer == PeerAnswer.Leaving, echo.ReflectorIncarnation);
        if (state.Heard && (int)(echo.Sequence - state.LastSequence) <= 0)
        {
            if (awaited) observer.Note(MeshNote.Reordered, state.Path);
            return;
        }

        uint gap = echo.Sequence - state.LastSequence - 1;
        uint returned = echo.ReflectorSequence - state.LastReflected - 1;

        // Before the first answer both counters stood before their first number; after a restart of the peer its counter says nothing of what was lost meanwhile.
        bool comparable = state.Counted && echo.Stateful && (!state.Heard || echo.ReflectorIncarnation == state.Incarnation);
        if (comparable && gap is > 0 and <= LongestGap && returned <= gap) Attribute(state, state.LastSequence + 1, gap, gap - returned);
        state.Heard = true;
        state.Counted = echo.Stateful;
        state.LastSequence = echo.Sequence;
        state.LastReflected = echo.ReflectorSequence;
        state.Incarnation = echo.ReflectorIncarnation;
    }

    /// <summary>Of the numbers in a gap so many never reached the peer; the others were answered. Which is which is unknown when both happened: the counts are right.</summary>
    private void Attribute(PathState state, uint first, uint count, uint forward)
    {
        for (uint i = 0; i < count; i++)
        {
            int index = FindNumber(state, first + i);
            if (index < 0 || slots[index].State is not (SlotState.Waiting or SlotState.Lost)) continue;
            ref ProbeSlot slot = ref slots[index];
            if (slot.Direction != LossDirection.Unknown) continue;
            slot.Direction = forward > 0 ? LossDirection.Forward : LossDirection.Reverse;
            if (forward > 0) forward--;
            if (slot.State == SlotState.Lost)
                observer.Direction(new UdpTrial(slot.Path!.Path, slot.Sequence, slot.PortIndex, slot.Kind, UdpOutcome.Lost, slot.Direction, 0, slot.SentAt, now));
        }
    }

    private void Presence(PathState state, bool leaving, uint incarnation)
    {
        PeerState peer = state.Peer;
        if (leaving && !peer.Leaving)
        {
            peer.Leaving = true;
            peer.LeavingIncarnation = incarnation;
            observer.Leaving(state.Path, leaving: true);
        }
        else if (!leaving && peer.Leaving && incarnation != peer.LeavingIncarnation)
        {
            Back(state, incarnation);
        }
    }

    private void Back(PathState state, uint incarnation)
    {
        state.Peer.Leaving = false;
        state.Peer.LeavingIncarnation = 0;
        observer.Leaving(state.Path, leaving: false);
    }
}
