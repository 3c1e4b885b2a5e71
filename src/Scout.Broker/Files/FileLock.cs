using Scout.Broker.Supervision;

namespace Scout.Broker.Files;

/// <summary>Held for a moment while a file is changed that several processes write. Waits as long as it takes: nobody keeps it longer than one write.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly int held;

    private FileLock(int descriptor) => held = descriptor;

    /// <exception cref="IOException">It cannot be taken.</exception>
    public static FileLock Take(string path)
    {
        int descriptor = Native.OpenOwn(path);
        if (descriptor < 0) throw new IOException($"{path} cannot be opened: {Native.LastErrorText}");
        while (Native.Flock(descriptor, Native.LockExclusive) != 0)
        {
            if (Native.LastError == Native.Interrupted) continue;
            string why = Native.LastErrorText;
            _ = Native.Close(descriptor);
            throw new IOException($"{path} cannot be locked: {why}");
        }

        return new FileLock(descriptor);
    }

    public void Dispose()
    {
        // A child that was forked and has not come to its exec yet shares the lock: it is let go of, not only closed.
        _ = Native.Flock(held, Native.LockRelease);
        _ = Native.Close(held);
    }
}
