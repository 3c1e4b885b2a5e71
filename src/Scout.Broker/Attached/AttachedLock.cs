using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Scout.Broker.Files;
using Scout.Broker.Supervision;

namespace Scout.Broker.Attached;

/// <summary>
/// Held by <c>scout broker run --attached</c> as long as it lives: one a directory, and commands beside it find whom to tell. Whoever holds it has written his pid into it, so the
/// number is his as long as it is held.
/// </summary>
internal sealed class AttachedLock : IDisposable
{
    private readonly int held;

    private AttachedLock(int descriptor) => held = descriptor;

    /// <summary>Null when somebody else has it.</summary>
    public static AttachedLock? TryTake(BrokerFiles files)
    {
        Directory.CreateDirectory(files.RunFolder, PrivateFile.Folder);
        int descriptor = Native.OpenOwn(PathOf(files));
        if (descriptor < 0) return null;
        if (Native.Flock(descriptor, Native.LockExclusive | Native.LockNonBlocking) != 0)
        {
            _ = Native.Close(descriptor);
            return null;
        }

        Native.Truncate(descriptor);
        Native.Write(descriptor, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
        return new AttachedLock(descriptor);
    }

    /// <summary>Pid of the broker that runs; null when none does.</summary>
    public static int? Holder(BrokerFiles files)
    {
        if (!File.Exists(PathOf(files))) return null;
        int descriptor = Native.OpenOwn(PathOf(files));
        if (descriptor < 0) return null;
        try
        {
            if (Native.Flock(descriptor, Native.LockExclusive | Native.LockNonBlocking) == 0)
            {
                _ = Native.Flock(descriptor, Native.LockRelease);
                return null;
            }

            Span<byte> bytes = stackalloc byte[16];
            using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
            int count = RandomAccess.Read(handle, bytes, 0);
            return int.TryParse(Encoding.ASCII.GetString(bytes[..count]).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : null;
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
    }

    public void Dispose()
    {
        _ = Native.Flock(held, Native.LockRelease);
        _ = Native.Close(held);
    }

    private static string PathOf(BrokerFiles files) => Path.Combine(files.RunFolder, "attached.lock");
}
