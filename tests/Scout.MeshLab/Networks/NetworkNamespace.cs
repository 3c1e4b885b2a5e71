using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Scout.MeshLab.Networks;

/// <summary>Does something inside a network namespace, on a thread of its own. Sockets made there stay there, whoever uses them later.</summary>
internal static partial class NetworkNamespace
{
    private const int NewNetwork = 0x40000000;

    public static T Inside<T>(string name, Func<T> body)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle handle = File.OpenHandle("/run/netns/" + name);
                if (Enter((int)handle.DangerousGetHandle(), NewNetwork) != 0) throw new InvalidOperationException($"cannot enter {name}: error {Marshal.GetLastPInvokeError()}");
                result = body();
            }
            catch (Exception error)
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException($"in {name}: {failure.Message}", failure);
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int Enter(int descriptor, int type);
}
