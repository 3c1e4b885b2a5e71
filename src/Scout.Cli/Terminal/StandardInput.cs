using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Scout.Cli.Terminal;

/// <summary>
/// Reads descriptor 0 as it is, line by line where it is a terminal. Console.In would change how the terminal echoes and sit in its read until the end of the line, so that Ctrl-C at a
/// question did nothing.
/// </summary>
internal sealed partial class StandardInput(CancellationToken interrupted) : DescriptorStream(0)
{
    private const short PollIn = 1;
    private const int LookAgain = 50; // ms

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="OperationCanceledException">Ctrl-C or SIGTERM.</exception>
    public override unsafe int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (true)
        {
            interrupted.ThrowIfCancellationRequested();
            int ready = Wait(PollIn, LookAgain);
            if (ready == 0 || (ready < 0 && Marshal.GetLastPInvokeError() == Eintr)) continue;
            fixed (byte* start = buffer)
            {
                nint count = ReadNative(Descriptor, start, buffer.Length);
                if (count >= 0) return (int)count;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno is not (Eintr or Eagain)) throw new IOException($"stdin cannot be read: {new Win32Exception(errno).Message}", errno);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint ReadNative(int descriptor, byte* buffer, nint count);
}
