using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>Whether a path takes small packets and no full-size ones (mesh.md 7).</summary>
internal sealed class SizeTrack
{
    /// <summary>Full-size packets in a row that failed: one or two may be lost like any other.</summary>
    private const int Needed = 3;

    /// <summary>Reports with it that speak for the path alone, 10 s each: all paths have sent their full-size packet of the minute by then, and those that followed.</summary>
    private const int Lasting = 10;

    private int failed;
    private int blocked;

    /// <summary>Some passed, or enough of them failed.</summary>
    public bool Known { get; private set; }

    /// <summary>Full-size packets do not pass.</summary>
    public bool Blocked { get; private set; }

    /// <summary>They have not passed for more than an interval.</summary>
    public bool Lasts => blocked >= Lasting;

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
            blocked = 0;
        }
        else if (row.FullSize.Failed > 0)
        {
            failed = Math.Min(failed + row.FullSize.Failed, Needed);
            Blocked = failed == Needed;
            Known |= Blocked;
        }

        if (Blocked && blocked < Lasting && ++blocked == Lasting) return true;
        return Known && row.FullSize != default;
    }
}
