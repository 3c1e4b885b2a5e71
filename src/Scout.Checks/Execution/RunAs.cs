using System.Globalization;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>
/// Running as another user. The change happens in a small program of its own, <c>setpriv</c> of util-linux, which takes groups, user and capabilities and then becomes the
/// plugin, under the same process number. Changing a thread of the server for the time of a spawn would be faster and let every process of that user signal the server meanwhile.
/// </summary>
internal static unsafe class RunAs
{
    public const string Tool = "/usr/bin/setpriv";

    private const int Capability = 47;
    private const nuint Raise = 2;
    private const nuint LowerAll = 4;
    private const int Kill = 5;
    private const int SetGid = 6;
    private const int SetUid = 7;

    /// <summary>Null when this process can; else why not, and what to do.</summary>
    public static string? Missing()
    {
        if (!File.Exists(Tool)) return $"{Tool} is not there; install util-linux";
        if (Libc.geteuid() == 0) return null;
        ulong effective = Capabilities("CapEff:");
        ulong inheritable = Capabilities("CapInh:");
        return Has(effective, Kill) && Has(effective, SetGid) && Has(effective, SetUid) && Has(inheritable, SetGid) && Has(inheritable, SetUid)
            ? null
            : "the server is not root and lacks capabilities; give it AmbientCapabilities=CAP_SETUID CAP_SETGID CAP_KILL, or run it as root";
    }

    /// <summary>Why the user cannot run the file; null when nothing speaks against it. The tool would hand what the kernel cannot run to a shell.</summary>
    public static StartProblem? Judge(byte* path, string name, RunUser user)
    {
        int fd = Libc.open(path, Linux.OpenCloseOnExec | Linux.OpenNonBlock, 0);
        bool script = false;
        // What cannot be read may still be run; then it is no script, for an interpreter would have to read it.
        if (fd >= 0)
        {
            byte* head = stackalloc byte[4];
            nint got = Libc.read(fd, head, 4);
            _ = Libc.close(fd);
            var bytes = new ReadOnlySpan<byte>(head, (int)Math.Max(0, got));
            script = bytes.StartsWith("#!"u8);
            if (!script && !bytes.SequenceEqual((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F'])) return StartProblem.FromErrno(Errno.ENOEXEC, name);
        }

        // A shell that cannot read its script ends with 2, which would look like CRITICAL. Of other groups of the user nothing is known here.
        if (Linux.Stat(path, followLink: true, out FileFacts facts) != 0) return null;
        int needed = script ? 5 : 1;
        int rights = user.Uid == facts.Owner ? (int)facts.Mode >> 6 : user.Gid == facts.Group ? (int)facts.Mode >> 3 : (int)facts.Mode | (int)facts.Mode >> 3;
        return (rights & needed) == needed
            ? null
            : StartProblem.Spawn("not_executable", Errno.EACCES, $"{name} may not be {(script ? "read and " : "")}executed by user {user.Name}; run chmod on it, or leave 'user' out");
    }

    /// <summary>The words before the absolute path of the program.</summary>
    public static string[] Prefix(RunUser user) =>
    [
        Tool, "--reuid=" + user.Uid.ToString(CultureInfo.InvariantCulture), "--regid=" + user.Gid.ToString(CultureInfo.InvariantCulture), "--init-groups", "--inh-caps=-all", "--",
    ];

    /// <summary>Lets the next program this thread starts change its user, when the server itself is not root.</summary>
    public static void Lend()
    {
        if (Libc.geteuid() == 0) return;
        _ = Libc.prctl(Capability, Raise, SetGid, 0, 0);
        _ = Libc.prctl(Capability, Raise, SetUid, 0, 0);
    }

    /// <summary>Ends <see cref="Lend"/>.</summary>
    public static void TakeBack()
    {
        if (Libc.geteuid() != 0) _ = Libc.prctl(Capability, LowerAll, 0, 0, 0);
    }

    private static bool Has(ulong set, int capability) => (set >> capability & 1) != 0;

    private static ulong Capabilities(string field)
    {
        try
        {
            string? line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
            return line is not null && ulong.TryParse(line[field.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong set) ? set : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
