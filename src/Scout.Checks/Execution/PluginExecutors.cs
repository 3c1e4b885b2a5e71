using System.Runtime.InteropServices;

namespace Scout.Checks.Execution;

/// <summary>Chooses how plugins are run.</summary>
public static class PluginExecutors
{
    /// <summary>True where <see cref="PluginExecutor"/> works: Linux with a C library that has the calls.</summary>
    public static bool HasNative { get; } = OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("libc", typeof(PluginExecutors).Assembly, null, out nint library)
        && NativeLibrary.TryGetExport(library, "posix_spawn", out _)
        && NativeLibrary.TryGetExport(library, "epoll_wait", out _)
        && NativeLibrary.TryGetExport(library, "pipe2", out _);

    /// <summary>Null when plugins can be run as other users than the server's; else why not, and what to do.</summary>
    /// <param name="process">As for <see cref="Create"/>.</param>
    public static string? CannotRunAsOthers(bool process = false) =>
        HasNative && !process ? RunAs.Missing() : "the portable executor runs everything as the user of the server";

    /// <summary>Makes an executor.</summary>
    /// <param name="options">How.</param>
    /// <param name="process">True: <see cref="ProcessExecutor"/> even where the other one works (<c>executor: process</c>).</param>
    public static IPluginExecutor Create(PluginExecutorOptions options, bool process = false) =>
        HasNative && !process ? new PluginExecutor(options) : new ProcessExecutor(options);
}
