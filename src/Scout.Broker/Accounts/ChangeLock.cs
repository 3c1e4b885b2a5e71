using Scout.Broker.Keys;
using Scout.Broker.Supervision;

namespace Scout.Broker.Accounts;

/// <summary>Held while accounts, trust or certificates are changed: the broker and a command beside it must not both do so at once.</summary>
internal sealed class ChangeLock : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly int held;

    private ChangeLock(int descriptor) => held = descriptor;

    /// <exception cref="BrokerKeyException">Somebody else has held it for 15 s.</exception>
    public static async Task<ChangeLock> TakeAsync(string path, TimeProvider time, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, Files.PrivateFile.Folder);
        int descriptor = Native.OpenOwn(path);
        if (descriptor < 0) throw new BrokerKeyException($"{path} cannot be opened: {Native.LastErrorText}");
        try
        {
            long start = time.GetTimestamp();
            while (Native.Flock(descriptor, Native.LockExclusive | Native.LockNonBlocking) != 0)
            {
                if (Native.LastError != Native.WouldBlock) throw new BrokerKeyException($"{path} cannot be locked: {Native.LastErrorText}");
                if (time.GetElapsedTime(start) > Patience) throw new BrokerKeyException($"{path}: another command changes keys or accounts for 15 s already", "wait until it has ended, then try again");
                await Task.Delay(Pause, time, cancellation);
            }

            return new ChangeLock(descriptor);
        }
        catch
        {
            _ = Native.Close(descriptor);
            throw;
        }
    }

    public void Dispose()
    {
        // A child that was forked and has not come to its exec yet shares the lock: it is let go of, not only closed.
        _ = Native.Flock(held, Native.LockRelease);
        _ = Native.Close(held);
    }
}
