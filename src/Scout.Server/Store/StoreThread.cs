using Microsoft.Extensions.Logging;

namespace Scout.Server.Store;

/// <summary>Runs the rounds of the writer on a thread of its own: a slow disk holds up nobody else.</summary>
internal sealed class StoreThread : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly StorePump pump;
    private readonly ILogger log;
    private readonly AutoResetEvent wake = new(initialState: true);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer timer;
    private int armed;
    private volatile bool stopping;

    public StoreThread(StorePump pump, StoreQueue queue, TimeProvider time, ILogger log)
    {
        this.pump = pump;
        this.log = log;
        timer = time.CreateTimer(static state => ((StoreThread)state!).Elapsed(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        queue.Signal = Signal;
        new Thread(Run, 256 << 10) { IsBackground = true, Name = "store" }.Start();
    }

    public Task StopAsync()
    {
        stopping = true;
        wake.Set();
        return ended.Task;
    }

    /// <summary>After <see cref="StopAsync"/> has completed.</summary>
    public void Dispose()
    {
        timer.Dispose();
        wake.Dispose();
    }

    private void Signal(bool urgent)
    {
        if (stopping) return;
        if (urgent) wake.Set();
        else Arm();
    }

    private void Arm()
    {
        if (Interlocked.Exchange(ref armed, 1) == 0) timer.Change(Patience, Timeout.InfiniteTimeSpan);
    }

    private void Elapsed()
    {
        Interlocked.Exchange(ref armed, 0);
        if (!stopping) wake.Set();
    }

    private void Run()
    {
        while (!stopping)
        {
            wake.WaitOne();
            if (stopping) break;
            try
            {
                pump.Round();
            }
            catch (Exception error)
            {
                StoreLog.Broken(log, error.ToString());
            }

            if (pump.DegradedReason is not null) Arm();
        }

        try
        {
            pump.Close();
        }
        catch (Exception error)
        {
            StoreLog.Broken(log, error.ToString());
        }

        ended.TrySetResult();
    }
}
