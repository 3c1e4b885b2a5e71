using System.Globalization;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>The last steps of a run: reading, signalling, reaping, answering.</summary>
internal sealed unsafe partial class RunCare
{
    private const int ReadATurn = 64 * 1024;

    private readonly byte[] scratch = GC.AllocateUninitializedArray<byte>(ReadATurn, pinned: true);

    /// <summary>A pipe has something, or its end.</summary>
    public void Readable(PluginRun run, bool isOut, long now)
    {
        Read(run, isOut, ReadATurn);
        switch (run.Phase)
        {
            case RunPhase.Draining when run.OutFd < 0 && run.ErrFd < 0:
                Finish(run, now);
                break;
            case RunPhase.Running when run.Stdout.Total + run.Stderr.Total > Reactor.OutputLimit:
                End(run, "output_limit", now);
                // Its next write blocks, which costs less than reading what nobody keeps.
                Unwatch(run);
                break;
        }
    }

    /// <summary>TERM to the group, then CONT, so that a stopped process hears it; KILL a second later.</summary>
    private void End(PluginRun run, string reason, long now)
    {
        run.Ending = reason;
        run.Phase = RunPhase.Terminating;
        Signal(run, Signals.Term);
        Signal(run, Signals.Continue);
        if (reason != "output_limit") reactor.Watch(run);
        Deadlines.Set(run, now + reactor.Milliseconds(StageMilliseconds));
    }

    private void Signal(PluginRun run, int signal)
    {
        if (executor.Calls.Kill(-run.Pid, signal) == Errno.EPERM) run.SignalRefused = true;
    }

    /// <summary>Everything the leader wrote is in the pipes by now; somebody else may go on writing, which must not keep us.</summary>
    private void ReadRest(PluginRun run)
    {
        ReadRest(run, isOut: true);
        ReadRest(run, isOut: false);
    }

    private void ReadRest(PluginRun run, bool isOut)
    {
        if ((isOut ? run.OutFd : run.ErrFd) < 0 || !Read(run, isOut, ReadATurn)) return;
        // Usually the second read meets the end. If not, what is in the pipe now includes all of the leader's.
        int fd = isOut ? run.OutFd : run.ErrFd;
        int left = 0;
        if (fd >= 0 && !Read(run, isOut, ReadATurn)) return;
        fd = isOut ? run.OutFd : run.ErrFd;
        if (fd < 0 || Libc.ioctl(fd, Linux.IoctlBytesReadable, &left) != 0) return;
        while (left > 0)
        {
            long before = run.Stdout.Total + run.Stderr.Total;
            if (!Read(run, isOut, Math.Min(left, ReadATurn))) return;
            left -= (int)(run.Stdout.Total + run.Stderr.Total - before);
        }
    }

    /// <summary>One read; false when nothing (more) is there.</summary>
    private bool Read(PluginRun run, bool isOut, int atMost)
    {
        int fd = isOut ? run.OutFd : run.ErrFd;
        if (fd < 0) return false;
        nint got;
        fixed (byte* buffer = scratch)
        {
            do got = Libc.read(fd, buffer, atMost);
            while (got < 0 && Libc.Errno == Errno.EINTR);
        }

        if (got > 0)
        {
            if (isOut) run.Stdout.Append(scratch.AsSpan(0, (int)got));
            else run.Stderr.Append(scratch.AsSpan(0, (int)got));
            return true;
        }

        if (got < 0 && Libc.Errno == Errno.EAGAIN) return false;
        ClosePipe(run, isOut);
        return false;
    }

    private void ClosePipe(PluginRun run, bool isOut)
    {
        int fd = isOut ? run.OutFd : run.ErrFd;
        if (fd < 0) return;
        if (run.Watched) _ = Linux.EpollControl(epoll, Linux.EpollDelete, fd, 0, 0);
        _ = Libc.close(fd);
        if (isOut) run.OutFd = -1;
        else run.ErrFd = -1;
    }

    private void ClosePipes(PluginRun run)
    {
        ClosePipe(run, isOut: true);
        ClosePipe(run, isOut: false);
    }

    private void Unwatch(PluginRun run)
    {
        if (!run.Watched) return;
        run.Watched = false;
        if (run.OutFd >= 0) _ = Linux.EpollControl(epoll, Linux.EpollDelete, run.OutFd, 0, 0);
        if (run.ErrFd >= 0) _ = Linux.EpollControl(epoll, Linux.EpollDelete, run.ErrFd, 0, 0);
    }

    private static void DropProcessWatch(PluginRun run)
    {
        if (run.PidFd < 0) return;
        _ = Libc.close(run.PidFd);
        run.PidFd = -1;
    }

    /// <summary>Ends what is left of the group, reaps the leader, answers. After the reaping no signal is sent: the number may be somebody else's.</summary>
    private void Finish(PluginRun run, long now)
    {
        bool hard = run.Ending is not null;
        if (hard || !run.Request.KeepLeftovers) _ = executor.Calls.Kill(-run.Pid, Signals.Kill);
        int error = executor.Calls.Wait(run.Pid, out WaitStatus status);
        if (error == -1)
        {
            // The descriptor said it ended and wait says not yet: ask again in a moment.
            run.Phase = RunPhase.Draining;
            Deadlines.Set(run, now + reactor.Milliseconds(5));
            return;
        }

        reaped = true;
        ClosePipes(run);
        TimeSpan duration = Elapsed(run.SpawnStarted, run.ExitSeen == 0 ? now : run.ExitSeen);
        if (error != 0)
        {
            Orphans.Over(run, hard);
            executor.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.StatusLost,
                $"the exit status of {run.Request.Words[0]} (pid {run.Pid}) was taken by somebody else ({Errno.Name(error)})", run.Request.Owner, run.Pid));
            Complete(run, PluginResults.Lost(run, duration, error));
            return;
        }

        bool leftovers = executor.Calls.Kill(-run.Pid, 0) == 0;
        Orphans.Over(run, hard);
        Complete(run, PluginResults.Ended(run, duration, status, leftovers, Orphans.OwnPeak));
    }

    /// <summary>It outlived KILL: it keeps its machine, not its slot.</summary>
    private void GiveUp(PluginRun run, long now)
    {
        string letter = StateLetter(run.Pid);
        string detail = string.Create(CultureInfo.InvariantCulture,
            $"pid {run.Pid} is still there in state {letter} after KILL{(run.SignalRefused ? "; it may not be signalled (EPERM)" : "")}; nothing is started until it is gone");
        Counters.StuckNow++;
        ReadRest(run);
        ClosePipes(run);
        Complete(run, PluginResults.Stuck(run, Elapsed(run.SpawnStarted, now), letter, detail));
        run.Phase = RunPhase.Stuck;
    }

    /// <summary>A stuck process has ended after all.</summary>
    private void Unstick(PluginRun run)
    {
        DropProcessWatch(run);
        if (executor.Calls.Wait(run.Pid, out _) == -1)
        {
            Poll(run);
            return;
        }

        reaped = true;
        run.Phase = RunPhase.Done;
        table.Leave(run);
        Counters.StuckNow--;
        Orphans.Over(run, hard: true);
        executor.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.StuckEnded, $"the stuck process {run.Pid} of {run.Request.Words[0]} is gone",
            run.Request.Owner, run.Pid, run.State));
    }

    private void Complete(PluginRun run, PluginResult result)
    {
        Deadlines.Remove(run);
        bool stuck = result.Reason == "stuck" && run.Pid != 0;
        if (!stuck)
        {
            run.Phase = RunPhase.Done;
            table.Leave(run);
        }

        run.Stdout.Release();
        run.Stderr.Release();
        Open--;
        Counters.Count(result);
        try
        {
            run.Complete(result);
        }
        catch (Exception exception)
        {
            Counters.CallbackFailures++;
            executor.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.CallbackFailed, $"taking a result failed: {exception}", run.Request.Owner));
        }
    }

    private static string StateLetter(int pid)
    {
        ProcessFacts? facts = ProcessFacts.Read(pid);
        return facts is null ? "?" : facts.Value.State.ToString();
    }
}
