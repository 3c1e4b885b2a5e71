namespace Scout.Broker.Mesh.Localisation;

/// <summary>
/// The trials of the last 300 s as counts: by node and zone of the other end (from which nodes, zone pairs and zones follow), and by pair for pairs with a
/// regular path or a loss. Lost trials are kept one by one as well.
/// </summary>
internal sealed class TrialLedger
{
    private const int AllPairsUpTo = 128;
    private const int SearchBack = 16_384;

    private readonly SlidingCounts byZone;
    private readonly SlidingCounts byPair = new(64);
    private readonly int[][] lostByZone = new int[Windows.Count][];
    private readonly int[][] lostByPair = new int[Windows.Count][];
    private readonly List<int> loosePairs = [];
    private readonly Stack<int> freeNodes = new();
    private int[] zoneOf = new int[16];
    private bool[] reporting = new bool[16];
    private int[] nodesInZone = new int[8];
    private int zoneRoom = 8;
    private long swept;

    public TrialLedger(int maxLosses)
    {
        byZone = new SlidingCounts(zoneOf.Length * zoneRoom);
        Log = new LossLog(maxLosses);
        for (int window = 0; window < Windows.Count; window++)
        {
            lostByZone[window] = new int[byZone.Cells];
            lostByPair[window] = new int[byPair.Cells];
        }
    }

    /// <summary>Tick up to which everything is counted.</summary>
    public long Now { get; private set; }

    /// <summary>Nodes there are.</summary>
    public int Nodes { get; private set; }

    /// <summary>Largest index of a node in use, plus one.</summary>
    public int NodeBound { get; private set; }

    /// <summary>Cells of a node: indices of zones are below it.</summary>
    public int ZoneRoom => zoneRoom;

    /// <summary>Zones that have a node.</summary>
    public int Zones { get; private set; }

    public PairTable Pairs { get; } = new();

    public LossLog Log { get; }

    /// <summary>Losses that left before their time because the log was full.</summary>
    public long Overflowed { get; private set; }

    /// <summary>Trials between nodes that are not known (any more), or too old.</summary>
    public long Strange { get; private set; }

    public long Trials { get; private set; }

    /// <summary>-1: no such node.</summary>
    public int ZoneOf(int node) => node >= 0 && node < NodeBound ? zoneOf[node] : -1;

    public bool Reports(int node) => reporting[node];

    public int NodesIn(int zone) => zone < nodesInZone.Length ? nodesInZone[zone] : 0;

    public int[] SentByZone(int window) => byZone.Sums(window);

    public int[] LostByZone(int window) => lostByZone[window];

    public int[] SentByPair(int window) => byPair.Sums(window);

    public int[] LostByPair(int window) => lostByPair[window];

    public int AddNode(int zone)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(zone);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(zone, Localiser.MaxZones);
        if (zone >= zoneRoom) WidenZones(zone + 1);
        int node = freeNodes.Count > 0 ? freeNodes.Pop() : NodeBound++;
        if (node >= zoneOf.Length)
        {
            Array.Resize(ref zoneOf, zoneOf.Length * 2);
            Array.Resize(ref reporting, zoneOf.Length);
            byZone.Resize(zoneOf.Length * zoneRoom);
            for (int window = 0; window < Windows.Count; window++) Array.Resize(ref lostByZone[window], byZone.Cells);
        }

        zoneOf[node] = zone;
        reporting[node] = true;
        if (nodesInZone[zone]++ == 0) Zones++;
        Nodes++;
        return node;
    }

    public void RemoveNode(int node)
    {
        int zone = ZoneOf(node);
        if (zone < 0) return;
        for (long number = Log.First; number < Log.End; number++)
        {
            ref Loss loss = ref Log[number];
            if (loss.From == node || loss.To == node) Spend(number);
        }

        List<int> pairs = Pairs.Of(node);
        while (pairs.Count > 0) RemovePair(pairs[^1]);
        for (int other = 0; other < zoneRoom; other++) byZone.Clear((node * zoneRoom) + other);
        zoneOf[node] = -1;
        if (--nodesInZone[zone] == 0) Zones--;
        Nodes--;
        freeNodes.Push(node);
    }

    public void SetReporting(int node, bool reports) => reporting[node] = reports;

    /// <summary>Says that there is a regular path, so that its pair is counted by itself.</summary>
    public void Link(int from, int to) => Pairs[PairOf(from, to)].Links++;

    public void Unlink(int from, int to)
    {
        int pair = Pairs.Find(from, to);
        if (pair < 0) return;
        ref PairTable.Entry entry = ref Pairs[pair];
        if (entry.Links > 0 && --entry.Links == 0) loosePairs.Add(pair);
    }

    public void AdvanceTo(long tick)
    {
        if (tick <= Now) return;
        Now = tick;
        byZone.AdvanceTo(tick);
        byPair.AdvanceTo(tick);
        for (int window = 0; window < Windows.Count; window++)
        {
            while (Log.TryLeave(window, tick, force: false, out Loss left)) Uncount(window, left);
        }

        if (tick - swept < 5 * Windows.TicksPerSecond) return;
        swept = tick;
        SweepPairs();
    }

    public void Add(in Trial trial)
    {
        int fromZone = ZoneOf(trial.From);
        int toZone = ZoneOf(trial.To);
        long tick = Math.Min(trial.At / Windows.TickMs, Now);
        if (fromZone < 0 || toZone < 0 || trial.From == trial.To || !Windows.Holds(Windows.Longest, Now, tick))
        {
            Strange++;
            return;
        }

        Trials++;
        byZone.Add(tick, (trial.From * zoneRoom) + toZone);
        byZone.Add(tick, (trial.To * zoneRoom) + fromZone);
        int pair = trial.Lost || Nodes <= AllPairsUpTo ? PairOf(trial.From, trial.To) : Pairs.Find(trial.From, trial.To);
        if (pair >= 0) byPair.Add(tick, pair);
        if (!trial.Lost) return;
        if (Log.Full) DropOldest();
        var loss = new Loss { Tick = tick, From = trial.From, To = trial.To, Pair = pair, Direction = trial.Direction, Port = trial.Port, Sequence = trial.Sequence };
        Log.Insert(loss, Now);
        Count(loss, 1);
    }

    /// <summary>Takes a loss out of all counts (its trial stays counted as sent).</summary>
    public void Spend(long number)
    {
        ref Loss loss = ref Log[number];
        if (loss.Spent) return;
        Count(loss, -1);
        loss.Spent = true;
    }

    /// <summary>Number of a loss told a moment ago; -1 when it is not there (any more).</summary>
    public long Find(int from, int to, uint sequence)
    {
        long least = Math.Max(Log.First, Log.End - SearchBack);
        for (long number = Log.End - 1; number >= least; number--)
        {
            ref Loss loss = ref Log[number];
            if (loss.Sequence == sequence && loss.From == from && loss.To == to) return number;
        }

        return -1;
    }

    private void Count(in Loss loss, int by)
    {
        for (int window = 0; window < Windows.Count; window++)
        {
            if (Windows.Holds(window, Now, loss.Tick)) Count(window, loss, by);
        }
    }

    private void Count(int window, in Loss loss, int by)
    {
        lostByZone[window][(loss.From * zoneRoom) + zoneOf[loss.To]] += by;
        lostByZone[window][(loss.To * zoneRoom) + zoneOf[loss.From]] += by;
        lostByPair[window][loss.Pair] += by;
    }

    private void Uncount(int window, in Loss loss)
    {
        if (!loss.Spent) Count(window, loss, -1);
    }

    private void DropOldest()
    {
        Overflowed++;
        long first = Log.First;
        for (int window = 0; window < Windows.Count; window++)
        {
            if (Log.Start(window) == first && Log.TryLeave(window, Now, force: true, out Loss left)) Uncount(window, left);
        }
    }

    private int PairOf(int one, int other)
    {
        int pair = Pairs.Find(one, other);
        if (pair >= 0) return pair;
        pair = Pairs.GetOrAdd(one, other);
        if (pair >= byPair.Cells)
        {
            byPair.Resize(byPair.Cells * 2);
            for (int window = 0; window < Windows.Count; window++) Array.Resize(ref lostByPair[window], byPair.Cells);
        }

        loosePairs.Add(pair);
        return pair;
    }

    /// <summary>Pairs without a path that lost nothing for 300 s need no count of their own.</summary>
    private void SweepPairs()
    {
        int kept = 0;
        for (int i = 0; i < loosePairs.Count; i++)
        {
            int pair = loosePairs[i];
            PairTable.Entry entry = Pairs[pair];
            if (entry.Low < 0 || entry.Links > 0) continue;
            bool idle = byPair.Sums(Windows.Longest)[pair] == 0 && lostByPair[Windows.Longest][pair] == 0;
            if (idle) RemovePair(pair);
            else loosePairs[kept++] = pair;
        }

        loosePairs.RemoveRange(kept, loosePairs.Count - kept);
    }

    private void RemovePair(int pair)
    {
        byPair.Clear(pair);
        Pairs.Remove(pair);
    }

    private void WidenZones(int least)
    {
        int old = zoneRoom;
        zoneRoom = (least + 7) & ~7;
        Array.Resize(ref nodesInZone, zoneRoom);
        int[] Moved(int[] from)
        {
            var to = new int[byZone.Cells];
            for (int i = 0; i < NodeBound * old; i++) to[(i / old * zoneRoom) + (i % old)] = from[i];
            return to;
        }

        byZone.Resize(zoneOf.Length * zoneRoom, cell => cell < NodeBound * old ? (cell / old * zoneRoom) + (cell % old) : -1);
        for (int window = 0; window < Windows.Count; window++) lostByZone[window] = Moved(lostByZone[window]);
    }
}
