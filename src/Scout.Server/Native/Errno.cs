using System.Runtime.InteropServices;

namespace Scout.Server.Native;

/// <summary>Words for error numbers.</summary>
internal static class Errno
{
    /// <summary>As the system says it: <c>No space left on device</c>.</summary>
    public static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
