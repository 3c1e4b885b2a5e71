using System.Runtime.InteropServices;

namespace Scout.Server.Mesh.Responding;

/// <summary>Who sent how much: one writer, any reader. Senders not heard for ten minutes make room when it is full.</summary>
/// <param name="own">Not a sender; 0: everybody is one.</param>
/// <param name="capacity">Senders that are kept.</param>
internal sealed class SenderTable(ulong own = 0, int capacity = 4096)
{
    private const long Idle = 600_000_000_000;

    private readonly Lock gate = new();
    private readonly Dictionary<ulong, SenderCount> table = new(capacity);

    /// <summary>Packets of senders there was no room for.</summary>
    public long Dropped { get; private set; }

    public void Count(ulong sender, long now)
    {
        if (sender == own && own != 0) return;
        lock (gate)
        {
            if (table.Count >= capacity && !table.ContainsKey(sender))
            {
                Sweep(now);
                if (table.Count >= capacity)
                {
                    Dropped++;
                    return;
                }
            }

            ref SenderCount entry = ref CollectionsMarshal.GetValueRefOrAddDefault(table, sender, out _);
            entry = new SenderCount(sender, entry.Packets + 1, now);
        }
    }

    /// <summary>Adds all senders to a list.</summary>
    public void CopyTo(List<SenderCount> list)
    {
        lock (gate) list.AddRange(table.Values);
    }

    /// <summary>How many different senders were heard since <paramref name="since"/> (monotonic ns).</summary>
    public int HeardSince(long since)
    {
        int count = 0;
        lock (gate)
        {
            foreach (SenderCount sender in table.Values)
            {
                if (sender.LastHeard >= since) count++;
            }
        }

        return count;
    }

    private void Sweep(long now)
    {
        foreach ((ulong sender, SenderCount entry) in table)
        {
            if (now - entry.LastHeard > Idle) table.Remove(sender);
        }
    }
}

/// <param name="Sender">Id as in its packets; not proved.</param>
/// <param name="Packets">Since the start of this process, all kinds.</param>
/// <param name="LastHeard">Monotonic ns.</param>
internal readonly record struct SenderCount(ulong Sender, long Packets, long LastHeard);
