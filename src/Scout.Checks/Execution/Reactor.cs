using System.Runtime.InteropServices;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>The one thread that owns the table of runs: waits for pipes, exits and deadlines. What happens to a run is in <see cref="RunCare"/>.</summary>
internal sealed unsafe class Reactor
{
    /// <summary>stdout and stderr together; beyond, the run is ended.</summary>
    public const long OutputLimit = 1024 * 1024;

    private const int EventsATurn = 64;

    /// <summary>While there is work the reactor sleeps no longer than this, so that spawners need not wake it for every run: the shortest timeout is twice as long.</summary>
    private const int BusyMilliseconds = 50;

    /// <summary>A run that waited so long behind others gets a spawner of its own.</summary>
    private const int HelpMilliseconds = 5;

    private const int TagWake = 0;
    private const int TagProcess = 1;
    private const int TagOut = 2;
    private const int TagErr = 3;

    private readonly PluginExecutor executor;
    private readonly TimeProvider time;
    private readonly ReactorInbox inbox = new();
    private readonly RunTable table = new();
    private readonly RunCare care;
    private readonly List<PluginRun> without = [];
    private readonly List<(Spawner Spawner, PluginRun Run)> overdue = [];
    private readonly int epoll;
    private readonly int wake;
    private readonly long ticksPerMillisecond;
    private readonly byte* events;
    private readonly Lock wakeGate = new();
    private bool closed;
    private long sleepUntil;
    private long lastActivity;
    private long nextTick;
    private long stopAt = long.MaxValue;
    private bool endAll;

    public Reactor(PluginExecutor executor)
    {
        this.executor = executor;
        time = executor.Time;
        ticksPerMillisecond = Math.Max(1, time.TimestampFrequency / 1000);
        epoll = Libc.epoll_create1(Linux.OpenCloseOnExec);
        wake = Libc.eventfd(0, Linux.OpenCloseOnExec | Linux.OpenNonBlock);
        if (epoll < 0 || wake < 0) throw new InvalidOperationException($"cannot watch plugins: {Errno.Name(Libc.Errno)}; raise the limit of open files");
        _ = Linux.EpollControl(epoll, Linux.EpollAdd, wake, Linux.EpollIn, TagWake);
        events = (byte*)NativeMemory.Alloc((nuint)(EventsATurn * Linux.EpollEventSize));
        care = new RunCare(executor, this, table, epoll);
    }

    public ReactorCounters Counters { get; } = new();

    public void Run() => new Thread(Loop, 512 * 1024) { IsBackground = true, Name = "scout-reactor" }.Start();

    /// <summary>A spawner hands over a run. The reactor is woken only if it would sleep past the moment the run needs it.</summary>
    public void PostBack(PluginRun run)
    {
        bool running = run.Problem is null;
        if (running) run.Slot = table.Enter(run);
        if (!inbox.Post(InboxKind.Back, run)) return;
        Interlocked.MemoryBarrier();
        long until = Volatile.Read(ref sleepUntil);
        if (until != 0 && (!running || run.SpawnStarted + Milliseconds(BusyMilliseconds) < until)) Wake();
    }

    /// <summary>Waits for the exit of a run from now on; by its spawner after <see cref="PostBack"/>, so that the reactor knows the run before it ends.</summary>
    public void Arm(PluginRun run)
    {
        if (Interlocked.Exchange(ref run.Armed, 1) != 0) return;
        int handle = run.PidFd;
        // Once: what a child between fork and exec still holds a copy of says nothing any more.
        bool watched = handle >= 0 && Linux.EpollControl(epoll, Linux.EpollAdd, handle, Linux.EpollIn | Linux.EpollOnce, Tag(run, TagProcess)) == 0;
        if (!watched) Post(InboxKind.Poll, run);
    }

    /// <summary>A run waits behind others: the reactor must be awake soon, to see that it does not wait long.</summary>
    public void Hurry()
    {
        Interlocked.MemoryBarrier();
        long until = Volatile.Read(ref sleepUntil);
        if (until != 0 && time.GetTimestamp() + Milliseconds(RunCare.QuickMilliseconds) < until) Wake();
    }

    public bool Post(InboxKind kind, PluginRun run)
    {
        if (!inbox.Post(kind, run)) return false;
        Wake();
        return true;
    }

    public void PostStop()
    {
        if (inbox.Post(InboxKind.Stop, null)) Wake();
    }

    public long Milliseconds(long count) => count * ticksPerMillisecond;

    public void Watch(PluginRun run)
    {
        Arm(run);
        if (run.Watched) return;
        run.Watched = true;
        if (run.OutFd >= 0) _ = Linux.EpollControl(epoll, Linux.EpollAdd, run.OutFd, Linux.EpollIn, Tag(run, TagOut));
        if (run.ErrFd >= 0) _ = Linux.EpollControl(epoll, Linux.EpollAdd, run.ErrFd, Linux.EpollIn, Tag(run, TagErr));
    }

    private static ulong Tag(PluginRun run, int kind) => ((ulong)run.Generation << 32) | ((ulong)(uint)run.Slot << 2) | (uint)kind;

    private void Wake()
    {
        long one = 1;
        lock (wakeGate)
        {
            if (!closed) _ = Libc.write(wake, (byte*)&one, sizeof(long));
        }
    }

    private void Loop()
    {
        while (true)
        {
            int count = Sleep();
            long now = time.GetTimestamp();
            try
            {
                TakeInbox(now);
                if (count > 0) lastActivity = now;
                for (int index = 0; index < count; index++) Handle(Linux.EpollData(events, index), now);
                while (care.Deadlines.Next <= now) care.Due(care.Deadlines.First, now);
                if (now >= stopAt)
                {
                    stopAt = long.MaxValue;
                    endAll = true;
                    care.EndAll(now);
                }

                Tick(now, forced: care.TakeReaped());
            }
            catch (Exception exception)
            {
                Defect(exception);
            }

            if (care.Stopping && care.Open == 0 && executor.SpawnersIdle && inbox.TryClose()) break;
        }

        care.Orphans.Dispose();
        lock (wakeGate)
        {
            closed = true;
            _ = Libc.close(wake);
        }

        _ = Libc.close(epoll);
        NativeMemory.Free(events);
        executor.Ended();
    }

    /// <summary>Waits for something to do. While there is work the sleep is short, so that spawners need not wake us for every new run.</summary>
    private int Sleep()
    {
        long now = time.GetTimestamp();
        bool busy = now - lastActivity < Milliseconds(200);
        long until = Math.Min(now + Milliseconds(care.Polling ? RunCare.QuickMilliseconds : busy ? BusyMilliseconds : care.Orphans.Watching ? 500 : 1000), Math.Min(care.Deadlines.Next, stopAt));
        if (until <= now || care.Orphans.Suspicious || care.Stopping || executor.IsBehind) until = Math.Min(until, now + Milliseconds(HelpMilliseconds));
        Volatile.Write(ref sleepUntil, until);
        Interlocked.MemoryBarrier();
        int timeout = inbox.Any || (executor.IsBehind && until > now + Milliseconds(HelpMilliseconds)) ? 0 : (int)Math.Clamp((until - now + ticksPerMillisecond - 1) / ticksPerMillisecond, 0, 1000);
        int count = Libc.epoll_wait(epoll, events, EventsATurn, timeout);
        Volatile.Write(ref sleepUntil, 0);
        return count;
    }

    private void TakeInbox(long now)
    {
        foreach ((InboxKind kind, PluginRun? run) in inbox.Take())
        {
            lastActivity = now;
            try
            {
                Take(kind, run, now);
            }
            catch (Exception exception)
            {
                Defect(exception);
            }
        }
    }

    private void Take(InboxKind kind, PluginRun? run, long now)
    {
        switch (kind)
        {
            case InboxKind.Back:
                care.Back(run!, now);
                break;
            case InboxKind.Late:
                care.Late(run!, now);
                break;
            case InboxKind.Poll:
                care.Poll(run!);
                break;
            case InboxKind.Cancel:
                care.Cancel(run!, now);
                break;
            case InboxKind.Stop:
                care.Stop(now);
                stopAt = now + (long)(executor.Options.ShutdownGrace.TotalMilliseconds * ticksPerMillisecond);
                break;
        }
    }

    private void Defect(Exception exception)
    {
        Counters.CallbackFailures++;
        executor.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.CallbackFailed, $"a defect in the executor: {exception}"));
    }

    private void Handle(ulong tag, long now)
    {
        int kind = (int)(tag & 3);
        if (kind == TagWake)
        {
            long ignored;
            _ = Libc.read(wake, (byte*)&ignored, sizeof(long));
            return;
        }

        // An event of a run that is gone, or whose slot has another one by now, means nothing.
        if (table.Find((int)((tag >> 2) & 0x3FFFFFFF), (uint)(tag >> 32)) is not { } run) return;
        if (kind == TagProcess) care.Exited(run, now);
        else care.Readable(run, kind == TagOut, now);
    }

    private void Tick(long now, bool forced)
    {
        if (care.Polling) care.PollAll(now);
        if (executor.IsBehind) executor.Help(now, Milliseconds(HelpMilliseconds));
        bool second = now >= nextTick;
        if (forced || care.Orphans.Suspicious || second) care.Orphans.Look(now, second);
        if (!second) return;
        nextTick = now + Milliseconds(500);
        care.Orphans.OwnPeak = Linux.OwnPeakMemory();
        overdue.Clear();
        executor.Overdue(now, endAll, overdue);
        foreach ((Spawner spawner, PluginRun run) in overdue) care.WriteOff(spawner, run, now);
        without.Clear();
        executor.TakeWithoutSpawner(without);
        foreach (PluginRun run in without)
        {
            run.Problem = new StartProblem("stuck", "exec", 0, "no thread is left that could start programs; earlier starts have not come back (a dead file system?)");
            care.Back(run, now);
        }
    }
}
