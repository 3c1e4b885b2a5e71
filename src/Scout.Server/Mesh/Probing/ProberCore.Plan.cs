using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Probing;

/// <summary>Which paths there are.</summary>
internal sealed partial class ProberCore
{
    private const int MostPaths = 65_000;

    /// <summary>Numbers of paths are used in turn out of so many at least.</summary>
    private const int LeastHandles = 4096;

    /// <summary>Without a packet for so long a far path has nothing more to say, and the reflector has forgotten its session too, ns.</summary>
    private const long FarIdle = 75 * ProberSettings.Second;

    private readonly Dictionary<(ulong PeerId, byte Plane), PathState> byKey = [];
    private readonly Dictionary<ulong, PeerState> peers = [];
    private PathState?[] byHandle = new PathState?[64];
    private PathState?[] byIndex = [];
    private PathState?[] seats = [];
    private MeshPlan plan = MeshPlan.Empty;
    private int lastHandle;
    private long nextSweep;
    private long planNumber;

    /// <summary>Paths in the plan.</summary>
    public int Paths => byIndex.Length;

    /// <summary>Paths of which something is kept: neighbours, and those that were probed lately.</summary>
    public int Kept => byKey.Count;

    /// <summary>Takes a plan over. Paths that stay keep their numbers, schedule and what is in flight; what is in flight on a path that goes is excluded.</summary>
    public void Apply(MeshPlan wanted, long at)
    {
        now = Math.Max(now, at);
        if (stopped) return;
        plan = wanted;
        planNumber++;
        byIndex = new PathState?[Math.Min(wanted.Paths.Length, MostPaths)];
        for (int i = 0; i < byIndex.Length; i++)
        {
            // A fleet of 10,000 has as many far paths, and a node probes one or a few of them a second: what is kept of one is made when it is its turn.
            MeshPath path = wanted.Paths[i];
            if (path.Role == PathRole.Neighbour || byKey.ContainsKey((path.PeerId, path.Plane))) Take(i);
        }

        foreach (((ulong, byte) key, PathState state) in byKey)
        {
            if (state.Plan != planNumber) Retire(key, state);
        }

        foreach ((ulong id, PeerState peer) in peers)
        {
            if (peer.Plan != planNumber) peers.Remove(id);
        }

        // Seats last: those of paths that went are free again.
        foreach (PathState? state in byIndex)
        {
            if (state is null) continue;
            if (state.Path.Role == PathRole.Neighbour && state.Seat < 0) Sit(state);
            else if (state.Path.Role == PathRole.Far && state.Seat >= 0) Stand(state);
        }

        if (wanted.Far is not null && nextSecondAt == 0)
        {
            nextSecondAt = start + (long)(MeshHash.Mix(selfId) % (ulong)ProberSettings.Second);
            while (nextSecondAt <= now) nextSecondAt += Math.Max(ProberSettings.Second, (now - nextSecondAt) / ProberSettings.Second * ProberSettings.Second);
            wheel.Arm(SecondTimer, nextSecondAt);
        }

        LookAtSelf();
    }

    /// <summary>What is kept of a path of the plan; made when there is nothing yet.</summary>
    private PathState At(int index) => byIndex[index] ?? Take(index);

    private PathState? Find(ulong peerId, byte plane)
    {
        if (byKey.TryGetValue((peerId, plane), out PathState? state)) return state;
        for (int i = 0; i < byIndex.Length; i++)
        {
            if (plan.Paths[i].PeerId == peerId && plan.Paths[i].Plane == plane) return At(i);
        }

        return null;
    }

    private void ForgetIdle()
    {
        nextSweep = now + (FarIdle / 4);
        foreach (((ulong, byte) key, PathState state) in byKey)
        {
            if (state.Seat >= 0 || now - state.UsedAt < FarIdle) continue;
            byIndex[state.Index] = null;
            Retire(key, state);
            if (!byKey.ContainsKey((state.Path.PeerId, (byte)(1 - state.Path.Plane)))) peers.Remove(state.Path.PeerId);
        }
    }

    private PathState Take(int index)
    {
        MeshPath path = plan.Paths[index];
        if (!byKey.TryGetValue((path.PeerId, path.Plane), out PathState? state))
        {
            if (!peers.TryGetValue(path.PeerId, out PeerState? peer)) peers[path.PeerId] = peer = new PeerState();
            state = new PathState(peer, MeshHash.P(selfId, path.PeerId))
            {
                Path = path,
                Handle = NewHandle(),
                NextSequence = settings.FirstSequence,
                LastSequence = settings.FirstSequence - 1,
                UsedAt = now,
            };
            byKey[(path.PeerId, path.Plane)] = state;
            byHandle[state.Handle] = state;
        }

        if (state.Peer.Leaving && path.Incarnation != 0 && state.Peer.LeavingIncarnation != 0 && path.Incarnation > state.Peer.LeavingIncarnation) Back(state, path.Incarnation);
        state.Path = path;
        state.Index = index;
        state.Plan = planNumber;
        state.Peer.Plan = planNumber;
        return byIndex[index] = state;
    }

    private int NewHandle()
    {
        // Numbers come back as late as possible, so that an old answer does not find a new path.
        int most = Math.Clamp(2 * byKey.Count, LeastHandles, MostPaths);
        do lastHandle = (lastHandle % most) + 1;
        while (lastHandle < byHandle.Length && byHandle[lastHandle] is not null);
        if (lastHandle >= byHandle.Length) Array.Resize(ref byHandle, Math.Max(byHandle.Length * 2, lastHandle + 1));
        return lastHandle;
    }

    private void Retire((ulong PeerId, byte Plane) key, PathState state)
    {
        if (state.Seat >= 0) Stand(state);
        for (int i = 0; i < Visitors; i++)
        {
            if (slots[i].Path == state) Withdraw(i);
        }

        for (int i = 0; i < traces; i++)
        {
            if (wantTrace[i] == state) wantTrace[i--] = wantTrace[--traces];
        }

        byHandle[state.Handle] = null;
        byKey.Remove(key);
    }

    private void Sit(PathState state)
    {
        int seat = Array.IndexOf(seats, null);
        if (seat < 0)
        {
            seat = seats.Length;
            Array.Resize(ref seats, Math.Max(8, seats.Length * 2));
            Array.Resize(ref slots, FirstSeat + (seats.Length * Block));
            wheel.Grow(slots.Length);
        }

        seats[seat] = state;
        state.Seat = seat;
        state.Median ??= new RttMedian();
        int first = SlotOf(seat);
        state.UdpRound = RoundAfter(state.Phase, settings.UdpInterval, now);
        state.UdpDue = DueOf(state.Phase, settings.UdpInterval, state.UdpRound);
        wheel.Arm(first + UdpTimer, state.UdpDue);
        if (settings.TcpInterval > 0)
        {
            ulong phase = MeshHash.Mix(state.Phase);
            state.TcpRound = RoundAfter(phase, settings.TcpInterval, now);
            state.TcpDue = DueOf(phase, settings.TcpInterval, state.TcpRound);
            wheel.Arm(first + TcpTimer, state.TcpDue);
        }

        if (settings.MtuInterval > 0 && !state.Path.IsSelf) wheel.Arm(first + MtuTimer, now + (long)(MeshHash.Mix(state.Phase + 1) % (ulong)settings.MtuInterval));
    }

    private void Stand(PathState state)
    {
        int first = SlotOf(state.Seat);
        for (int i = first; i < first + SlotsAPath; i++) Withdraw(i);
        for (int i = first + SlotsAPath; i < first + Block; i++) wheel.Cancel(i);
        if (state.TcpOpen)
        {
            state.TcpOpen = false;
            abandoned++;
        }

        seats[state.Seat] = null;
        state.Seat = -1;
        state.Failing = false;
        state.Decided = 0;
    }

    /// <summary>Forgets a packet whose path is gone: in flight it is neither success nor failure.</summary>
    private void Withdraw(int index)
    {
        ref ProbeSlot slot = ref slots[index];
        wheel.Cancel(index);
        if (slot.Kind.IsQuick() && slot.State is (SlotState.Waiting or SlotState.Scheduled)) urgent--;
        if (slot.State == SlotState.Waiting)
        {
            slot.Asked?.Decide(UdpOutcome.Skipped, 0);
            observer.Udp(new UdpTrial(slot.Path!.Path, slot.Sequence, slot.PortIndex, slot.Kind, UdpOutcome.Skipped, LossDirection.Unknown, 0, slot.SentAt, now, Retired: true));
        }
        else if (slot.State == SlotState.Scheduled)
        {
            slot.Asked?.Refuse(1);
        }

        slot = default;
    }
}
