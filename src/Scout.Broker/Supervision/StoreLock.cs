using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Scout.Broker.Supervision;

/// <summary>
/// The lock on a store: two servers on one store both start and both write (security.md 13). The launcher takes it and leaves the descriptor open across exec,
/// so it lives exactly as long as the server, also when the supervisor dies. In it: pid of the server, pid of its supervisor.
/// </summary>
internal static class StoreLock
{
    /// <summary>Takes the lock for this process and whatever it becomes. Null when it is ours; else who holds it, or what is wrong.</summary>
    public static string? Take(string path, int self, int supervisor, out int descriptor)
    {
        descriptor = Native.Open(path);
        if (descriptor < 0) return $"{path} cannot be opened: {Native.LastErrorText}";
        if (Native.Flock(descriptor, Native.LockExclusive | Native.LockNonBlocking) != 0)
        {
            string why = Native.LastError == Native.WouldBlock ? "held" : Native.LastErrorText;
            _ = Native.Close(descriptor);
            return why;
        }

        Native.Truncate(descriptor);
        Native.Write(descriptor, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{self} {supervisor}\n")));
        return null;
    }

    /// <summary>Who holds it now; null when nobody does.</summary>
    public static StoreHolder? Probe(string path)
    {
        if (!File.Exists(path)) return null;
        int descriptor = Native.Open(path);
        if (descriptor < 0) return null;
        try
        {
            if (Native.Flock(descriptor, Native.LockExclusive | Native.LockNonBlocking) == 0)
            {
                _ = Native.Flock(descriptor, Native.LockRelease);
                return null;
            }

            return Native.LastError == Native.WouldBlock ? Holder(descriptor) : null;
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
    }

    /// <summary>Read through the descriptor: opening the file by the library would ask for a lock of its own (FileShare is flock here) and fail.</summary>
    private static StoreHolder Holder(int descriptor)
    {
        Span<byte> bytes = stackalloc byte[64];
        using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        int count = RandomAccess.Read(handle, bytes, 0);
        string[] words = Encoding.ASCII.GetString(bytes[..count]).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !int.TryParse(words[0], out int server) || !int.TryParse(words[1], out int supervisor)) return new StoreHolder(0, Orphaned: false);
        // The kernel's word for the parent, not a number that another process may bear by now.
        return new StoreHolder(server, Orphaned: ParentOf(server) is { } parent && parent != supervisor);
    }

    /// <summary>Parent of a process by <c>/proc</c>, or null when it is gone.</summary>
    internal static int? ParentOf(int pid)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            string[] rest = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return int.Parse(rest[1], CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}

/// <param name="Server">Pid; 0 when it is not told.</param>
/// <param name="Orphaned">Its supervisor is gone, so it is ending: waiting helps.</param>
internal sealed record StoreHolder(int Server, bool Orphaned);
