using System.Runtime.InteropServices;
using Scout.Server.Native;

namespace Scout.Server.MachineDirectory;

/// <summary>
/// Says when anything in the machine directory or its sub-folders was touched, by inotify. What it was does not matter: the folder is looked at anew.
/// One small thread, asleep in <c>poll</c>.
/// </summary>
internal sealed class FolderNotifier : IDisposable
{
    // CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE, ATTRIB, DELETE_SELF, MOVE_SELF, MODIFY
    private const uint Mask = 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x4 | 0x400 | 0x800 | 0x2;
    private const short PollIn = 1;

    private readonly string root;
    private readonly Action touched;
    private readonly ILookup<string, string> files;
    private readonly Dictionary<int, string> fileWatches = [];
    private readonly Lock gate = new();
    private readonly int notify;
    private readonly int wake;
    private volatile bool stopped;

    private FolderNotifier(string root, IEnumerable<string> files, Action touched, int notify, int wake)
    {
        this.root = root;
        this.touched = touched;
        this.files = files.ToLookup(file => Path.GetDirectoryName(file) ?? "/", file => Path.GetFileName(file));
        this.notify = notify;
        this.wake = wake;
    }

    /// <summary>Null with a reason when the system has no inotify left.</summary>
    /// <param name="root">All that happens in it and its sub-folders counts.</param>
    /// <param name="files">Files elsewhere: of their folders only what concerns them counts.</param>
    /// <param name="touched">Called on the notifier's thread.</param>
    /// <param name="reason">Why there is none.</param>
    public static FolderNotifier? Start(string root, IEnumerable<string> files, Action touched, out string reason)
    {
        reason = "";
        int events = Libc.InotifyInit(Libc.OpenCloseOnExec | Libc.OpenNonBlocking);
        if (events < 0)
        {
            reason = Errno.Text(Marshal.GetLastPInvokeError());
            return null;
        }

        int bell = Libc.EventFd(0, Libc.OpenCloseOnExec | Libc.OpenNonBlocking);
        var notifier = new FolderNotifier(root, files, touched, events, bell);
        if (Libc.InotifyAddWatch(events, root, Mask) < 0)
        {
            reason = Errno.Text(Marshal.GetLastPInvokeError());
            _ = Libc.Close(events);
            _ = Libc.Close(bell);
            return null;
        }

        notifier.Renew();
        new Thread(notifier.Listen, 128 * 1024) { IsBackground = true, Name = "scout-inotify" }.Start();
        return notifier;
    }

    /// <summary>Watches folders that came since; a folder watched already stays so.</summary>
    public void Renew()
    {
        if (stopped) return;
        _ = Libc.InotifyAddWatch(notify, root, Mask);
        try
        {
            foreach (string folder in Directory.EnumerateDirectories(root)) _ = Libc.InotifyAddWatch(notify, folder, Mask);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The reader says so when it lists the folder.
        }

        foreach (IGrouping<string, string> folder in files)
        {
            if (folder.Key == root) continue;
            int watch = Libc.InotifyAddWatch(notify, folder.Key, Mask);
            if (watch < 0) continue;
            lock (gate) fileWatches[watch] = folder.Key;
        }
    }

    // struct inotify_event: wd, mask, cookie, length of the name, name with its zeros.
    private bool Matters(ReadOnlySpan<byte> events)
    {
        while (events.Length >= 16)
        {
            int watch = BitConverter.ToInt32(events);
            int length = BitConverter.ToInt32(events[12..]);
            if (length < 0 || length > events.Length - 16) return true;
            string? folder;
            lock (gate) folder = fileWatches.GetValueOrDefault(watch);
            if (folder is null) return true;
            ReadOnlySpan<byte> name = events.Slice(16, length).TrimEnd((byte)0);
            // A folder of Kubernetes is all links into ..data, which is swapped as a whole.
            string text = System.Text.Encoding.UTF8.GetString(name);
            if (text == "..data" || files[folder].Contains(text)) return true;
            events = events[(16 + length)..];
        }

        return false;
    }

    public unsafe void Dispose()
    {
        if (stopped) return;
        stopped = true;
        ulong one = 1;
        _ = Libc.Write(wake, (byte*)&one, sizeof(ulong));
    }

    private unsafe void Listen()
    {
        byte* buffer = stackalloc byte[4096];
        Libc.PollEntry* entries = stackalloc Libc.PollEntry[2];
        while (!stopped)
        {
            entries[0] = new Libc.PollEntry { Descriptor = notify, Events = PollIn };
            entries[1] = new Libc.PollEntry { Descriptor = wake, Events = PollIn };
            if (Libc.Poll(entries, 2, -1) < 0 && Marshal.GetLastPInvokeError() != Libc.ErrnoInterrupted) break;
            bool any = false;
            nint read;
            while ((read = Libc.Read(notify, buffer, 4096)) > 0) any |= Matters(new ReadOnlySpan<byte>(buffer, (int)read));
            if (any && !stopped) touched();
        }

        _ = Libc.Close(notify);
        _ = Libc.Close(wake);
    }
}
