namespace Scout.Kubernetes;

/// <summary>What became of an event.</summary>
internal enum Applied
{
    Nothing,
    Changed,

    /// <summary>The table is full.</summary>
    Refused,

    /// <summary>It contradicts what is known: only a list tells.</summary>
    Contradiction,
}

/// <summary>The objects of a mirror, and what of a list or an event is news (kubernetes.md 1.4, last rows). One writer; <see cref="Objects"/> may be read from any thread.</summary>
internal sealed class MirrorTable<T>(Action<MirrorChange<T>> changed, int bound) where T : KubernetesObject
{
    private ImmutableDictionary<ObjectKey, T> objects = ImmutableDictionary<ObjectKey, T>.Empty;

    public ImmutableDictionary<ObjectKey, T> Objects => Volatile.Read(ref objects);

    /// <summary>Makes the table what the list says. Returns changes and new keys that were refused. Changes are told once the whole table is new.</summary>
    public (int Changes, int Refused) Replace(IReadOnlyList<T> items, IReadOnlyList<ObjectKey> unknown)
    {
        ImmutableDictionary<ObjectKey, T> before = Objects;
        ImmutableDictionary<ObjectKey, T>.Builder after = ImmutableDictionary.CreateBuilder<ObjectKey, T>();
        var keep = new HashSet<ObjectKey>(unknown);
        bool keepAll = unknown.Any(key => key.Name.Length == 0);
        var told = new List<MirrorChange<T>>();
        var seen = new HashSet<ObjectKey>(items.Count);
        foreach (T item in items) seen.Add(item.Key);
        foreach ((ObjectKey key, T old) in before)
        {
            if (seen.Contains(key)) continue;
            if (keepAll || keep.Contains(key)) after[key] = old;
            else told.Add(new(MirrorChangeType.Deleted, old, null));
        }

        int refused = 0;
        foreach (T item in items)
        {
            if (!before.TryGetValue(item.Key, out T? old))
            {
                if (after.Count >= bound && !after.ContainsKey(item.Key))
                {
                    refused++;
                    continue;
                }

                told.Add(new(MirrorChangeType.Added, null, item));
            }
            else if (old.Uid != item.Uid)
            {
                told.Add(new(MirrorChangeType.Deleted, old, null));
                told.Add(new(MirrorChangeType.Added, null, item));
            }
            else if (old.ResourceVersion != item.ResourceVersion)
            {
                told.Add(new(MirrorChangeType.Modified, old, item));
            }
            else
            {
                after[item.Key] = old;
                continue;
            }

            after[item.Key] = item;
        }

        Volatile.Write(ref objects, after.ToImmutable());
        foreach (MirrorChange<T> change in told) changed(change);
        return (told.Count, refused);
    }

    public Applied Apply(WatchEventType type, T item)
    {
        ImmutableDictionary<ObjectKey, T> before = Objects;
        before.TryGetValue(item.Key, out T? old);
        if (type == WatchEventType.Deleted)
        {
            if (old is null) return Applied.Nothing;
            if (old.Uid != item.Uid) return Applied.Contradiction;
            Volatile.Write(ref objects, before.Remove(item.Key));
            changed(new(MirrorChangeType.Deleted, old, null));
            return Applied.Changed;
        }

        if (old is null)
        {
            if (before.Count >= bound) return Applied.Refused;
            Volatile.Write(ref objects, before.Add(item.Key, item));
            changed(new(MirrorChangeType.Added, null, item));
            return Applied.Changed;
        }

        if (old.Uid == item.Uid && old.ResourceVersion == item.ResourceVersion) return Applied.Nothing;
        Volatile.Write(ref objects, before.SetItem(item.Key, item));
        if (old.Uid == item.Uid)
        {
            changed(new(MirrorChangeType.Modified, old, item));
        }
        else
        {
            changed(new(MirrorChangeType.Deleted, old, null));
            changed(new(MirrorChangeType.Added, null, item));
        }

        return Applied.Changed;
    }
}
