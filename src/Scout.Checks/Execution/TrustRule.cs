using System.Runtime.InteropServices;
using System.Text;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>
/// Who may have written what we are about to run (plugins.md section 1). The file after all links and every folder up to the root must belong to a
/// trusted user and must not be writable by others: who cannot write the folders cannot swap the file between this look and the exec.
/// </summary>
internal sealed unsafe class TrustRule
{
    private const int MaxPath = 4096;
    private const int MaxLinks = 40;
    private const ulong MountReadOnly = 1;

    private readonly HashSet<uint> owners;
    private readonly bool privileged;
    private readonly Action<string> groupWritable;
    private readonly HashSet<string> noted = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <param name="user">Effective user of the server.</param>
    /// <param name="privileged">The server is root or holds capabilities: then writable by a group is refused too.</param>
    /// <param name="more">Further trusted owners.</param>
    /// <param name="groupWritable">Told once a path.</param>
    public TrustRule(uint user, bool privileged, IEnumerable<uint> more, Action<string> groupWritable)
    {
        owners = [0, user, .. more];
        this.privileged = privileged;
        this.groupWritable = groupWritable;
    }

    /// <summary>Null when the file at the absolute path may be run.</summary>
    public StartProblem? Check(byte* path)
    {
        byte* prefix = stackalloc byte[MaxPath + 1];
        int length = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path).Length;
        if (length > MaxPath) return StartProblem.FromErrno(Errno.ENAMETOOLONG, Text(path)[..80]);
        new ReadOnlySpan<byte>(path, length + 1).CopyTo(new Span<byte>(prefix, length + 1));

        // Each prefix of a path without links is what the path itself passes through. The first link takes the slow way.
        for (int end = 0; end < length; end++)
        {
            if (prefix[end] != '/') continue;
            byte after = prefix[end + 1];
            prefix[end + (end == 0 ? 1 : 0)] = 0;
            int error = Linux.Stat(prefix, followLink: false, out FileFacts facts);
            if (error == 0 && facts.IsLink) return Follow(Text(path));
            StartProblem? problem = error != 0 ? StartProblem.FromErrno(error, Text(path)) : CheckOne(prefix, facts, folder: true);
            if (end == 0) prefix[1] = after;
            else prefix[end] = (byte)'/';
            if (problem is not null) return problem;
        }

        int failed = Linux.Stat(path, followLink: false, out FileFacts file);
        if (failed != 0) return StartProblem.FromErrno(failed, Text(path));
        if (file.IsLink) return Follow(Text(path));
        return file.IsRegular ? CheckOne(path, file, folder: false) : NotAFile(Text(path), file);
    }

    private static StartProblem NotAFile(string path, FileFacts facts) =>
        StartProblem.Spawn("not_a_file", Errno.EACCES, $"{path} is {(facts.IsDirectory ? "a folder" : "not a regular file")}; name the program itself");

    /// <summary>Walks the path as the kernel does, looking at each link, and at each folder a link leads through.</summary>
    private StartProblem? Follow(string path)
    {
        var pending = new Stack<string>();
        Push(pending, path);
        string current = "";
        int links = 0;
        byte* native = stackalloc byte[MaxPath + 1];
        byte* target = stackalloc byte[MaxPath];
        FileFacts facts = default;
        StartProblem? problem = LookAt("/", native, out facts);
        while (problem is null && pending.TryPop(out string? part))
        {
            if (part is "" or ".") continue;
            if (part == "..")
            {
                current = current.Length == 0 ? "" : current[..current.LastIndexOf('/')];
                continue;
            }

            string next = $"{current}/{part}";
            problem = LookAt(next, native, out facts);
            if (problem is not null) break;
            if (facts.IsLink)
            {
                if (++links > MaxLinks) return StartProblem.FromErrno(Errno.ELOOP, path);
                nint size = Libc.readlink(native, target, MaxPath);
                if (size <= 0) return StartProblem.FromErrno(Libc.Errno, next);
                string to = Encoding.UTF8.GetString(target, (int)size);
                if (to[0] == '/') current = "";
                Push(pending, to);
                continue;
            }

            if (pending.Count > 0 && !facts.IsDirectory) return StartProblem.FromErrno(Errno.ENOTDIR, path);
            current = next;
        }

        if (problem is not null) return problem;
        return facts.IsRegular ? null : NotAFile(current, facts);
    }

    private static void Push(Stack<string> pending, string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int index = parts.Length - 1; index >= 0; index--) pending.Push(parts[index]);
    }

    private StartProblem? LookAt(string path, byte* native, out FileFacts facts)
    {
        facts = default;
        if (Encoding.UTF8.GetByteCount(path) > MaxPath) return StartProblem.FromErrno(Errno.ENAMETOOLONG, path[..80]);
        native[Encoding.UTF8.GetBytes(path, new Span<byte>(native, MaxPath))] = 0;
        int error = Linux.Stat(native, followLink: false, out facts);
        return error != 0 ? StartProblem.FromErrno(error, path) : CheckOne(native, facts, facts.IsDirectory);
    }

    private StartProblem? CheckOne(byte* path, FileFacts facts, bool folder)
    {
        if (!owners.Contains(facts.Owner))
        {
            return StartProblem.Refused(
                $"{Text(path)} belongs to user {facts.Owner}; plugins and their folders must belong to root or the user of the server (chown root, or plugin_owners)");
        }

        if (facts.IsLink || (facts.Mode & (Linux.ModeOthersWrite | Linux.ModeGroupWrite)) == 0) return null;
        if (folder && (facts.Mode & Linux.ModeSticky) != 0) return null;
        if ((Linux.MountFlags(path) & MountReadOnly) != 0) return null;
        if ((facts.Mode & Linux.ModeOthersWrite) != 0)
        {
            return StartProblem.Refused($"{Text(path)} may be written by others (mode {Mode(facts)}); run chmod o-w on it");
        }

        if (privileged)
        {
            return StartProblem.Refused(
                $"{Text(path)} may be written by group {facts.Group} (mode {Mode(facts)}), and this server has privileges; run chmod g-w on it");
        }

        Note(Text(path));
        return null;
    }

    private void Note(string path)
    {
        lock (gate)
        {
            if (noted.Count >= 256 || !noted.Add(path)) return;
        }

        groupWritable(path);
    }

    private static string Mode(FileFacts facts) => "0" + Convert.ToString(facts.Mode & 0xFFF, 8);

    private static string Text(byte* path) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path));
}
