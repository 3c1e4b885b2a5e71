using Scout.Broker.Mesh.Localisation;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>
/// Makes trials: lost ones from messages, answered ones from the known schedule. Only losses are told; a probe that nobody told of when it must have been
/// decided was answered, as long as its sender speaks. (Waiting for the sender's next message would make those who lost something report first, and the last
/// second look twice as bad as it is.)
/// </summary>
internal sealed class TrialSchedule(FleetWatchOptions options, Localiser localiser, FleetRings rings)
{
    private const long JoinGrace = 5_000;

    /// <summary>Shift and floor go by the second, whatever the interval of neighbours is.</summary>
    private const long FarInterval = 1_000;
    private const int FarRoom = 64;
    private const int MaxFarCredit = 64;

    private readonly int[] far = new int[FarRoom];

    /// <summary>Counts what is due of all members.</summary>
    public void Count(FleetNode[] members, long now, DateTimeOffset wall)
    {
        long until = now - options.Telling;
        foreach (FleetNode node in members)
        {
            if (node.Index < 0) continue;
            localiser.SetReporting(node.Index, node.SpokeWithin(now, options.Stopped));
            if (!node.SpokeWithin(now, options.Patience)) continue;
            foreach (FleetPath path in node.Paths) Count(node, path, until, now);
            CountFar(node, until, wall.ToUnixTimeMilliseconds() - now);
        }
    }

    /// <summary>Takes what a node tells of its own probes, and of itself.</summary>
    public void Take(FleetNode node, MeshLossMessage message, long now, long heldUp, Func<string, FleetNode?> find, FleetCounters counters)
    {
        long said = now - heldUp;
        foreach (MeshLoss loss in message.Losses)
        {
            if (find(loss.Peer) is not { Index: >= 0, IsMember: true } to || to == node)
            {
                counters.StrangeLosses++;
                continue;
            }

            if (!TakeCredit(node, to))
            {
                counters.TooManyLosses++;
                continue;
            }

            long decided = Math.Min(said, said - loss.AgeMs + options.Timeout);
            if (decided <= to.StalledAt) continue;
            localiser.Add(new Trial(decided, node.Index, to.Index, Lost: true, Direction(loss.Direction), (byte)loss.Port, loss.Sequence));
        }

        foreach (MeshLossWay way in message.Directions)
        {
            if (find(way.Peer) is { Index: >= 0 } to) localiser.Tell(node.Index, to.Index, way.Sequence, Direction(way.Direction));
        }

        foreach (MeshLate late in message.Late)
        {
            if (find(late.Peer) is { Index: >= 0 } to) localiser.TellLate(node.Index, to.Index, late.Sequence);
        }

        foreach (MeshStall stall in message.Stalls)
        {
            if (stall.LengthMs <= options.Timeout / 4) continue;
            long from = said - stall.AgeMs;
            long until = Math.Min(said, from + stall.LengthMs) + options.Timeout;
            localiser.ForgetStall(node.Index, from - options.Timeout, until);
            node.StalledAt = Math.Max(node.StalledAt, until);
        }
    }

    private void Count(FleetNode node, FleetPath path, long until, long now)
    {
        // A gap in which the sender said nothing is no time in which it was answered.
        long interval = node.Interval > 0 ? node.Interval : options.Interval;
        if (until - path.Due > 3 * interval) path.Due = until - ((until - path.Due) % interval);
        for (; path.Due <= until; path.Due += interval)
        {
            if (path.Credit > 0)
            {
                path.Credit--;
                continue;
            }

            if (path.To.Index < 0 || !path.To.IsMember || (path.To.FirstMessage < 0 && now - path.To.ListedAt < JoinGrace)) continue;
            localiser.Add(new Trial(path.Due, node.Index, path.To.Index, Lost: false));
        }
    }

    private void CountFar(FleetNode node, long until, long wallAhead)
    {
        MeshTopology topology = rings.Topology;
        if (topology.IsFull) return;
        if (until - node.FarDue > 3 * FarInterval) node.FarDue = until - (long)(node.Id % (ulong)FarInterval);
        for (; node.FarDue <= until; node.FarDue += FarInterval)
        {
            // The second in which it was sent, on the sender's own wall clock.
            long second = (node.FarDue - options.Timeout + wallAhead + node.ClockAhead) / 1000;
            CountFar(node, topology.ShiftTarget(node.Rank, second));
            int count = topology.ZoneFloor(node.Rank, second, far);
            for (int i = 0; i < count; i++) CountFar(node, far[i]);
        }
    }

    private void CountFar(FleetNode node, int rank)
    {
        if (rank < 0) return;
        if (node.FarCredit > 0)
        {
            node.FarCredit--;
            return;
        }

        FleetNode to = rings.Members[rank];
        if (to.Index >= 0 && to != node && to.IsMember) localiser.Add(new Trial(node.FarDue, node.Index, to.Index, Lost: false));
    }

    private static bool TakeCredit(FleetNode node, FleetNode to)
    {
        foreach (FleetPath path in node.Paths)
        {
            if (path.To != to) continue;
            if (path.Credit >= FleetPath.MaxCredit) return false;
            path.Credit++;
            return true;
        }

        if (node.FarCredit >= MaxFarCredit) return false;
        node.FarCredit++;
        return true;
    }

    private static LossDirection Direction(MeshDirection direction) => direction switch
    {
        MeshDirection.Forward => LossDirection.Forward,
        MeshDirection.Reverse => LossDirection.Reverse,
        _ => LossDirection.Unknown,
    };
}
