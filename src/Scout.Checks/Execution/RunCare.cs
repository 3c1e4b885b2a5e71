using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>
/// What becomes of a run between its start and its result (plugins.md section 7). Everything here happens on the reactor's thread.
/// </summary>
internal sealed unsafe partial class RunCare(PluginExecutor executor, Reactor reactor, RunTable table, int epoll)
{
    /// <summary>
    /// A plugin that ends within this time is not watched but for its exit: its output fits into the pipe, and reading it once saves two wake-ups.
    /// </summary>
    public const int QuickMilliseconds = 20;

    private const int DrainMilliseconds = 250;
    private const int StageMilliseconds = 1000;
    private const int BusyTries = 3;
    private const int BusyMilliseconds = 50;
    private const int FirstPause = 100;
    private const int LongestPause = 5000;

    private readonly List<PluginRun> polled = [];
    private long pauseUntil;
    private int pause = FirstPause;
    private bool reaped;

    public DeadlineHeap Deadlines { get; } = new();

    public OrphanCare Orphans { get; } = new(executor, reactor.Counters);

    /// <summary>Runs without a result that the reactor knows of.</summary>
    public int Open { get; private set; }

    public bool Polling => polled.Count > 0;

    public bool Stopping { get; private set; }

    private ReactorCounters Counters => reactor.Counters;

    /// <summary>True once after a leader was reaped: the moment to look for others.</summary>
    public bool TakeReaped()
    {
        bool was = reaped;
        reaped = false;
        return was;
    }

    /// <summary>A spawner is done with the run.</summary>
    public void Back(PluginRun run, long now)
    {
        Enter(run);
        if (run.Problem is { } problem)
        {
            NotStarted(run, problem, now);
            return;
        }

        pause = FirstPause;
        run.Phase = RunPhase.Running;
        Orphans.Began(run);
        if (run.CancelRequested || Stopping && executor.Options.ShutdownGrace == TimeSpan.Zero)
        {
            End(run, "cancelled", now);
            return;
        }

        Deadlines.Set(run, run.SpawnStarted + reactor.Milliseconds(QuickMilliseconds));
    }

    /// <summary>There is no descriptor of its process (old kernel, or none left): its end is asked for.</summary>
    public void Poll(PluginRun run)
    {
        if (run.Phase == RunPhase.Done || run.Polled) return;
        run.Polled = true;
        polled.Add(run);
    }

    /// <summary>The executor gave this start up, and now it is back: what came of it is ended.</summary>
    public void Late(PluginRun run, long now)
    {
        Counters.StuckNow--;
        if (run.Problem is null)
        {
            Orphans.Began(run);
            run.Phase = RunPhase.Stuck;
            Counters.StuckNow++;
            Poll(run);
            ClosePipes(run);
            _ = executor.Calls.Kill(-run.Pid, Signals.Kill);
            return;
        }

        executor.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.StuckEnded, $"the start of {run.Request.Words[0]} has come back: {run.Problem.Detail}",
            run.Request.Owner, 0, run.State));
    }

    public void Cancel(PluginRun run, long now)
    {
        switch (run.Phase)
        {
            case RunPhase.Waiting:
                run.Problem = StartProblem.Cancelled;
                Complete(run, PluginResults.NotStarted(run, Elapsed(run.FirstTry, now)));
                break;
            case RunPhase.Running:
                End(run, "cancelled", now);
                break;
            case RunPhase.Terminating or RunPhase.Killing or RunPhase.Draining:
                run.Ending ??= "cancelled";
                break;
        }
    }

    /// <summary>No more starts; what runs may go on until <see cref="EndAll"/>.</summary>
    public void Stop(long now)
    {
        Stopping = true;
        var queued = new List<PluginRun>();
        executor.TakeAll(queued);
        foreach (PluginRun run in queued)
        {
            run.Problem = StartProblem.Cancelled;
            Back(run, now);
        }

        foreach (PluginRun run in Deadlines.All.Where(run => run.Phase == RunPhase.Waiting)) Cancel(run, now);
    }

    /// <summary>The grace of the shutdown is over.</summary>
    public void EndAll(long now)
    {
        foreach (PluginRun run in Orphans.Leaders.Values.Where(run => run.Phase == RunPhase.Running).ToList()) End(run, "cancelled", now);
    }

    /// <summary>The start of a run has not come back by its deadline.</summary>
    public void WriteOff(Spawner spawner, PluginRun run, long now)
    {
        if (Interlocked.CompareExchange(ref run.SpawnState, PluginRun.SpawnWrittenOff, PluginRun.SpawnUnderWay) != PluginRun.SpawnUnderWay) return;
        string place = spawner.Place;
        executor.WriteOff(spawner, run);
        Enter(run);
        Counters.StuckNow++;
        PluginResult result = PluginResults.Stuck(run, Elapsed(run.SpawnStarted, now), "exec",
            $"the start has not come back within {run.Timeout.TotalSeconds:0.###} s; the file system of {place} does not answer");
        Complete(run, result);
        run.Phase = RunPhase.Stuck;
    }

    /// <summary>A moment the run was entered for has come.</summary>
    public void Due(PluginRun run, long now)
    {
        Deadlines.Remove(run);
        switch (run.Phase)
        {
            case RunPhase.Waiting:
                Retry(run, now);
                break;
            case RunPhase.Running when now < Deadline(run):
                reactor.Watch(run);
                Deadlines.Set(run, Deadline(run));
                break;
            case RunPhase.Running:
                End(run, "timeout", now);
                break;
            case RunPhase.Terminating:
                run.Phase = RunPhase.Killing;
                Signal(run, Signals.Kill);
                Orphans.Sweep(run);
                Deadlines.Set(run, now + reactor.Milliseconds(StageMilliseconds));
                break;
            case RunPhase.Killing:
                GiveUp(run, now);
                break;
            case RunPhase.Draining:
                Finish(run, now);
                break;
        }
    }

    /// <summary>The leader is a zombie: its pid and group id are pinned until it is reaped.</summary>
    public void Exited(PluginRun run, long now)
    {
        switch (run.Phase)
        {
            case RunPhase.Stuck:
                Unstick(run);
                return;
            case RunPhase.Draining or RunPhase.Done:
                return;
        }

        run.ExitSeen = now;
        DropProcessWatch(run);
        ReadRest(run);
        if (run.Ending is null && run.Stdout.Total + run.Stderr.Total > Reactor.OutputLimit) run.Ending = "output_limit";
        if (run.Ending is not null || (run.OutFd < 0 && run.ErrFd < 0))
        {
            Finish(run, now);
            return;
        }

        // Somebody else still holds a pipe.
        run.Phase = RunPhase.Draining;
        reactor.Watch(run);
        Deadlines.Set(run, now + reactor.Milliseconds(DrainMilliseconds));
    }

    /// <summary>For runs without a descriptor of their process.</summary>
    public void PollAll(long now)
    {
        for (int index = polled.Count - 1; index >= 0; index--)
        {
            PluginRun run = polled[index];
            if (run.Phase == RunPhase.Done) polled.RemoveAt(index);
            else if (run.Phase != RunPhase.Draining && Linux.PeekZombie(Linux.WaitPid, run.Pid) == run.Pid) Exited(run, now);
        }
    }

    private long Deadline(PluginRun run) => run.SpawnStarted + Duration(run.Timeout);

    private long Duration(TimeSpan time) => (long)(time.TotalMilliseconds * reactor.Milliseconds(1));

    private TimeSpan Elapsed(long from, long now) => from == 0 ? TimeSpan.Zero : executor.Time.GetElapsedTime(from, now);

    private void NotStarted(PluginRun run, StartProblem problem, long now)
    {
        long deadline = run.FirstTry + Duration(run.Timeout);
        if (run.CancelRequested || Stopping) run.Problem = problem = StartProblem.Cancelled;
        if (problem.IsBusy && ++run.Tries < BusyTries)
        {
            WaitUntil(run, now + reactor.Milliseconds(BusyMilliseconds));
            return;
        }

        if (problem.IsShortage && now < deadline)
        {
            // Error 0: it was not tried, for others have met the shortage already.
            if (problem.Error != 0 && now >= pauseUntil)
            {
                pauseUntil = now + reactor.Milliseconds(pause);
                executor.Pause(pauseUntil, Errno.Name(problem.Error));
                Counters.ResourcePauses++;
                if (pause == FirstPause)
                {
                    executor.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.ResourcesShort,
                        $"starting plugins pauses: {problem.Detail}; raise the limits of the service or ask less of this node", run.Request.Owner));
                }

                pause = Math.Min(pause * 2, LongestPause);
            }

            WaitUntil(run, Math.Min(pauseUntil, deadline));
            return;
        }

        Complete(run, PluginResults.NotStarted(run, Elapsed(run.FirstTry, now)));
    }

    private void WaitUntil(PluginRun run, long due)
    {
        run.Phase = RunPhase.Waiting;
        Deadlines.Set(run, due);
    }

    private void Retry(PluginRun run, long now)
    {
        if (run.Problem is { IsShortage: true } && now >= run.FirstTry + Duration(run.Timeout))
        {
            Complete(run, PluginResults.NotStarted(run, Elapsed(run.FirstTry, now)));
            return;
        }

        run.Phase = RunPhase.Starting;
        executor.Enqueue(run);
    }

    private void Enter(PluginRun run)
    {
        if (run.Entered) return;
        run.Entered = true;
        Open++;
    }
}
