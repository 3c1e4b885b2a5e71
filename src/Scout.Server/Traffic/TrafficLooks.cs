using Scout.Checks;
using Scout.Checks.Output;
using Scout.Checks.Probes;
using Scout.Traffic;
using Scout.Traffic.Checks;

namespace Scout.Server.Traffic;

/// <summary>
/// The <c>traffic</c> checks of a node. Each has its history, which takes in every collection; checks that mean the same share one. What nobody has asked for an hour is forgotten.
/// </summary>
internal sealed class TrafficLooks(NodeTraffic traffic, TimeProvider time)
{
    private static readonly TimeSpan Forget = TimeSpan.FromHours(1);

    /// <summary>How long a forced check waits for a collection of its own.</summary>
    private static readonly TimeSpan ForcedWait = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private readonly Dictionary<TrafficCheckOptions, Kept> histories = [];

    public async ValueTask<ProbeResult> LookAsync(object options, ProbeContext context, bool forced, CancellationToken cancel)
    {
        DateTimeOffset began = time.GetUtcNow();
        long start = time.GetTimestamp();
        if (forced) await traffic.CollectNowAsync(ForcedWait, cancel);
        TrafficCheckOptions asked = (TrafficCheckOptions)options with { CollectionInterval = traffic.Interval };
        TrafficVerdict verdict;
        lock (gate)
        {
            if (!histories.TryGetValue(asked, out Kept? kept)) histories[asked] = kept = new Kept(new TrafficHistory(asked));
            kept.AskedAt = start;
            kept.History.Add(traffic.Current);
            verdict = TrafficJudge.Judge(asked, kept.History, traffic.Now);
        }

        return new ProbeResult
        {
            Status = (CheckStatus)(int)verdict.Status,
            Reason = verdict.Status switch { TrafficStatus.Ok => ProbeReason.Ok, TrafficStatus.Unknown => ProbeReason.Local, _ => ProbeReason.Loss },
            Summary = verdict.Text,
            PerfData = PerfDataParser.Parse(verdict.PerfData, truncated: false, out _),
            StartedAt = began,
            Duration = time.GetElapsedTime(start),
        };
    }

    /// <summary>After each collection.</summary>
    public void Add(TrafficSnapshot snapshot)
    {
        lock (gate)
        {
            foreach (TrafficCheckOptions old in histories.Where(entry => time.GetElapsedTime(entry.Value.AskedAt) > Forget).Select(entry => entry.Key).ToList()) histories.Remove(old);
            foreach (Kept kept in histories.Values) kept.History.Add(snapshot);
        }
    }

    private sealed class Kept(TrafficHistory history)
    {
        public TrafficHistory History { get; } = history;

        public long AskedAt { get; set; }
    }
}
