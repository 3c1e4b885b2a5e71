using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Scout.Cli.Asking;

/// <summary>A path as the address of a Unix socket, also where it is longer than the 107 bytes of <c>sockaddr_un</c>.</summary>
internal sealed partial class SocketAddress : IDisposable
{
    private const int Longest = 107;
    private const int Flags = 0x200000 | 0x10000 | 0x80000; // O_PATH | O_DIRECTORY | O_CLOEXEC
    private readonly int folder = -1;

    /// <exception cref="IOException">The folder of a long path cannot be opened.</exception>
    public SocketAddress(string path)
    {
        string address = path;
        if (Encoding.UTF8.GetByteCount(path) > Longest)
        {
            folder = Open(Path.GetDirectoryName(path)!, Flags);
            if (folder < 0) throw new IOException($"its folder cannot be opened (errno {Marshal.GetLastPInvokeError()})");
            address = $"/proc/self/fd/{folder}/{Path.GetFileName(path)}";
        }

        EndPoint = new UnixDomainSocketEndPoint(address);
    }

    public UnixDomainSocketEndPoint EndPoint { get; }

    public void Dispose()
    {
        if (folder >= 0) _ = Close(folder);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
