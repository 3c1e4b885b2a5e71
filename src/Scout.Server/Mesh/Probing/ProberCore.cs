using Scout.Checks.Sockets;
using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Probing;

/// <summary>
/// The prober without sockets, threads or clocks: when to send what to whom, and what an answer or its absence means (mesh.md 2.3). Time comes in with each call (monotonic
/// ns), packets go out through <see cref="IProbeSender"/>, verdicts through <see cref="IMeshObserver"/>. One thread at a time. Nothing is allocated after
/// <see cref="Apply"/>.
/// </summary>
/// <remarks>
/// A turn of the owner: read the clock, tell a <see cref="Stall"/> if woken late, read everything the sockets hold (<see cref="UdpReply"/>, <see cref="UdpRefused"/>,
/// <see cref="TcpEnded"/>), then <see cref="Advance"/> with the time that was read <b>first</b>, then sleep until <see cref="NextDue"/>. So nothing is declared lost that has arrived.
/// </remarks>
internal sealed partial class ProberCore
{
    /// <summary>Packets in flight outside the regular schedule: shift, floor, quick, asked, mtu.</summary>
    public const int Visitors = 256;

    /// <summary>Packets in flight of the regular schedule of a path.</summary>
    public const int SlotsAPath = 16;

    private const int SecondTimer = Visitors;
    private const int FirstSeat = Visitors + 1;
    private const int UdpTimer = SlotsAPath;
    private const int TcpTimer = SlotsAPath + 1;
    private const int TcpDeadlineTimer = SlotsAPath + 2;
    private const int MtuTimer = SlotsAPath + 3;
    private const int Block = SlotsAPath + 4;

    /// <summary>Lost full-size packets in a row after which the next comes soon.</summary>
    private const int SoonFullSizes = 5;

    /// <summary>How long a probe of shift or floor waits for a regular one to go with.</summary>
    private const long CompanyWait = ProberSettings.Second / 4;

    private readonly ProberSettings settings;
    private readonly ulong selfId;
    private readonly IMeshObserver observer;
    private readonly StallClock stalls;
    private readonly long start;
    private readonly TimingWheel wheel;
    private readonly PathState?[] wantTrace = new PathState?[16];
    private ProbeSlot[] slots = new ProbeSlot[FirstSeat];
    private readonly SlidingBudget reactiveBudget;
    private readonly SlidingBudget traceBudget;
    private ulong random;
    private int traces;
    private int urgent;
    private long lastSecond = long.MinValue;
    private long nextSecondAt;
    private bool stopped;
    private long now;
    private IProbeSender? sender;

    /// <param name="selfId">FNV-1a-64 of the own name.</param>
    /// <param name="seed">Of the jitter.</param>
    /// <param name="start">Start of this node, monotonic ns: schedules count from here.</param>
    /// <param name="stalls">Where stalls are kept; a clock of its own when null.</param>
    public ProberCore(ProberSettings settings, ulong selfId, IMeshObserver observer, ulong seed, long start, StallClock? stalls = null)
    {
        this.settings = settings;
        this.selfId = selfId;
        this.observer = observer;
        this.start = start;
        this.stalls = stalls ?? new StallClock();
        random = seed;
        now = start;
        wheel = new TimingWheel(start, FirstSeat);
        reactiveBudget = new SlidingBudget(settings.ReactiveBudget, ProberSettings.Second);
        traceBudget = new SlidingBudget(settings.TracesAMinute, 60 * ProberSettings.Second);
    }

    /// <summary>What is added to monotonic ns to get Unix ns: chooses the targets of shift and floor. The owner keeps it right when the wall clock is set.</summary>
    public long UnixOffset { get; set; }

    /// <summary>When <see cref="Advance"/> has something to do, monotonic ns; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDue => stopped ? long.MaxValue : traces > 0 ? now : wheel.NextDue;

    /// <summary>Quick packets are on their way, after a loss or for somebody who waits: their answers are to be told at once, all others may be read a little later.</summary>
    public bool IsUrgent => urgent > 0;

    public bool SuspectsSelf { get; private set; }

    /// <summary>The owner was woken at <paramref name="until"/> though it had meant to wake at <paramref name="from"/>.</summary>
    public void Stall(long from, long until)
    {
        if (stalls.Add(from, until)) observer.Stall(from, until);
    }

    /// <summary>Sends what is due, decides what expired. Everything that had arrived at <paramref name="at"/> must have been told before.</summary>
    public void Advance(long at, IProbeSender to)
    {
        now = Math.Max(now, at);
        if (stopped) return;
        sender = to;
        while (wheel.TryTake(now, out int timer)) Fire(timer);
        StartTraces();
        sender = null;
    }

    /// <summary>Sends no more and forgets what is in flight: this node drains.</summary>
    public void Stop()
    {
        stopped = true;
        urgent = 0;
        for (int i = 0; i < slots.Length; i++)
        {
            AskedProbe? asked = slots[i].Asked;
            bool open = slots[i].State is SlotState.Scheduled or SlotState.Waiting;
            slots[i] = default;
            if (open) asked?.Refuse(1);
        }
    }

    /// <summary>Sends a few packets to a peer now, within the reactive budget.</summary>
    /// <param name="peerId">Of a peer in the plan.</param>
    /// <returns>False when the plan has no such peer: then the callback is not called.</returns>
    public bool Ask(ulong peerId, byte plane, AskedProbe asked, long at)
    {
        now = Math.Max(now, at);
        if (stopped || Find(peerId, plane) is not { } state) return false;
        int sent = ScheduleQuick(state, asked.Packets, ProbeKind.Asked, asked);
        asked.Refuse(asked.Packets - sent);
        return true;
    }

    /// <summary>Takes one of the quick packets of a second, for something that is sent by others.</summary>
    public bool TakeBudget(long at)
    {
        now = Math.Max(now, at);
        return !stopped && reactiveBudget.TryTake(now);
    }

    private static int SlotOf(int seat) => FirstSeat + (seat * Block);

    private void Fire(int timer)
    {
        if (timer < Visitors)
        {
            FireSlot(timer);
            return;
        }

        if (timer == SecondTimer)
        {
            ChooseFar();
            return;
        }

        int seat = (timer - FirstSeat) / Block;
        int place = (timer - FirstSeat) % Block;
        if (place < SlotsAPath)
        {
            FireSlot(timer);
            return;
        }

        if (seats[seat] is not { } state) return;
        switch (place)
        {
            case UdpTimer:
                RegularUdp(state);
                break;
            case TcpTimer:
                RegularTcp(state);
                break;
            case TcpDeadlineTimer:
                TcpExpired(state);
                break;
            case MtuTimer:
                FullSize(state);
                break;
        }
    }

    private void FireSlot(int index)
    {
        switch (slots[index].State)
        {
            case SlotState.Scheduled:
                Send(index);
                break;
            case SlotState.Waiting:
                Expire(index);
                break;
        }
    }

    /// <summary>Due moment of a round of a schedule, jitter included.</summary>
    private long DueOf(ulong phase, long interval, long round) => start + (long)(phase % (ulong)interval) + (round * interval) + Jitter(interval / 40);

    /// <summary>The first round of a schedule that begins after <paramref name="after"/>.</summary>
    private long RoundAfter(ulong phase, long interval, long after)
    {
        long since = after - start - (long)(phase % (ulong)interval);
        return since < 0 ? 0 : (since / interval) + 1;
    }

    /// <summary>The next round; those that passed while nobody ran are left out, so that a stand-still is not followed by a burst.</summary>
    private long NextRound(PathState state, ulong phase, long interval, long round)
    {
        // Half an interval of grace: the jitter must not make a round look passed that is just due.
        long next = Math.Max(round + 1, RoundAfter(phase, interval, now - (interval / 2)));
        for (long missed = round + 1; missed < Math.Min(next, round + 64); missed++) observer.Note(MeshNote.RoundMissed, state.Path);
        return next;
    }

    private bool Overdue(long due, long interval) => now - due > interval / 4;

    private long Jitter(long most)
    {
        random += 0x9E3779B97F4A7C15;
        return most <= 0 ? 0 : (long)(MeshHash.Mix(random) % (ulong)((2 * most) + 1)) - most;
    }

    private void RegularUdp(PathState state)
    {
        if (Overdue(state.UdpDue, settings.UdpInterval)) observer.Note(MeshNote.RoundMissed, state.Path);
        else if (FreeSlotOf(state) is var slot and >= 0) Begin(slot, state, plan.Kind);
        else observer.Note(MeshNote.SlotsBusy, state.Path);

        state.UdpRound = NextRound(state, state.Phase, settings.UdpInterval, state.UdpRound);
        state.UdpDue = DueOf(state.Phase, settings.UdpInterval, state.UdpRound);
        wheel.Arm(SlotOf(state.Seat) + UdpTimer, state.UdpDue);
    }

    private int FreeSlotOf(PathState state)
    {
        int first = SlotOf(state.Seat);
        for (int tried = 0; tried < SlotsAPath; tried++)
        {
            int slot = first + (state.NextSlot++ % SlotsAPath);
            if (slots[slot].State is not (SlotState.Waiting or SlotState.Scheduled)) return slot;
        }

        return -1;
    }

    /// <summary>A slot outside the schedule: a free one, else the one longest decided.</summary>
    private int FreeVisitor()
    {
        int best = -1;
        for (int i = 0; i < Visitors; i++)
        {
            SlotState state = slots[i].State;
            if (state == SlotState.Free) return i;
            if (state is SlotState.Waiting or SlotState.Scheduled) continue;
            if (best < 0 || slots[i].SentAt < slots[best].SentAt) best = i;
        }

        return best;
    }

    private void Begin(int slot, PathState state, ProbeKind kind)
    {
        slots[slot] = new ProbeSlot { Path = state, Kind = kind, State = SlotState.Scheduled };
        Send(slot);
    }

    private bool Schedule(PathState state, ProbeKind kind, long at, AskedProbe? asked)
    {
        int slot = FreeVisitor();
        if (slot < 0)
        {
            observer.Note(MeshNote.SlotsBusy, state.Path);
            return false;
        }

        slots[slot] = new ProbeSlot { Path = state, Kind = kind, State = SlotState.Scheduled, Asked = asked };
        if (kind.IsQuick()) urgent++;
        wheel.Arm(slot, at);
        return true;
    }

    private void FullSize(PathState state)
    {
        if (FreeVisitor() is var slot and >= 0) Begin(slot, state, ProbeKind.Mtu);
        FullSizeIn(state, settings.MtuInterval);
    }

    private void FullSizeIn(PathState state, long wait) => wheel.Arm(SlotOf(state.Seat) + MtuTimer, now + wait + Jitter(wait / 40));

    /// <summary>A full-size packet was answered or lost. After a loss a few come soon: one lost packet in a minute says little.</summary>
    private void FullSizeDecided(PathState state, UdpOutcome outcome)
    {
        if (outcome == UdpOutcome.Ok) state.MtuFailures = 0;
        if (outcome != UdpOutcome.Lost) return;
        state.MtuFailures++;
        if (state.MtuFailures <= SoonFullSizes && state.IsNeighbour && settings.MtuInterval > 0) FullSizeIn(state, settings.MtuInterval / 12);
    }

    private void ChooseFar()
    {
        nextSecondAt += ProberSettings.Second;
        if (nextSecondAt <= now) nextSecondAt = now + ProberSettings.Second;
        wheel.Arm(SecondTimer, WithNext(nextSecondAt));
        if (now >= nextSweep) ForgetIdle();
        if (plan.Far is not { } far) return;
        long second = (now + UnixOffset) / ProberSettings.Second;

        // The timer drifts against the edge of the wall second; without this a second would now and then be taken twice or left out.
        if (lastSecond != long.MinValue && Math.Abs(second - (lastSecond + 1)) <= 1) second = lastSecond + 1;
        lastSecond = second;
        Span<FarTarget> targets = stackalloc FarTarget[IFarTargets.Most];
        int count = Math.Min(far.Choose(second, targets), IFarTargets.Most);
        for (int i = 0; i < count; i++)
        {
            if ((uint)targets[i].Path >= (uint)byIndex.Length) continue;
            PathState state = At(targets[i].Path);
            Schedule(state, targets[i].Kind, WithNext(now + (long)(state.Phase % (ulong)ProberSettings.Second)), asked: null);
        }
    }

    /// <summary>
    /// The next regular probe at or after a moment, when one comes soon: what has no moment of its own goes with it, for most of what a probe costs is waking up. Else that moment.
    /// </summary>
    private long WithNext(long at)
    {
        long best = at + CompanyWait;
        foreach (PathState? state in seats)
        {
            if (state is not null && state.UdpDue >= at && state.UdpDue < best) best = state.UdpDue;
        }

        return best == at + CompanyWait ? at : best;
    }

    /// <summary>Quick packets, a little apart; the budget is asked when each is sent.</summary>
    private int ScheduleQuick(PathState state, int packets, ProbeKind kind, AskedProbe? asked)
    {
        int scheduled = 0;
        for (int i = 0; i < packets; i++)
        {
            if (Schedule(state, kind, now + (i * settings.ReactiveSpacing), asked)) scheduled++;
        }

        if (asked is null) state.Quick += scheduled;
        return scheduled;
    }

    private void AfterLoss(PathState state)
    {
        if (settings.ReactivePackets > 0 && state.Quick == 0) ScheduleQuick(state, settings.ReactivePackets, ProbeKind.Reactive, asked: null);
        if (settings.TraceCooldown <= 0 || state.TraceWanted || now - state.LastTrace < settings.TraceCooldown || traces == wantTrace.Length) return;
        if (!traceBudget.TryTake(now))
        {
            observer.Note(MeshNote.TraceBudget, state.Path);
            return;
        }

        state.TraceWanted = true;
        state.LastTrace = now;
        wantTrace[traces++] = state;
    }

    private void StartTraces()
    {
        for (int i = 0; i < traces; i++)
        {
            PathState state = wantTrace[i]!;
            wantTrace[i] = null;
            state.TraceWanted = false;
            observer.Note(MeshNote.TraceStarted, state.Path);
            sender!.Trace(state.Path);
        }

        traces = 0;
    }

    /// <summary>Counts who fails now; called when the last verdict on a neighbour turns.</summary>
    private void LookAtSelf()
    {
        int looked = 0;
        int failing = 0;
        foreach (PathState? state in seats)
        {
            if (state is null || state.Decided == 0 || state.Leaving || state.Path.IsSelf) continue;
            looked++;
            if (state.Failing) failing++;
        }

        bool suspected = failing >= 3 && failing * 2 > looked;
        if (suspected == SuspectsSelf) return;
        SuspectsSelf = suspected;
        observer.SuspectSelf(suspected, now);
    }
}
