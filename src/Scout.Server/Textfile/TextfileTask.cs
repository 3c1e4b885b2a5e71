using Microsoft.Extensions.Logging;
using Scout.Server.Logging;
using Scout.Server.Metrics;

namespace Scout.Server.Textfile;

/// <summary>
/// When the textfile is written: the state changed, at most each interval, at least once a minute (server.md section 7). <see cref="Beat"/> is called by
/// the loop; rendering and writing happen on a pool thread, one at a time.
/// </summary>
internal sealed class TextfileTask(TextfileWriter writer, TimeSpan interval, Func<NodeSample> sample, MetricsRenderer renderer, NodeCounters counters, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan AtLeast = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly Lock writing = new();
    private bool ended;
    private bool dirty = true;
    private bool busy;
    private long? written;
    private long? complained;

    /// <summary>No write is under way.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (gate) return !busy;
        }
    }

    /// <summary>What is shown may have changed. On the loop.</summary>
    public void Changed() => dirty = true;

    /// <summary>Writes when it is time. On the loop.</summary>
    public void Beat()
    {
        if (written is { } last)
        {
            TimeSpan since = time.GetElapsedTime(last);
            if (since < interval || (!dirty && since < AtLeast)) return;
        }

        lock (gate)
        {
            if (busy) return;
            busy = true;
        }

        dirty = false;
        written = time.GetTimestamp();
        NodeSample now = sample();
        ThreadPool.UnsafeQueueUserWorkItem(
            static work =>
            {
                lock (work.Task.writing)
                {
                    if (!work.Task.ended) work.Task.Write(work.Sample);
                }

                lock (work.Task.gate) work.Task.busy = false;
            },
            (Task: this, Sample: now),
            preferLocal: false);
    }

    /// <summary>The last one, of a clean stop: not up, and no machine. Waits for a write under way, and no other comes after it.</summary>
    public void WriteLast(NodeSample last)
    {
        lock (writing)
        {
            ended = true;
            Write(last with { Up = false, Machines = [] });
        }
    }

    private void Write(NodeSample now)
    {
        string? problem = writer.Write(renderer.Textfile(now));
        if (problem is null)
        {
            if (complained is not null) LogMessages.TextfileWritten(log, writer.Path);
            complained = null;
            return;
        }

        counters.CountTextfileError();
        if (complained is { } said && time.GetElapsedTime(said) < Silence) return;
        complained = time.GetTimestamp();
        LogMessages.TextfileFailed(log, problem);
    }
}
