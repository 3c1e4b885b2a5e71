using System.Collections.Concurrent;
using System.Diagnostics;

namespace Scout.Broker.Supervision;

/// <summary>
/// The one thread that starts servers. It lives as long as the supervisor, because the parent-death signal fires when the <em>thread</em> that started a process
/// ends, not the process (prctl(2)): a pool thread would take nats-server with it when the pool shrinks.
/// </summary>
internal sealed class LauncherThread : IDisposable
{
    private readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Done)> work = new(4);

    public LauncherThread()
    {
        var thread = new Thread(Loop) { IsBackground = true, Name = "nats launcher" };
        thread.Start();
    }

    public Task<Process> StartAsync(ProcessStartInfo start)
    {
        var done = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add((start, done));
        return done.Task;
    }

    /// <summary>Ends the thread, and with it, by the parent-death signal, a server that still runs.</summary>
    public void Dispose() => work.CompleteAdding();

    private void Loop()
    {
        foreach ((ProcessStartInfo start, TaskCompletionSource<Process> done) in work.GetConsumingEnumerable())
        {
            try
            {
                done.SetResult(Process.Start(start) ?? throw new InvalidOperationException("the launcher did not start"));
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        }

        work.Dispose();
    }
}
