using System.Globalization;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>What the executor changes in its own process, and learns about it, at the start (plugins.md sections 2 and 7).</summary>
/// <param name="User">Effective user.</param>
/// <param name="Privileged">Root, or with capabilities.</param>
/// <param name="HasTerminal">There is a controlling terminal.</param>
/// <param name="Owners">Numbers of the users named in the options.</param>
internal sealed unsafe record ProcessSetup(uint User, bool Privileged, bool HasTerminal, IReadOnlyList<uint> Owners)
{
    private const int ChildSubreaper = 36;
    private const int LimitFiles = 7;

    public static ProcessSetup Apply(PluginExecutorOptions options)
    {
        OpenStandardStreams();
        CloseInheritedOnExec();
        _ = Libc.prctl(ChildSubreaper, 1, 0, 0, 0);
        TakeChildSignal();
        // .NET raises the soft limit to the hard one and children inherit it, which makes programs that close "all" descriptors slow.
        if (options.MaxOpenFiles > 0) Limit(LimitFiles, (ulong)options.MaxOpenFiles);
        CoreFiles.Forbid();
        uint user = Libc.geteuid();
        return new ProcessSetup(user, user == 0 || HasCapabilities(), HasControllingTerminal(), Numbers(options.PluginOwners));
    }

    /// <summary>Descriptors 0 to 2 must be taken, or a pipe of ours could become one of them.</summary>
    private static void OpenStandardStreams()
    {
        const int ReadWrite = 2;
        fixed (byte* path = "/dev/null\0"u8)
        {
            int fd;
            do fd = Libc.open(path, ReadWrite, 0);
            while (fd is >= 0 and <= 2);
            if (fd > 2) _ = Libc.close(fd);
        }
    }

    /// <summary>What our own parent left open must not reach plugins; .NET opens everything close-on-exec.</summary>
    private static void CloseInheritedOnExec()
    {
        const int SetDescriptorFlags = 2;
        const int CloseOnExec = 1;
        try
        {
            foreach (string path in Directory.GetFiles("/proc/self/fd"))
            {
                if (int.TryParse(Path.GetFileName(path), out int fd) && fd > 2) _ = Libc.fcntl(fd, SetDescriptorFlags, CloseOnExec);
            }
        }
        catch (IOException)
        {
            // Without /proc there is nothing to go by.
        }
    }

    /// <summary>A bad parent may hand down SIGCHLD ignored: then the kernel discards statuses.</summary>
    private static void TakeChildSignal()
    {
        const nint Ignored = 1;
        byte* old = stackalloc byte[256];
        if (Libc.sigaction(Signals.Child, null, old) == 0 && *(nint*)old == Ignored) _ = Libc.signal(Signals.Child, 0);
    }

    internal static void Limit(int resource, ulong soft)
    {
        ulong* limit = stackalloc ulong[2];
        if (Libc.getrlimit(resource, limit) != 0) return;
        limit[0] = Math.Min(soft, limit[1]);
        _ = Libc.setrlimit(resource, limit);
    }

    private static bool HasControllingTerminal()
    {
        const int NoControllingTerminal = 0x100;
        fixed (byte* path = "/dev/tty\0"u8)
        {
            int fd = Libc.open(path, Linux.OpenCloseOnExec | Linux.OpenNonBlock | NoControllingTerminal, 0);
            if (fd >= 0) _ = Libc.close(fd);
            return fd >= 0;
        }
    }

    private static bool HasCapabilities()
    {
        try
        {
            string? line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
            return line is not null && ulong.TryParse(line[7..].Trim(), NumberStyles.HexNumber, null, out ulong effective) && effective != 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public static List<uint> Numbers(IReadOnlyList<string> names)
    {
        var numbers = new List<uint>();
        if (names.Count == 0) return numbers;
        string[] users = File.Exists("/etc/passwd") ? File.ReadAllLines("/etc/passwd") : [];
        foreach (string name in names)
        {
            string? user = users.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal));
            if (uint.TryParse(user is null ? name : user.Split(':')[2], out uint number)) numbers.Add(number);
        }

        return numbers;
    }
}
