using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>Whether a path takes small packets and no full-size ones (mesh.md 7).</summary>
internal sealed class SizeTrack
{
    /// <summary>Full-size packets in a row that failed: one or two may be lost like any other.</summary>
    private const int Needed = 3;

    private int failed;

    /// <summary>Some passed, or enough of them failed.</summary>
    public bool Known { get; private set; }

    /// <summary>Full-size packets do not pass.</summary>
    public bool Blocked { get; private set; }

    /// <summary>Takes what a report tells; true when it said something of sizes.</summary>
    public bool Take(in MeshReportRow row)
    {
        // While small ones are lost too, a lost full-size one says nothing about sizes.
        if (row.Udp.Ok < 3 || row.Udp.Lost * 5 > row.Udp.Ok + row.Udp.Lost) return false;
        if (row.FullSize.Ok > 0)
        {
            Known = true;
            Blocked = false;
            failed = 0;
        }
        else if (row.FullSize.Failed > 0)
        {
            failed = Math.Min(failed + row.FullSize.Failed, Needed);
            Blocked = failed == Needed;
            Known |= Blocked;
        }

        return Known && row.FullSize != default;
    }
}
