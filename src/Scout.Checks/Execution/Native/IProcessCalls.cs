namespace Scout.Checks.Execution.Native;

/// <summary>What the executor asks of the kernel about processes: the seam where tests put faults.</summary>
internal unsafe interface IProcessCalls
{
    /// <summary>Starts a program and blocks until its exec has happened or failed.</summary>
    /// <returns>0 or errno.</returns>
    int Spawn(in SpawnCall call, out int pid);

    /// <summary>Sends a signal to a process, or with a negative number to a group.</summary>
    /// <returns>0 or errno.</returns>
    int Kill(int pid, int signal);

    /// <summary>A descriptor of a process, or minus errno.</summary>
    int Open(int pid);

    /// <summary>Sends a signal to the process behind a descriptor.</summary>
    /// <returns>0 or errno.</returns>
    int SignalHandle(int pidFd, int signal);

    /// <summary>Takes the status of a child that has ended; never blocks.</summary>
    /// <returns>0, errno, or -1 if it has not ended.</returns>
    int Wait(int pid, out WaitStatus status);
}

/// <summary>One spawn; all pointers live until it returns.</summary>
internal readonly unsafe struct SpawnCall
{
    public byte* Path { get; init; }

    public byte** Argv { get; init; }

    public byte** Environment { get; init; }

    public byte* Directory { get; init; }

    public byte* Attributes { get; init; }

    public byte* Actions { get; init; }

    public int Stdout { get; init; }

    public int Stderr { get; init; }
}

/// <summary>How a child ended.</summary>
/// <param name="Raw">As of <c>wait4</c>.</param>
/// <param name="CpuTicks">User and system time, 100 ns.</param>
/// <param name="PeakBytes">As the kernel says; it counts the parent's memory until the exec.</param>
internal readonly record struct WaitStatus(int Raw, long CpuTicks, long PeakBytes)
{
    public bool Exited => (Raw & 0x7F) == 0;

    public int ExitCode => (Raw >> 8) & 0xFF;

    public int Signal => Raw & 0x7F;

    public bool CoreDumped => (Raw & 0x80) != 0;
}
