using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Statistics;

/// <summary>Counts that are taken and begin anew: what a report tells.</summary>
internal struct CountTally
{
    private int sent;
    private int ok;
    private int lost;
    private int forward;
    private int reverse;
    private int late;
    private int stalled;
    private int skipped;
    private int tcpOk;
    private int tcpFailed;

    public void Udp(UdpOutcome outcome)
    {
        sent++;
        switch (outcome)
        {
            case UdpOutcome.Ok: ok++; break;
            case UdpOutcome.Stalled: stalled++; break;
            case UdpOutcome.Skipped: skipped++; break;
            default: lost++; break;
        }
    }

    public void Direction(LossDirection direction)
    {
        if (direction == LossDirection.Forward) forward++;
        else if (direction == LossDirection.Reverse) reverse++;
    }

    public void Late() => late++;

    public void Tcp(TcpOutcome outcome)
    {
        if (outcome == TcpOutcome.Ok) tcpOk++;
        else if (outcome.IsFailure()) tcpFailed++;
    }

    /// <summary>What was counted since the last call.</summary>
    public (MeshCounts Udp, MeshTcpCounts Tcp) Take()
    {
        var taken = (new MeshCounts(sent, ok, lost, forward, reverse, late, stalled, skipped), new MeshTcpCounts(tcpOk, tcpFailed));
        this = default;
        return taken;
    }
}
