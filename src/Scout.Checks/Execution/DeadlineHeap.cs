namespace Scout.Checks.Execution;

/// <summary>Open runs by their next moment, earliest first; a run knows its place, so that it can leave. Belongs to the reactor.</summary>
internal sealed class DeadlineHeap
{
    private PluginRun[] items = new PluginRun[64];

    public int Count { get; private set; }

    public long Next => Count == 0 ? long.MaxValue : items[0].Due;

    public PluginRun First => items[0];

    /// <summary>All that wait, in no order; a copy.</summary>
    public PluginRun[] All => items.AsSpan(0, Count).ToArray();

    /// <summary>Enters a run, or moves it if it is there.</summary>
    public void Set(PluginRun run, long due)
    {
        run.Due = due;
        if (run.HeapIndex < 0)
        {
            if (Count == items.Length) Array.Resize(ref items, Count * 2);
            run.HeapIndex = Count;
            items[Count++] = run;
        }

        if (!Up(run.HeapIndex)) Down(run.HeapIndex);
    }

    public void Remove(PluginRun run)
    {
        int index = run.HeapIndex;
        if (index < 0) return;
        run.HeapIndex = -1;
        PluginRun last = items[--Count];
        items[Count] = null!;
        if (last == run) return;
        items[index] = last;
        last.HeapIndex = index;
        if (!Up(index)) Down(index);
    }

    private bool Up(int index)
    {
        bool moved = false;
        while (index > 0)
        {
            int parent = (index - 1) / 2;
            if (items[parent].Due <= items[index].Due) break;
            Swap(parent, index);
            index = parent;
            moved = true;
        }

        return moved;
    }

    private void Down(int index)
    {
        while (true)
        {
            int child = (2 * index) + 1;
            if (child >= Count) return;
            if (child + 1 < Count && items[child + 1].Due < items[child].Due) child++;
            if (items[index].Due <= items[child].Due) return;
            Swap(index, child);
            index = child;
        }
    }

    private void Swap(int a, int b)
    {
        (items[a], items[b]) = (items[b], items[a]);
        items[a].HeapIndex = a;
        items[b].HeapIndex = b;
    }
}
