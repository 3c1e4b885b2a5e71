using System.Runtime.InteropServices;
using System.Text;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>Tells apart what one errno lumps together, by looking at the file after a failed start (plugins.md section 8).</summary>
internal static unsafe class SpawnDiagnosis
{
    private const ulong MountNoExec = 8;

    public static StartProblem Explain(int error, byte* path, byte* folder)
    {
        string name = Text(path);
        if (error is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES)
        {
            int stat = Linux.Stat(folder, followLink: true, out FileFacts facts);
            if (stat != 0 || !facts.IsDirectory) return BadFolder(Text(folder), stat == 0 ? Errno.ENOTDIR : stat);
        }

        return error switch
        {
            Errno.ENOENT => Missing(path, name),
            Errno.EACCES => Denied(path, name),
            _ => StartProblem.FromErrno(error, name),
        };
    }

    public static StartProblem BadFolder(string folder, int error) =>
        StartProblem.Spawn("bad_cwd", error, $"the folder of the machine, {folder}, cannot be entered ({Errno.Name(error)})");

    private static StartProblem Missing(byte* path, string name)
    {
        int stat = Linux.Stat(path, followLink: true, out _);
        if (stat != 0) return StartProblem.FromErrno(stat, name);
        string line = FirstLine(path);
        string detail = !line.StartsWith("#!", StringComparison.Ordinal)
            ? $"{name} is there, but the loader it was linked for is not (another C library or architecture?)"
            : line.EndsWith('\r')
                ? $"{name} is there, but its first line '{line[..^1]}' ends with a carriage return, which belongs to the name; convert the file to Unix line ends"
                : $"{name} is there, but the interpreter of its first line '{line}' is not; install it or mend the line";
        return StartProblem.Spawn("no_interpreter", Errno.ENOENT, detail);
    }

    private static StartProblem Denied(byte* path, string name)
    {
        if (Linux.Stat(path, followLink: true, out FileFacts facts) == 0 && !facts.IsRegular)
        {
            return StartProblem.Spawn("not_a_file", Errno.EACCES, $"{name} is not a regular file; name the program itself");
        }

        return (Linux.MountFlags(path) & MountNoExec) != 0
            ? StartProblem.Spawn("noexec", Errno.EACCES, $"{name} is on a file system mounted noexec; put it elsewhere or mount that with exec")
            : StartProblem.Spawn("not_executable", Errno.EACCES, $"{name} may not be executed; run chmod +x on it, and see that its folders may be entered");
    }

    private static string FirstLine(byte* path)
    {
        int fd = Libc.open(path, Linux.OpenCloseOnExec | Linux.OpenNonBlock, 0);
        if (fd < 0) return "";
        byte* buffer = stackalloc byte[256];
        nint got = Libc.read(fd, buffer, 256);
        _ = Libc.close(fd);
        if (got <= 0) return "";
        var bytes = new ReadOnlySpan<byte>(buffer, (int)got);
        int end = bytes.IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static string Text(byte* path) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path));
}
