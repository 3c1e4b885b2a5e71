using Scout.Machines.Runs;
using Scout.Server.Metrics;

namespace Scout.Server.Runs;

/// <summary>What runs cost and how they failed. Written on the loop, read by whoever renders.</summary>
internal sealed class RunCounters
{
    private long cpuTicks;

    /// <summary>Due to start, seconds.</summary>
    public Histogram Lateness { get; } = new();

    /// <summary>By reason of plugins.md section 3.</summary>
    public LabelledCounter Problems { get; } =
        new("bad_exit", "signal", "timeout", "stuck", "output_limit", "spawn", "refused", "bad_command", "lost", "cancelled", "other");

    /// <summary>Looks of the node itself, by reason of mesh.md section 1.</summary>
    public LabelledCounter Probes { get; } = new([.. Checks.Probes.ProbeReasons.All]);

    /// <summary>Ticks that made no check.</summary>
    public LabelledCounter TicksSkipped { get; } = new("running", "waiting", "asleep", "stuck");

    /// <summary>User and system time of plugins.</summary>
    public TimeSpan Cpu => TimeSpan.FromTicks(Interlocked.Read(ref cpuTicks));

    /// <summary>Runs that had to wait for a slot.</summary>
    public long SlotsReached { get; private set; }

    public long OutputTruncated { get; private set; }

    public long OutputKilled { get; private set; }

    public long StderrTruncated { get; private set; }

    public long PerfDataCut { get; private set; }

    public void Started(TimeSpan late) => Lateness.Observe(late > TimeSpan.Zero ? late : TimeSpan.Zero);

    public void SlotWaited() => SlotsReached++;

    public void SkippedStuck() => TicksSkipped.Add("stuck");

    public void Ended(RunRequest request, RunEnded ended)
    {
        string reason = ended.Outcome.Reason;
        if (request.Kind == RunKind.Probe && reason != "cancelled") Probes.Add(reason);
        else if (reason is not ("exit" or "builtin") && request.Kind != RunKind.File) Problems.Add(reason);
        if (ended.Truncated) OutputTruncated++;
        if (ended.StderrTruncated) StderrTruncated++;
        if (ended.PerfDataCut) PerfDataCut++;
        if (reason == "output_limit") OutputKilled++;
        if (ended.CpuTime > TimeSpan.Zero) Interlocked.Add(ref cpuTicks, ended.CpuTime.Ticks);
    }
}
