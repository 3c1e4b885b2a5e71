using System.Runtime.InteropServices;

namespace Scout.Benchmarks.Measuring;

/// <summary>CPU time, user and system, of this process and of its reaped children, in microseconds.</summary>
internal static unsafe partial class CpuClock
{
    public static long Own => Used(0);

    public static long Children => Used(-1);

    private static long Used(int who)
    {
        long* usage = stackalloc long[18];
        return getrusage(who, usage) == 0 ? ((usage[0] + usage[2]) * 1_000_000) + usage[1] + usage[3] : 0;
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, long* usage);
}
