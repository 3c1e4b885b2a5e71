namespace Scout.Broker.Mesh.Localisation;

/// <summary>
/// One window as an evaluation sees it: sums by node, zone pair and zone, from which blamed components are taken out. The ledger's own arrays are used until
/// the first is taken out, then copies.
/// </summary>
internal sealed class WindowView(TrialLedger ledger, int window)
{
    private bool own;
    private int[] ownZoneSent = [];
    private int[] ownZoneLost = [];
    private int[] ownPairSent = [];
    private int[] ownPairLost = [];

    public int Window => window;

    public int[] ZoneSent { get; private set; } = [];

    public int[] ZoneLost { get; private set; } = [];

    public int[] PairSent { get; private set; } = [];

    public int[] PairLost { get; private set; } = [];

    public int[] NodeSent { get; private set; } = [];

    public int[] NodeLost { get; private set; } = [];

    /// <summary>By a * room + b, a &lt;= b.</summary>
    public int[] ZonePairSent { get; private set; } = [];

    public int[] ZonePairLost { get; private set; } = [];

    public long Sent { get; private set; }

    public long Lost { get; private set; }

    public void Load()
    {
        own = false;
        ZoneSent = ledger.SentByZone(window);
        ZoneLost = ledger.LostByZone(window);
        PairSent = ledger.SentByPair(window);
        PairLost = ledger.LostByPair(window);
        int room = ledger.ZoneRoom;
        int nodes = ledger.NodeBound;
        if (NodeSent.Length < nodes)
        {
            NodeSent = new int[nodes * 2];
            NodeLost = new int[nodes * 2];
        }

        if (ZonePairSent.Length != room * room)
        {
            ZonePairSent = new int[room * room];
            ZonePairLost = new int[room * room];
        }

        Array.Clear(ZonePairSent);
        Array.Clear(ZonePairLost);
        Sent = 0;
        Lost = 0;
        for (int node = 0; node < nodes; node++)
        {
            int zone = ledger.ZoneOf(node);
            int sent = 0;
            int lost = 0;
            if (zone >= 0)
            {
                ReadOnlySpan<int> sents = ZoneSent.AsSpan(node * room, room);
                ReadOnlySpan<int> losts = ZoneLost.AsSpan(node * room, room);
                for (int other = 0; other < room; other++)
                {
                    if (sents[other] == 0) continue;
                    sent += sents[other];
                    lost += losts[other];
                    // A way between zones is counted from its smaller end; one inside a zone twice, mended below.
                    if (other < zone) continue;
                    int cell = (zone * room) + other;
                    ZonePairSent[cell] += sents[other];
                    ZonePairLost[cell] += losts[other];
                }
            }

            NodeSent[node] = sent;
            NodeLost[node] = lost;
            Sent += sent;
            Lost += lost;
        }

        for (int zone = 0; zone < room; zone++)
        {
            ZonePairSent[(zone * room) + zone] /= 2;
            ZonePairLost[(zone * room) + zone] /= 2;
        }

        Sent /= 2;
        Lost /= 2;
    }

    /// <summary>Sent and lost over the border of a zone.</summary>
    public (int Sent, int Lost) Border(int zone)
    {
        int room = ledger.ZoneRoom;
        int sent = 0;
        int lost = 0;
        for (int other = 0; other < room; other++)
        {
            if (other == zone) continue;
            int cell = (Math.Min(zone, other) * room) + Math.Max(zone, other);
            sent += ZonePairSent[cell];
            lost += ZonePairLost[cell];
        }

        return (sent, lost);
    }

    /// <summary>Takes the trials of a component out.</summary>
    public void Remove(Component component)
    {
        Own();
        switch (component.Kind)
        {
            case ComponentKind.Node:
                RemoveNode(component.A);
                break;
            case ComponentKind.Pair:
                int pair = ledger.Pairs.Find(component.A, component.B);
                if (pair >= 0) RemovePair(pair);
                break;
            case ComponentKind.ZonePair:
                RemoveZonePair(component.A, component.B);
                break;
            default:
                for (int other = 0; other < ledger.ZoneRoom; other++)
                {
                    if (other != component.A) RemoveZonePair(Math.Min(other, component.A), Math.Max(other, component.A));
                }

                break;
        }
    }

    private void RemoveNode(int node)
    {
        int room = ledger.ZoneRoom;
        foreach (int pair in ledger.Pairs.Of(node)) RemovePair(pair);
        // What is left are trials of pairs that are not counted by themselves: they leave this node's side and the zones'.
        int zone = ledger.ZoneOf(node);
        for (int other = 0; other < room; other++)
        {
            ref int sent = ref ZoneSent[(node * room) + other];
            ref int lost = ref ZoneLost[(node * room) + other];
            int cell = (Math.Min(zone, other) * room) + Math.Max(zone, other);
            ZonePairSent[cell] -= sent;
            ZonePairLost[cell] -= lost;
            sent = 0;
            lost = 0;
        }

        NodeSent[node] = 0;
        NodeLost[node] = 0;
    }

    private void RemovePair(int pair)
    {
        int sent = PairSent[pair];
        int lost = PairLost[pair];
        if (sent == 0 && lost == 0) return;
        PairTable.Entry entry = ledger.Pairs[pair];
        int room = ledger.ZoneRoom;
        int low = ledger.ZoneOf(entry.Low);
        int high = ledger.ZoneOf(entry.High);
        ZoneSent[(entry.Low * room) + high] -= sent;
        ZoneSent[(entry.High * room) + low] -= sent;
        ZoneLost[(entry.Low * room) + high] -= lost;
        ZoneLost[(entry.High * room) + low] -= lost;
        NodeSent[entry.Low] -= sent;
        NodeSent[entry.High] -= sent;
        NodeLost[entry.Low] -= lost;
        NodeLost[entry.High] -= lost;
        int cell = (Math.Min(low, high) * room) + Math.Max(low, high);
        ZonePairSent[cell] -= sent;
        ZonePairLost[cell] -= lost;
        PairSent[pair] = 0;
        PairLost[pair] = 0;
    }

    private void RemoveZonePair(int a, int b)
    {
        int room = ledger.ZoneRoom;
        if (ZonePairSent[(a * room) + b] == 0) return;
        for (int node = 0; node < ledger.NodeBound; node++)
        {
            int zone = ledger.ZoneOf(node);
            if (zone != a && zone != b) continue;
            int cell = (node * room) + (zone == a ? b : a);
            NodeSent[node] -= ZoneSent[cell];
            NodeLost[node] -= ZoneLost[cell];
            ZoneSent[cell] = 0;
            ZoneLost[cell] = 0;
        }

        PairTable pairs = ledger.Pairs;
        for (int pair = 0; pair < pairs.Bound; pair++)
        {
            if (PairSent[pair] == 0) continue;
            PairTable.Entry entry = pairs[pair];
            if (entry.Low < 0) continue;
            int low = ledger.ZoneOf(entry.Low);
            int high = ledger.ZoneOf(entry.High);
            if ((low != a || high != b) && (low != b || high != a)) continue;
            PairSent[pair] = 0;
            PairLost[pair] = 0;
        }

        ZonePairSent[(a * room) + b] = 0;
        ZonePairLost[(a * room) + b] = 0;
    }

    private void Own()
    {
        if (own) return;
        own = true;
        ZoneSent = Copy(ZoneSent, ref ownZoneSent);
        ZoneLost = Copy(ZoneLost, ref ownZoneLost);
        PairSent = Copy(PairSent, ref ownPairSent);
        PairLost = Copy(PairLost, ref ownPairLost);
    }

    private static int[] Copy(int[] from, ref int[] to)
    {
        if (to.Length != from.Length) to = new int[from.Length];
        Array.Copy(from, to, from.Length);
        return to;
    }
}
