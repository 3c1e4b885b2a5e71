using System.Runtime.InteropServices;

namespace Scout.Checks.Execution.Native;

/// <summary>The real calls.</summary>
internal sealed unsafe class LinuxProcessCalls : IProcessCalls
{
    private static readonly bool CanChangeFolder =
        NativeLibrary.TryLoad("libc", typeof(LinuxProcessCalls).Assembly, null, out nint library)
        && NativeLibrary.TryGetExport(library, "posix_spawn_file_actions_addchdir_np", out _);

    private static readonly byte* DevNull = Text("/dev/null");
    private static readonly byte* Env = Text("/usr/bin/env");

    public int Spawn(in SpawnCall call, out int pid)
    {
        byte* actions = call.Actions;
        int started = 0;
        pid = 0;
        int error = Libc.posix_spawn_file_actions_init(actions);
        if (error != 0) return error;
        error = Libc.posix_spawn_file_actions_addopen(actions, 0, DevNull, 0, 0);
        if (error == 0) error = Libc.posix_spawn_file_actions_adddup2(actions, call.Stdout, 1);
        if (error == 0) error = Libc.posix_spawn_file_actions_adddup2(actions, call.Stderr, 2);
        if (error == 0)
        {
            if (CanChangeFolder)
            {
                error = Libc.posix_spawn_file_actions_addchdir_np(actions, call.Directory);
                if (error == 0) error = Libc.posix_spawn(&started, call.Path, actions, call.Attributes, call.Argv, call.Environment);
            }
            else
            {
                error = SpawnThroughEnv(call, &started);
            }
        }

        _ = Libc.posix_spawn_file_actions_destroy(actions);
        pid = started;
        return error;
    }

    public int Kill(int pid, int signal) => Libc.kill(pid, signal) == 0 ? 0 : Libc.Errno;

    public int Open(int pid) => Linux.OpenPid(pid);

    public int SignalHandle(int pidFd, int signal) => Linux.SignalPid(pidFd, signal);

    public int Wait(int pid, out WaitStatus status)
    {
        byte* usage = stackalloc byte[144];
        int raw = 0;
        int result;
        do result = Libc.wait4(pid, &raw, Linux.WaitNoHang, usage);
        while (result < 0 && Libc.Errno == Errno.EINTR);
        status = default;
        if (result < 0) return Libc.Errno;
        if (result == 0) return -1;
        long* times = (long*)usage;
        status = new WaitStatus(raw, ((times[0] + times[2]) * TimeSpan.TicksPerSecond) + ((times[1] + times[3]) * 10), times[4] * 1024);
        return 0;
    }

    /// <summary>glibc before 2.29 cannot change the folder of a child it spawns; coreutils 8.28 can.</summary>
    private static int SpawnThroughEnv(in SpawnCall call, int* pid)
    {
        int count = 0;
        while (call.Argv[count] != null) count++;
        ReadOnlySpan<byte> folder = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(call.Directory);
        byte[] option = [.. "--chdir="u8, .. folder, 0];
        byte** argv = (byte**)NativeMemory.Alloc((nuint)(count + 3), (nuint)sizeof(byte*));
        fixed (byte* chdir = option)
        {
            argv[0] = Env;
            argv[1] = chdir;
            argv[2] = call.Path;
            for (int index = 1; index <= count; index++) argv[index + 2] = call.Argv[index];
            int error = Libc.posix_spawn(pid, Env, call.Actions, call.Attributes, argv, call.Environment);
            NativeMemory.Free(argv);
            return error;
        }
    }

    private static byte* Text(string text) => (byte*)Marshal.StringToCoTaskMemUTF8(text);
}
