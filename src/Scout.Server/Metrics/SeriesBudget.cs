namespace Scout.Server.Metrics;

/// <summary>Bounds the series that come from plugins (server.md section 8): later ones are left out, and counted once per rendering.</summary>
internal sealed class SeriesBudget(int perCheck, int perNode)
{
    /// <summary>Values of one metric watcher.</summary>
    public const int MetricWatcherLimit = 100;

    private int left = perNode;

    /// <summary>Machines or watchers that had more than they may.</summary>
    public long MachineReached { get; private set; }

    /// <summary>Series beyond the bound of the node.</summary>
    public long NodeReached { get; private set; }

    /// <summary>Series whose name was taken after escaping.</summary>
    public long NameReached { get; private set; }

    public void SameName() => NameReached++;

    public void MachineFull() => MachineReached++;

    public bool Take()
    {
        if (left > 0)
        {
            left--;
            return true;
        }

        NodeReached++;
        return false;
    }

    /// <summary>How many numbers of its performance data each machine may show: its first ones, machines by name.</summary>
    public int[] Divide(IReadOnlyList<MachineSample> machines)
    {
        int[] allowed = new int[machines.Count];
        for (int i = 0; i < allowed.Length; i++)
        {
            int wanted = machines[i].View.Record.Check?.LastResult?.PerfData.Count ?? 0;
            if (wanted > perCheck)
            {
                MachineReached++;
                wanted = perCheck;
            }

            allowed[i] = Math.Min(wanted, left);
            NodeReached += wanted - allowed[i];
            left -= allowed[i];
        }

        return allowed;
    }
}
