using Scout.Machines;

namespace Scout.Server.Metrics;

/// <summary>What is counted of one machine since the process began. Written on the loop; whoever renders may read a moment old.</summary>
internal sealed class MachineCounters
{
    private long ok;
    private long warning;
    private long critical;
    private long unknown;
    private RunCount[] runs = [];

    public long Transitions;

    public long Refused;

    public long PerfDataErrors;

    /// <summary>Watcher and outcome with their count; a new array when one is added, so that a reader never sees half of it.</summary>
    public IReadOnlyList<RunCount> Runs => Volatile.Read(ref runs);

    public long Results(CheckStatus status) => status switch
    {
        CheckStatus.Ok => ok,
        CheckStatus.Warning => warning,
        CheckStatus.Critical => critical,
        _ => unknown,
    };

    public void CountResult(CheckStatus status)
    {
        switch (status)
        {
            case CheckStatus.Ok: ok++; break;
            case CheckStatus.Warning: warning++; break;
            case CheckStatus.Critical: critical++; break;
            default: unknown++; break;
        }
    }

    public void CountRun(string watcher, string outcome)
    {
        foreach (RunCount run in runs)
        {
            if (run.Watcher != watcher || run.Outcome != outcome) continue;
            run.Count++;
            return;
        }

        RunCount[] more = [.. runs, new RunCount(watcher, outcome) { Count = 1 }];
        Array.Sort(more, static (one, other) =>
            string.CompareOrdinal(one.Watcher, other.Watcher) is not 0 and int order ? order : string.CompareOrdinal(one.Outcome, other.Outcome));
        Volatile.Write(ref runs, more);
    }

    /// <summary>Runs of a watcher that ended in one way.</summary>
    internal sealed class RunCount(string watcher, string outcome)
    {
        public string Watcher => watcher;

        public string Outcome => outcome;

        public long Count { get; set; }
    }
}
