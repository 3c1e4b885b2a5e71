namespace Scout.Checks.Execution;

/// <summary>Where a run stands. Only the reactor moves it on.</summary>
internal enum RunPhase
{
    /// <summary>With the spawners.</summary>
    Starting,
    /// <summary>Waits for another try.</summary>
    Waiting,
    Running,
    /// <summary>Was sent TERM.</summary>
    Terminating,
    /// <summary>Was sent KILL.</summary>
    Killing,
    /// <summary>The leader has ended, somebody else still holds a pipe.</summary>
    Draining,
    /// <summary>Was answered <c>stuck</c>; the process is still there, or its start has not come back.</summary>
    Stuck,
    Done,
}

/// <summary>One run. The spawner fills the first half and hands it over; the second half belongs to the reactor.</summary>
internal sealed class PluginRun(PluginExecutor executor, PluginRequest request, object? state, Action<PluginResult, object?> completed, long number, int maxOutput) : IPluginRun
{
    public const int SpawnIdle = 0;
    public const int SpawnUnderWay = 1;
    public const int SpawnBack = 2;
    public const int SpawnWrittenOff = 3;

    private const int MaxStderr = 8 * 1024;

    public OutputBuffer Stdout = new(maxOutput);
    public OutputBuffer Stderr = new(MaxStderr);

    /// <summary>One of the <c>Spawn...</c> constants; moved by compare and swap, for spawner and reactor may race at the deadline.</summary>
    public int SpawnState;

    public volatile bool CancelRequested;

    /// <summary>1 when its process is in epoll; exchanged, for the spawner enters it and the reactor makes up for a spawner that hangs.</summary>
    public int Armed;

    public PluginExecutor Executor { get; } = executor;

    public PluginRequest Request { get; } = request;

    public object? State { get; } = state;

    /// <summary>Unique in the life of the executor: the last part of <c>SCOUT_RUN</c>.</summary>
    public long Number { get; } = number;

    public TimeSpan Timeout { get; } = request.Timeout < MinTimeout ? MinTimeout : request.Timeout > MaxTimeout ? MaxTimeout : request.Timeout;

    /// <summary>When it came before the spawners, monotonic.</summary>
    public long QueuedAt { get; set; }

    // Filled by the spawner.
    public DateTimeOffset StartedAt { get; set; }

    public long FirstTry { get; set; }

    public long SpawnStarted { get; set; }

    public int Tries { get; set; }

    public StartProblem? Problem { get; set; }

    public int Pid { get; set; }

    public int PidFd { get; set; } = -1;

    public int OutFd { get; set; } = -1;

    public int ErrFd { get; set; } = -1;

    public int Slot { get; set; } = -1;

    public uint Generation { get; set; }

    // The reactor's own.
    public RunPhase Phase { get; set; }

    /// <summary><c>timeout output_limit cancelled</c> once the executor has decided to end it.</summary>
    public string? Ending { get; set; }

    /// <summary>The reactor counts it.</summary>
    public bool Entered { get; set; }

    public long Due { get; set; }

    public int HeapIndex { get; set; } = -1;

    /// <summary>The pipes are in epoll.</summary>
    public bool Watched { get; set; }

    public bool Polled { get; set; }

    public bool SignalRefused { get; set; }

    public long ExitSeen { get; set; }

    private static TimeSpan MinTimeout => TimeSpan.FromMilliseconds(100);

    private static TimeSpan MaxTimeout => TimeSpan.FromHours(1);

    public void Cancel()
    {
        if (CancelRequested) return;
        CancelRequested = true;
        Executor.PostCancel(this);
    }

    public void Complete(PluginResult result) => completed(result, State);
}
