using System.Runtime.InteropServices;

namespace Scout.Cli.Terminal;

/// <summary>
/// Asks the terminal for its size by ioctl. Console.WindowWidth would first bring the terminal into the mode in which .NET reads keys (application cursor keys, handlers for children
/// and for being continued), and leave it there: a command that only prints must leave no trace.
/// </summary>
internal static partial class TerminalSize
{
    private const nuint GetWindowSize = 0x5413; // TIOCGWINSZ

    /// <summary>Columns and rows; null when it is no terminal, or one that does not know.</summary>
    public static unsafe (int Columns, int Rows)? Of(int descriptor)
    {
        WindowSize size = default;
        return Ioctl(descriptor, GetWindowSize, &size) == 0 && size is { Columns: > 0, Rows: > 0 } ? (size.Columns, size.Rows) : null;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Ioctl(int descriptor, nuint request, WindowSize* size);

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Wide;
        public ushort High;
    }
}
