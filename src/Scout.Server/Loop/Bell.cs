using System.Runtime.CompilerServices;
using Scout.Server.Native;

namespace Scout.Server.Loop;

/// <summary>
/// What one thread sleeps on and others ring. On Linux one futex call to sleep and one to wake; a monitor of the class library takes several of each, and
/// yields the processor before it sleeps. Elsewhere a monitor.
/// </summary>
internal sealed unsafe class Bell
{
    private const int Quiet = 0;
    private const int Rung = 1;
    private const int Asleep = 2;

    // Pinned for good: the kernel knows the address while somebody sleeps.
    private readonly int[] memory = GC.AllocateArray<int>(1, pinned: true);
    private readonly object gate = new();

    private int* Word => (int*)Unsafe.AsPointer(ref memory[0]);

    /// <summary>Wakes the sleeper, or lets its next sleep end at once. Any thread; costs a system call only when somebody sleeps.</summary>
    public void Ring()
    {
        if (Interlocked.Exchange(ref memory[0], Rung) != Asleep) return;
        if (Futex.IsSupported)
        {
            Futex.Wake(Word);
            return;
        }

        lock (gate) Monitor.Pulse(gate);
    }

    /// <summary>Sleeps until it rings or the time has passed; may also end for no reason. One thread only.</summary>
    public void Sleep(TimeSpan atMost)
    {
        if (Interlocked.CompareExchange(ref memory[0], Asleep, Quiet) == Quiet)
        {
            if (Futex.IsSupported)
            {
                Futex.Wait(Word, Asleep, atMost);
            }
            else
            {
                lock (gate)
                {
                    if (Volatile.Read(ref memory[0]) == Asleep) Monitor.Wait(gate, atMost);
                }
            }
        }

        Volatile.Write(ref memory[0], Quiet);
    }
}
