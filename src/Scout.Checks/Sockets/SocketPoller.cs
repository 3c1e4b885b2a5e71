using System.Runtime.InteropServices;

namespace Scout.Checks.Sockets;

/// <summary>Waits for many descriptors at once (<c>epoll</c>) and can be woken from other threads.</summary>
public sealed unsafe class SocketPoller : IDisposable
{
    /// <summary>Most that one wait tells.</summary>
    public const int Most = 64;

    /// <summary>Tag of a wake-up; it is not reported.</summary>
    private const ulong WakeTag = ulong.MaxValue;

    // Packed on x86-64, and only there.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly Lock gate = new();
    private readonly byte* events;
    private readonly int epoll;
    private readonly int wake;
    private bool closed;

    /// <exception cref="InvalidOperationException">No descriptors are left.</exception>
    public SocketPoller()
    {
        epoll = SocketCalls.epoll_create1(SocketCalls.CloseOnExec);
        wake = SocketCalls.eventfd(0, SocketCalls.CloseOnExec | SocketCalls.NonBlocking);
        if (epoll < 0 || wake < 0) throw new InvalidOperationException($"cannot wait for sockets: {SocketErrors.Text(SocketCalls.Errno)}; raise the limit of open files");
        events = (byte*)NativeMemory.Alloc((nuint)(Most * EventSize));
        Add(wake, WakeTag, SocketEvents.Readable);
    }

    /// <summary>Of this poller itself: readable when one of its descriptors is ready, so that another can wait for all of them.</summary>
    public int Descriptor => epoll;

    /// <returns>0 or the error number.</returns>
    public int Add(int descriptor, ulong tag, SocketEvents wanted)
    {
        byte* buffer = stackalloc byte[16];
        *(uint*)buffer = (uint)wanted;
        *(ulong*)(buffer + EventSize - 8) = tag;
        return SocketCalls.epoll_ctl(epoll, 1, descriptor, buffer) == 0 ? 0 : SocketCalls.Errno;
    }

    public void Remove(int descriptor)
    {
        byte* buffer = stackalloc byte[16];
        _ = SocketCalls.epoll_ctl(epoll, 2, descriptor, buffer);
    }

    /// <summary>Waits.</summary>
    /// <param name="milliseconds">0: only looks; -1: for ever.</param>
    /// <returns>How many are ready; at most 64, then there may be more.</returns>
    public int Wait(int milliseconds) => Math.Max(0, SocketCalls.epoll_wait(epoll, events, Most, milliseconds));

    /// <summary>What is ready; false for a wake-up.</summary>
    public bool TryGet(int index, out ulong tag, out SocketEvents ready)
    {
        byte* one = events + (index * EventSize);
        ready = (SocketEvents)(*(uint*)one);
        tag = *(ulong*)(one + EventSize - 8);
        if (tag != WakeTag) return true;
        long ignored;
        _ = SocketCalls.read(wake, &ignored, sizeof(long));
        return false;
    }

    /// <summary>Ends a wait, or the next one. From any thread.</summary>
    public void Wake()
    {
        long one = 1;
        lock (gate)
        {
            if (!closed) _ = SocketCalls.write(wake, &one, sizeof(long));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (closed) return;
            closed = true;
            _ = SocketCalls.close(wake);
            _ = SocketCalls.close(epoll);
            NativeMemory.Free(events);
        }
    }
}

/// <summary>Bits of <c>epoll</c>.</summary>
[Flags]
public enum SocketEvents : uint
{
    None = 0,
    Readable = 1,
    Writable = 4,
    Error = 8,
    HangUp = 0x10,
    PeerClosed = 0x2000,

    /// <summary>Tell each change once.</summary>
    Edge = 0x8000_0000,
}
