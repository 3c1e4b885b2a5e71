using System.Text;
using Scout.Checks.Commands;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>
/// A thread that starts programs. <c>posix_spawn</c> blocks until the exec, on a dead file system for ever, so the reactor must not call it; a spawner
/// that does not come back is written off and replaced.
/// </summary>
#pragma warning disable CA1001 // Its thread owns the native memory and frees it as its last act; nobody else may.
internal sealed unsafe class Spawner
#pragma warning restore CA1001
{
    /// <summary>So many starts are watched at once. A plugin that ends sooner is seen up to as many starts later, a tenth of a millisecond each.</summary>
    private const int Together = 4;

    private readonly PluginExecutor executor;
    private readonly NativeArena arena = new();
    private readonly SpawnAttributes attributes;
    private readonly Func<string, bool> looking;
    private readonly Thread thread;
    private readonly int wake;
    private readonly List<PluginRun> started = new(Together);
    private long inFlight;
    private string place = "";
    private byte* found;
    private bool late;

    public Spawner(PluginExecutor executor, int number)
    {
        this.executor = executor;
        attributes = new SpawnAttributes(executor.OwnSession);
        looking = Look;
        wake = Libc.eventfd(0, Linux.OpenCloseOnExec);
        if (wake < 0) throw new InvalidOperationException($"cannot start plugins: {Errno.Name(Libc.Errno)}; raise the limit of open files");
        // 256 KiB of stack are plenty: the deepest frames are two path buffers.
        thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = $"scout-spawn-{number}" };
        thread.Start();
    }

    /// <summary>The run under way, or null.</summary>
    public volatile PluginRun? Current;

    /// <summary>Ticket of the spawn under way, or 0: what was first seen before it began cannot be its child.</summary>
    public long InFlight => Volatile.Read(ref inFlight);

    /// <summary>Folder it is touching.</summary>
    public string Place => Volatile.Read(ref place);

    public void Join() => thread.Join();

    /// <summary>Ends one <see cref="Sleep"/>, also one that has not begun.</summary>
    public void Wake()
    {
        long one = 1;
        _ = Libc.write(wake, (byte*)&one, sizeof(long));
    }

    /// <summary>On its own thread.</summary>
    public void Sleep()
    {
        long count;
        while (Libc.read(wake, (byte*)&count, sizeof(long)) < 0 && Libc.Errno == Errno.EINTR)
        {
        }
    }

    private void Loop()
    {
        const int AmbientCapabilities = 47;
        const int ClearAll = 4;
        // Ambient capabilities are per thread: a server with CAP_NET_RAW does not hand it to plugins.
        _ = Libc.prctl(AmbientCapabilities, ClearAll, 0, 0, 0);
        while (!late && Next() is { } run)
        {
            try
            {
                Attempt(run);
            }
            catch (Exception exception)
            {
                run.Problem = StartProblem.Spawn("other", 0, $"{run.Request.Words[0]}: {exception.GetType().Name}: {exception.Message}");
                Back(run);
            }

            Current = null;
            Volatile.Write(ref inFlight, 0);
        }

        Arm();
        // Nobody wakes it any more: it is not asleep, and has left the list of those that will be.
        _ = Libc.close(wake);
        arena.Dispose();
        attributes.Dispose();
        if (late) executor.SpawnerReturned(this);
    }

    /// <summary>
    /// The next run. What was started is watched in small groups: plugins of a batch then end in few wake-ups of the reactor instead of one each.
    /// </summary>
    private PluginRun? Next()
    {
        if (started.Count < Together && executor.TryTake(this, out PluginRun? run)) return run;
        Arm();
        return executor.Take(this);
    }

    private void Arm()
    {
        foreach (PluginRun run in started) executor.Arm(run);
        started.Clear();
    }

    private bool Look(string folder)
    {
        Volatile.Write(ref place, folder);
        return !executor.IsHung(folder);
    }

    private void Attempt(PluginRun run)
    {
        run.Problem = null;
        run.SpawnStarted = executor.Time.GetTimestamp();
        if (run.FirstTry == 0)
        {
            run.FirstTry = run.SpawnStarted;
            run.StartedAt = executor.Time.GetUtcNow();
        }

        Volatile.Write(ref run.SpawnState, PluginRun.SpawnUnderWay);
        // First a number that is surely not above the ticket, so that nobody sees the ticket taken and no spawn under way.
        Volatile.Write(ref inFlight, ProcessChildren.LastTicket + 1);
        _ = ProcessChildren.NextTicket();
        run.Problem = run.CancelRequested ? StartProblem.Cancelled : executor.IsPausing(run.SpawnStarted) ?? Start(run);
        Back(run);
        Volatile.Write(ref inFlight, 0);
    }

    /// <summary>Hands the run to the reactor, unless the reactor has written it off meanwhile.</summary>
    private void Back(PluginRun run)
    {
        if (Interlocked.CompareExchange(ref run.SpawnState, PluginRun.SpawnBack, PluginRun.SpawnUnderWay) == PluginRun.SpawnUnderWay)
        {
            bool running = run.Problem is null;
            executor.PostBack(run);
            if (running) started.Add(run);
            return;
        }

        late = true;
        executor.PostLate(run);
    }

    private StartProblem? Start(PluginRun run)
    {
        PluginRequest request = run.Request;
        if (!CommandLine.TryValidate(request.Words, out CommandError error)) return StartProblem.BadCommand($"{error.Message}; {error.Hint}");
        arena.Reset();

        byte* folder = arena.Text(request.Directory);
        if (!Look(request.Directory)) return new StartProblem("stuck", "exec", 0, $"earlier starts from {request.Directory} have not come back");
        int stat = Linux.Stat(folder, followLink: true, out FileFacts facts);
        if (stat != 0 || !facts.IsDirectory) return SpawnDiagnosis.BadFolder(request.Directory, stat == 0 ? Errno.ENOTDIR : stat);

        byte* path = executor.Search.Find(request, arena, looking, out StartProblem? problem);
        if (path == null) return problem;
        problem = executor.Trust.Check(path);
        if (problem is not null) return problem;
        if (request.User is { } user)
        {
            problem = As(user, path, request.Words[0]);
            if (problem is not null) return problem;
            path = arena.Text(RunAs.Tool);
        }

        return Environment(run, out byte** environment) ?? Run(run, path, folder, Argv(request), environment);
    }

    /// <summary>What must hold before the tool that changes the user is trusted with the program.</summary>
    private StartProblem? As(RunUser user, byte* program, string name)
    {
        if (RunAs.Missing() is { } missing) return StartProblem.Refused($"{name} cannot run as user {user.Name}: {missing}");
        if (RunAs.Judge(program, name, user) is { } problem) return problem;
        found = program;
        return executor.Trust.Check(arena.Text(RunAs.Tool));
    }

    private byte** Argv(PluginRequest request)
    {
        IReadOnlyList<string> words = request.Words;
        string[] before = request.User is { } user ? RunAs.Prefix(user) : [];
        byte** argv = arena.Pointers(before.Length + words.Count + 1);
        int next = 0;
        foreach (string word in before) argv[next++] = arena.Text(word);
        for (int index = 0; index < words.Count; index++) argv[next++] = index == 0 && before.Length > 0 ? found : arena.Text(words[index]);
        argv[next] = null;
        return argv;
    }

    private StartProblem? Environment(PluginRun run, out byte** environment)
    {
        IReadOnlyList<KeyValuePair<string, string>> pairs = run.Request.Environment;
        environment = arena.Pointers(pairs.Count + 2);
        environment[0] = arena.RunName(executor.RunPrefix, run.Number, run.Request.KeepLeftovers);
        for (int index = 0; index < pairs.Count; index++)
        {
            (string name, string value) = pairs[index];
            if (name.Length == 0 || name.AsSpan().IndexOfAny('=', '\0') >= 0 || value.Contains('\0'))
            {
                return StartProblem.BadCommand($"environment variable {index + 1} ({name.Replace('\0', '?')}) has no valid name, or a NUL in its value");
            }

            environment[index + 1] = arena.Pair(name, value);
        }

        environment[pairs.Count + 1] = null;
        return null;
    }

    private StartProblem? Run(PluginRun run, byte* path, byte* folder, byte** argv, byte** environment)
    {
        int* pipes = stackalloc int[4];
        if (Libc.pipe2(pipes, Linux.OpenCloseOnExec) != 0) return StartProblem.FromErrno(Libc.Errno, "pipe for the output");
        if (Libc.pipe2(pipes + 2, Linux.OpenCloseOnExec) != 0)
        {
            int error = Libc.Errno;
            _ = Libc.close(pipes[0]);
            _ = Libc.close(pipes[1]);
            return StartProblem.FromErrno(error, "pipe for the output");
        }

        // Only the ends we read: the flag belongs to the open file, and a plugin with a non-blocking stdout loses what passes 64 KiB.
        _ = Libc.fcntl(pipes[0], Linux.FcntlSetFlags, Linux.OpenNonBlock);
        _ = Libc.fcntl(pipes[2], Linux.FcntlSetFlags, Linux.OpenNonBlock);
        var call = new SpawnCall
        {
            Path = path,
            Argv = argv,
            Environment = environment,
            Directory = folder,
            Attributes = attributes.Attributes,
            Actions = attributes.Actions,
            Stdout = pipes[1],
            Stderr = pipes[3],
        };
        run.SpawnStarted = executor.Time.GetTimestamp();
        bool other = run.Request.User is not null;
        if (other) RunAs.Lend();
        int failed = executor.Calls.Spawn(call, out int pid);
        if (other) RunAs.TakeBack();
        _ = Libc.close(pipes[1]);
        _ = Libc.close(pipes[3]);
        if (failed != 0)
        {
            _ = Libc.close(pipes[0]);
            _ = Libc.close(pipes[2]);
            return SpawnDiagnosis.Explain(failed, path, folder);
        }

        run.Pid = pid;
        ProcessChildren.Began(run);
        run.OutFd = pipes[0];
        run.ErrFd = pipes[2];
        // Without a descriptor for the process (old kernel, none left) the reactor asks for its end.
        run.PidFd = Math.Max(-1, executor.Calls.Open(pid));
        return null;
    }
}
