using System.Runtime.InteropServices;

namespace Scout.Server.Native;

/// <summary>The kernel's own way to sleep on a word of memory; the C library has no name for it.</summary>
internal static unsafe partial class Futex
{
    private const int WaitPrivate = 128;
    private const int WakePrivate = 129;

    private static readonly long Number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 98,
        Architecture.S390x => 238,
        Architecture.Ppc64le => 221,
        _ => 0,
    };

    public static bool IsSupported => OperatingSystem.IsLinux() && Number != 0;

    /// <summary>Sleeps while the word has the value, until a wake-up or the time has passed; may also return for no reason.</summary>
    public static void Wait(int* word, int value, TimeSpan atMost)
    {
        Libc.TimeSpec time = new() { Seconds = (long)atMost.TotalSeconds, Nanoseconds = atMost.Ticks % TimeSpan.TicksPerSecond * 100 };
        _ = Call(Number, word, WaitPrivate, value, &time, null, 0);
    }

    public static void Wake(int* word) => _ = Call(Number, word, WakePrivate, 1, null, null, 0);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long Call(long number, int* word, int operation, int value, Libc.TimeSpec* time, int* second, int last);
}
