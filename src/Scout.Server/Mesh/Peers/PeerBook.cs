using System.Collections.Immutable;
using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Peers;

/// <summary>A peer with everything that is known of it.</summary>
/// <param name="Seen">As the first source that names it says.</param>
/// <param name="State">What it is to the mesh.</param>
/// <param name="ListedAt">Since when it is listed in this incarnation, monotonic ns.</param>
internal sealed record Peer(PeerSeen Seen, MeshNodeState State, long ListedAt)
{
    public string Name => Seen.Name;
}

/// <summary>
/// All peers by name: sources merged, the earlier wins; each with its state (mesh.md 3). Pure but for the time that is passed in; one thread at a time.
/// </summary>
internal sealed class PeerBook
{
    public const long JoinGrace = 5 * MeshClock.Second;

    private readonly string self;
    private readonly long forgetAfter;
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>Those that said goodbye themselves; some may be known no more.</summary>
    private readonly HashSet<string> away = new(StringComparer.Ordinal);

    /// <param name="self">Own name: never a peer.</param>
    /// <param name="forgetAfter">ns for which a silent node is kept.</param>
    public PeerBook(string self, long forgetAfter)
    {
        this.self = self;
        this.forgetAfter = forgetAfter;
    }

    /// <summary>A name with another place or zone in a later source; each is counted once while it is so.</summary>
    public long Conflicts { get; private set; }

    /// <summary>Takes the lists of all sources, the earlier first.</summary>
    /// <param name="sources">The last list of each.</param>
    /// <param name="now">Monotonic ns.</param>
    public void Merge(IEnumerable<ImmutableArray<PeerSeen>> sources, long now)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (ImmutableArray<PeerSeen> list in sources)
        {
            foreach (PeerSeen seen in list)
            {
                if (seen.Name == self || seen.Addresses.IsEmpty) continue;
                if (names.Add(seen.Name)) Take(seen, now);
                else Compare(entries[seen.Name], seen);
            }
        }

        foreach ((string name, Entry entry) in entries)
        {
            if (names.Contains(name)) continue;
            // Deleted: as good as gone. Its entry stays until nobody needs its state any more.
            entry.Seen = entry.Seen with { Word = PeerWord.Gone };
            entry.GoneAt ??= now;
        }

        foreach (string name in entries.Where(pair => pair.Value.GoneAt is { } at && !names.Contains(pair.Key) && now - at > 60 * MeshClock.Second).Select(static pair => pair.Key).ToArray())
        {
            entries.Remove(name);
            away.Remove(name);
        }
    }

    /// <summary>It answered a probe.</summary>
    public void Answered(string name)
    {
        if (entries.TryGetValue(name, out Entry? entry)) entry.Answered = true;
    }

    /// <summary>It said in an answer that it is leaving, or that it is back.</summary>
    /// <returns>Whether that was news.</returns>
    public bool SaidLeaving(string name, bool leaving, long now)
    {
        if (!entries.TryGetValue(name, out Entry? entry) || entry.SaidLeaving == leaving) return false;
        entry.SaidLeaving = leaving;
        entry.SaidAt = now;
        if (leaving) away.Add(name);
        else away.Remove(name);
        if (!leaving)
        {
            entry.ListedAt = now;
            entry.Answered = false;
        }

        return true;
    }

    /// <summary>Those that said goodbye in an answer while no source says so, with the time of it: the broker may be away.</summary>
    public IEnumerable<(string Name, long At)> Goodbyes() =>
        away.Select(name => entries.GetValueOrDefault(name)).OfType<Entry>().Where(static entry => entry is { SaidLeaving: true, Seen.Word: PeerWord.Up or PeerWord.Maintenance or PeerWord.Silent }).Select(static entry => (entry.Seen.Name, entry.SaidAt));

    /// <summary>Every peer but the forgotten, sorted by name.</summary>
    /// <param name="now">Monotonic ns.</param>
    public ImmutableArray<Peer> Peers(long now)
    {
        ImmutableArray<Peer>.Builder peers = ImmutableArray.CreateBuilder<Peer>(entries.Count);
        foreach (Entry entry in entries.Values)
        {
            if (StateOf(entry, now) is not { } state) continue;
            if (entry.Told is not { } told || told.State != state || told.ListedAt != entry.ListedAt || !ReferenceEquals(told.Seen, entry.Seen)) entry.Told = told = new Peer(entry.Seen, state, entry.ListedAt);
            peers.Add(told);
        }

        peers.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return peers.ToImmutable();
    }

    /// <summary>When a state changes by time alone: the end of a grace. <see cref="long.MaxValue"/>: never.</summary>
    public long NextChange(long now)
    {
        long next = long.MaxValue;
        foreach (Entry entry in entries.Values)
        {
            long end = entry.ListedAt + JoinGrace;
            if (!entry.Answered && end > now) next = Math.Min(next, end);
        }

        return next;
    }

    private MeshNodeState? StateOf(Entry entry, long now)
    {
        switch (entry.Seen.Word)
        {
            case PeerWord.Gone: return MeshNodeState.Gone;
            case PeerWord.Leaving: return MeshNodeState.Leaving;
            default: break;
        }

        if (entry.SaidLeaving) return MeshNodeState.Leaving;
        if (entry.Seen.Word == PeerWord.Maintenance) return MeshNodeState.Maintenance;
        if (entry.SilentAt is { } since) return now - since > forgetAfter ? null : MeshNodeState.Silent;
        return !entry.Answered && now - entry.ListedAt < JoinGrace ? MeshNodeState.Joining : MeshNodeState.Up;
    }

    private void Take(PeerSeen seen, long now)
    {
        if (!entries.TryGetValue(seen.Name, out Entry? entry))
        {
            entries[seen.Name] = new Entry { Seen = seen, ListedAt = now, SilentAt = seen.Word == PeerWord.Silent ? now : null };
            return;
        }

        bool reborn = seen.Incarnation > entry.Seen.Incarnation && entry.Seen.Incarnation != 0;
        // A source without incarnations (the API) says so when a pod on its way out has a successor at the same address.
        bool back = entry.Seen.Word is PeerWord.Gone ? seen.Word is not PeerWord.Gone : entry.Seen.Word is PeerWord.Leaving && seen.Word is PeerWord.Up or PeerWord.Maintenance;
        if (reborn || back || !seen.SamePlace(entry.Seen))
        {
            // Another process, or another place: what was known of the old one does not count.
            entry.ListedAt = now;
            entry.Answered = false;
            entry.SaidLeaving = false;
            away.Remove(seen.Name);
        }

        entry.SilentAt = seen.Word == PeerWord.Silent ? entry.SilentAt ?? now : null;
        entry.GoneAt = seen.Word == PeerWord.Gone ? entry.GoneAt ?? now : null;
        entry.Seen = seen;
    }

    private void Compare(Entry first, PeerSeen later)
    {
        bool differs = !first.Seen.SamePlace(later) || (later.Zone.Length > 0 && first.Seen.Zone.Length > 0 && first.Seen.Zone != later.Zone);
        if (differs && first.Conflict != later) Conflicts++;
        first.Conflict = differs ? later : null;
        // A zone that the first source does not know is welcome from any.
        if (first.Seen.Zone.Length == 0 && later.Zone.Length > 0) first.Seen = first.Seen with { Zone = later.Zone };
        // So is the name of its pod.
        if (first.Seen.Pod.Length == 0 && later.Pod.Length > 0 && first.Seen.SamePlace(later)) first.Seen = first.Seen with { Pod = later.Pod };
    }

    private sealed class Entry
    {
        public required PeerSeen Seen { get; set; }

        public long ListedAt { get; set; }

        public bool Answered { get; set; }

        public bool SaidLeaving { get; set; }

        public long SaidAt { get; set; }

        public long? GoneAt { get; set; }

        /// <summary>When the broker was first heard to call it silent: its clock and ours are not compared.</summary>
        public long? SilentAt { get; set; }

        public PeerSeen? Conflict { get; set; }

        /// <summary>As it was told last; the same object as long as nothing changes.</summary>
        public Peer? Told { get; set; }
    }
}
