namespace Scout.Traffic.Kernel;

/// <summary>What all commands share: names, results, the memory limit of old kernels.</summary>
internal static unsafe class Bpf
{
    private const int MemoryLock = 8;
    private const int LongestName = 15;

    /// <summary>Puts a name of at most 15 of <c>[A-Za-z0-9_.]</c> into an attribute.</summary>
    /// <exception cref="ArgumentException">The kernel would refuse the name.</exception>
    public static void Name(byte* to, string name)
    {
        if (name.Length > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.'))
        {
            throw new ArgumentException($"the kernel takes no BPF object named '{name}': at most {LongestName} of A-Z a-z 0-9 _ .", nameof(name));
        }

        for (int i = 0; i < name.Length; i++) to[i] = (byte)name[i];
    }

    /// <summary>The result, or an exception.</summary>
    public static int Check(int result, BpfCommand command) => result >= 0 ? result : throw new BpfException(command, -result);

    /// <summary>
    /// A call that makes an object. Before 5.11 its memory counted against RLIMIT_MEMLOCK, whose refusal is EPERM: there the limit is raised and the call tried once more.
    /// </summary>
    public static int Create(IBpfCalls calls, BpfCommand command, void* attributes, int size)
    {
        int result = calls.Call(command, attributes, size);
        if (result == -Errno.NotPermitted && IsBefore(5, 11) && RaiseMemoryLock()) result = calls.Call(command, attributes, size);
        return result;
    }

    public static bool IsBefore(int major, int minor) => Environment.OSVersion.Version < new Version(major, minor);

    private static bool RaiseMemoryLock()
    {
        var limit = new ResourceLimit { Soft = ulong.MaxValue, Hard = ulong.MaxValue };
        return Libc.setrlimit(MemoryLock, &limit) == 0;
    }
}
