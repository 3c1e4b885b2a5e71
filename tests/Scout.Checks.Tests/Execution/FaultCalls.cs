using System.Collections.Concurrent;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Tests.Execution;

/// <summary>The real calls, with faults put in.</summary>
internal sealed class FaultCalls : IProcessCalls
{
    private readonly LinuxProcessCalls real = new();
    private readonly ConcurrentDictionary<int, bool> reaped = new();
    private volatile bool letGo;
    private int spawns;

    /// <summary>errno for the next spawn by its number from 1, or 0 for a real one.</summary>
    public Func<int, int> SpawnError { get; set; } = _ => 0;

    /// <summary>Spawns by number that do not come back before <see cref="LetGo"/>.</summary>
    public Func<int, bool> Hangs { get; set; } = _ => false;

    public volatile bool DeafKill;

    public volatile bool LoseStatus;

    public volatile bool NoHandles;

    public int Spawns => Volatile.Read(ref spawns);

    /// <summary>Signals that were sent to a number after its process had been reaped.</summary>
    public ConcurrentQueue<string> AfterReaping { get; } = new();

    public void LetGo() => letGo = true;

    public int Spawn(in SpawnCall call, out int pid)
    {
        int number = Interlocked.Increment(ref spawns);
        pid = 0;
        if (Hangs(number)) SpinWait.SpinUntil(() => letGo, TimeSpan.FromSeconds(30));
        int error = SpawnError(number);
        if (error != 0) return error;
        error = real.Spawn(call, out pid);
        if (error == 0) reaped.TryRemove(pid, out _);
        return error;
    }

    public int Kill(int pid, int signal)
    {
        if (signal != 0 && reaped.ContainsKey(Math.Abs(pid))) AfterReaping.Enqueue($"{signal} to {pid}");
        return DeafKill && signal != 0 ? 0 : real.Kill(pid, signal);
    }

    public int Open(int pid) => NoHandles ? -Errno.EMFILE : real.Open(pid);

    public int SignalHandle(int pidFd, int signal) => DeafKill ? 0 : real.SignalHandle(pidFd, signal);

    public int Wait(int pid, out WaitStatus status)
    {
        int result = real.Wait(pid, out status);
        if (result == 0) reaped[pid] = true;
        return LoseStatus && result == 0 ? Errno.ECHILD : result;
    }
}
