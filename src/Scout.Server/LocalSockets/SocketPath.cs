using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Scout.Server.Native;

namespace Scout.Server.LocalSockets;

/// <summary>Unix sockets whose path is over the 107 bytes that <c>sun_path</c> holds go through <c>/proc/self/fd/&lt;folder&gt;/</c>.</summary>
public static class SocketPath
{
    private const int Longest = 107;

    /// <summary>Connects to a socket, however long its path.</summary>
    public static async Task ConnectAsync(System.Net.Sockets.Socket socket, string path, CancellationToken cancel)
    {
        using SafeFileHandle? folder = Shorten(path, out string reachable);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(reachable), cancel);
    }

    internal static void Bind(System.Net.Sockets.Socket socket, string path)
    {
        using SafeFileHandle? folder = Shorten(path, out string reachable);
        socket.Bind(new UnixDomainSocketEndPoint(reachable));
    }

    private static SafeFileHandle? Shorten(string path, out string reachable)
    {
        reachable = path;
        if (Encoding.UTF8.GetByteCount(path) <= Longest) return null;
        int folder = Libc.OpenAt(Libc.AtFdCwd, Path.GetDirectoryName(path)!, Libc.OpenReadOnly | Libc.OpenDirectory | Libc.OpenCloseOnExec, 0);
        if (folder < 0) throw new IOException($"{Path.GetDirectoryName(path)} cannot be opened");
        reachable = $"/proc/self/fd/{folder}/{Path.GetFileName(path)}";
        return new SafeFileHandle(folder, ownsHandle: true);
    }
}
