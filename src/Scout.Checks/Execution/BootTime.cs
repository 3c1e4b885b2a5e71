using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>Time since the boot, sleep included: the clock in which the kernel tells when a process started.</summary>
internal static unsafe class BootTime
{
    /// <summary>Seconds.</summary>
    public static double Now
    {
        get
        {
            const int ClockBootTime = 7;
            long* now = stackalloc long[2];
            return Libc.clock_gettime(ClockBootTime, now) == 0 ? now[0] + (now[1] / 1e9) : 0;
        }
    }
}
