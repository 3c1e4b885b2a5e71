using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Scout.Cli.Terminal;

/// <summary>
/// Writes to an inherited descriptor with write(2). Console's own stream swallows EPIPE, so that <c>scout events --follow | head -1</c> would never end; a
/// FileStream writes at positions of its own, so that two commands that share one log file would overwrite each other.
/// </summary>
internal sealed partial class StandardStream(int descriptor) : DescriptorStream(descriptor)
{
    private const short PollOut = 4;

    /// <summary>A write that fails is told. Without it, as for stderr, where nobody could be told: what is lost is lost, and the exit code still says what came of the command.</summary>
    public bool Heeded { get; init; } = true;

    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <exception cref="WriteFailedException">The write failed; its HResult is the errno.</exception>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            int done = 0;
            while (done < buffer.Length)
            {
                nint written = WriteNative(Descriptor, start + done, buffer.Length - done);
                if (written >= 0)
                {
                    done += (int)written;
                    continue;
                }

                int errno = Marshal.GetLastPInvokeError();
                if (errno == Eintr) continue;
                if (errno == Eagain)
                {
                    // Somebody made the terminal non-blocking (ssh does); wait until it takes more.
                    _ = Wait(PollOut, 1000);
                    continue;
                }

                if (!Heeded) return;
                throw new WriteFailedException(Descriptor == 2 ? "stderr" : "stdout", new Win32Exception(errno).Message, errno);
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteNative(int descriptor, byte* buffer, nint count);
}
