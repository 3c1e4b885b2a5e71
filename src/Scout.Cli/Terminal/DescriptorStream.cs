using System.Runtime.InteropServices;

namespace Scout.Cli.Terminal;

/// <summary>What an inherited descriptor is in either direction: it has no length and no place in it, and can be waited for.</summary>
internal abstract partial class DescriptorStream(int descriptor) : Stream
{
    protected const int Eintr = 4;
    protected const int Eagain = 11;

    protected int Descriptor => descriptor;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
        // Nothing is kept here.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>poll(2) of this descriptor alone: more than 0 when it is ready, 0 when the time is over, less with errno.</summary>
    /// <param name="events"><c>POLLIN</c> or <c>POLLOUT</c>.</param>
    /// <param name="milliseconds">The longest wait.</param>
    protected unsafe int Wait(short events, int milliseconds)
    {
        var poll = new PollEntry { Descriptor = descriptor, Events = events };
        return PollNative(&poll, 1, milliseconds);
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int PollNative(PollEntry* entries, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
