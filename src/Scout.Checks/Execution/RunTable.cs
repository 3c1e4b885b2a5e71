namespace Scout.Checks.Execution;

/// <summary>Slots for runs, so that an event can name its run by a number; a generation tells a new run from an old one in the same slot.</summary>
internal sealed class RunTable
{
    private readonly Lock gate = new();
    private readonly Stack<int> free = new();
    private PluginRun?[] runs = new PluginRun?[64];
    private int used;
    private uint generation;

    /// <summary>Called by spawners.</summary>
    public int Enter(PluginRun run)
    {
        lock (gate)
        {
            if (!free.TryPop(out int slot))
            {
                slot = used++;
                if (slot == runs.Length) Array.Resize(ref runs, slot * 2);
            }

            run.Generation = ++generation;
            runs[slot] = run;
            return slot;
        }
    }

    public PluginRun? Find(int slot, uint expected)
    {
        lock (gate)
        {
            return slot < used && runs[slot] is { } run && run.Generation == expected ? run : null;
        }
    }

    public void Leave(PluginRun run)
    {
        if (run.Slot < 0) return;
        lock (gate)
        {
            runs[run.Slot] = null;
            free.Push(run.Slot);
        }

        run.Slot = -1;
    }
}
