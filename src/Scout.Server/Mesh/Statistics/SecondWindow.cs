using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Statistics;

/// <summary>Counts of the last 60 s, by second. Nothing is allocated after it is made.</summary>
internal sealed class SecondWindow
{
    public const int Seconds = 60;

    private readonly Cell[] cells = new Cell[Seconds];

    /// <summary>A decided probe.</summary>
    public void Udp(Probing.UdpOutcome outcome, long at)
    {
        ref Cell cell = ref At(at);
        cell.Sent++;
        switch (outcome)
        {
            case Probing.UdpOutcome.Ok: cell.Ok++; break;
            case Probing.UdpOutcome.Stalled: cell.Stalled++; break;
            case Probing.UdpOutcome.Skipped: cell.Skipped++; break;
            default: cell.Lost++; break;
        }
    }

    public void Direction(Probing.LossDirection direction, long at)
    {
        ref Cell cell = ref At(at);
        if (direction == Probing.LossDirection.Forward) cell.Forward++;
        else if (direction == Probing.LossDirection.Reverse) cell.Reverse++;
    }

    public void Late(long at) => At(at).Late++;

    /// <summary>The sum of the last 60 s.</summary>
    public MeshCounts Sum(long now)
    {
        long second = now / MeshClock.Second;
        var sum = default(MeshCounts);
        foreach (ref readonly Cell cell in cells.AsSpan())
        {
            if (second - cell.Second is < 0 or >= Seconds || cell.Second == 0) continue;
            sum = sum.Plus(new MeshCounts(cell.Sent, cell.Ok, cell.Lost, cell.Forward, cell.Reverse, cell.Late, cell.Stalled, cell.Skipped));
        }

        return sum;
    }

    private ref Cell At(long at)
    {
        long second = at / MeshClock.Second;
        ref Cell cell = ref cells[(int)(second % Seconds)];
        if (cell.Second != second) cell = new Cell { Second = second };
        return ref cell;
    }

    private struct Cell
    {
        public long Second;
        public int Sent;
        public int Ok;
        public int Lost;
        public int Forward;
        public int Reverse;
        public int Late;
        public int Stalled;
        public int Skipped;
    }
}
