using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>What <c>/proc</c> says about a process.</summary>
/// <param name="State">Letter, as <c>D</c>.</param>
/// <param name="Parent">Its parent.</param>
/// <param name="Group">Its process group.</param>
/// <param name="Started">After boot, in hundredths of a second.</param>
internal readonly record struct ProcessFacts(char State, int Parent, int Group, long Started)
{
    private const int MaxEnvironment = 256 * 1024;

    private static readonly string AdoptedPath = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{System.Environment.ProcessId}/children");

    public static ProcessFacts? Read(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        int length = ReadFile($"/proc/{pid}/stat", buffer);
        // The name of the program stands in parentheses and may hold anything, parentheses too.
        int name = buffer[..Math.Max(0, length)].LastIndexOf((byte)')');
        if (name < 0 || name + 4 > length) return null;
        ReadOnlySpan<byte> rest = buffer[(name + 2)..length];
        char state = (char)rest[0];
        int parent = 0;
        int group = 0;
        long started = 0;
        int field = 2;
        foreach (Range part in rest.Split((byte)' '))
        {
            field++;
            if (field == 4) _ = Utf8Parser.TryParse(rest[part], out parent, out _);
            if (field == 5) _ = Utf8Parser.TryParse(rest[part], out group, out _);
            if (field != 22) continue;
            _ = Utf8Parser.TryParse(rest[part], out started, out _);
            break;
        }

        return new ProcessFacts(state, parent, group, started);
    }

    /// <summary>The value of a variable in the environment a process was started with, or null.</summary>
    public static string? Variable(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> nameAndEquals)
    {
        while (!environment.IsEmpty)
        {
            int end = environment.IndexOf((byte)0);
            ReadOnlySpan<byte> entry = end < 0 ? environment : environment[..end];
            if (entry.StartsWith(nameAndEquals)) return Encoding.UTF8.GetString(entry[nameAndEquals.Length..]);
            environment = end < 0 ? default : environment[(end + 1)..];
        }

        return null;
    }

    /// <summary>The environment of a process; empty when it cannot be read.</summary>
    public static ReadOnlySpan<byte> Environment(int pid, ref byte[]? buffer)
    {
        buffer ??= new byte[MaxEnvironment];
        int length = ReadFile($"/proc/{pid}/environ", buffer);
        return buffer.AsSpan(0, Math.Max(0, length));
    }

    /// <summary>Children of the main thread, which inherits orphans; none if the kernel does not tell.</summary>
    public static void Adopted(List<int> pids)
    {
        Span<byte> buffer = stackalloc byte[8 * 1024];
        pids.Clear();
        int length = ReadFile(AdoptedPath, buffer);
        ReadOnlySpan<byte> rest = buffer[..Math.Max(0, length)];
        while (Utf8Parser.TryParse(rest, out int pid, out int digits))
        {
            pids.Add(pid);
            rest = rest[Math.Min(rest.Length, digits + 1)..];
        }
    }

    /// <summary>Reads without exceptions, for processes come and go. -1 when it cannot be opened.</summary>
    private static unsafe int ReadFile(string path, Span<byte> buffer)
    {
        Span<byte> name = stackalloc byte[64];
        name[Encoding.ASCII.GetBytes(path, name)] = 0;
        int fd;
        fixed (byte* text = name) fd = Libc.open(text, Linux.OpenCloseOnExec, 0);
        if (fd < 0) return -1;
        int length = 0;
        fixed (byte* to = buffer)
        {
            while (length < buffer.Length)
            {
                nint got = Libc.read(fd, to + length, buffer.Length - length);
                if (got <= 0) break;
                length += (int)got;
            }
        }

        _ = Libc.close(fd);
        return length;
    }
}
