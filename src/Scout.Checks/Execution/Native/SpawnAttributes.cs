using System.Runtime.InteropServices;

namespace Scout.Checks.Execution.Native;

/// <summary>
/// The attributes of every spawn: own process group (or session), all signals at their default, nothing blocked. 512 zeroed bytes for each opaque
/// structure; glibc needs 336 and 80.
/// </summary>
internal sealed unsafe class SpawnAttributes : IDisposable
{
    private const int OpaqueSize = 512;
    private const short SetProcessGroup = 0x02;
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private const short SetSession = 0x80;

    public SpawnAttributes(bool ownSession)
    {
        Attributes = (byte*)NativeMemory.AllocZeroed(OpaqueSize);
        Actions = (byte*)NativeMemory.AllocZeroed(OpaqueSize);
        byte* set = stackalloc byte[OpaqueSize];
        _ = Libc.posix_spawnattr_init(Attributes);
        // Not sigfillset, which leaves out the two signals glibc keeps for itself: its spawn would then hand one of them down ignored.
        new Span<byte>(set, OpaqueSize).Fill(0xFF);
        _ = Libc.posix_spawnattr_setsigdefault(Attributes, set);
        _ = Libc.sigemptyset(set);
        _ = Libc.posix_spawnattr_setsigmask(Attributes, set);
        // Both together would be EPERM: a session leader may not call setpgid.
        _ = Libc.posix_spawnattr_setpgroup(Attributes, 0);
        _ = Libc.posix_spawnattr_setflags(Attributes, (short)(SetSignalDefaults | SetSignalMask | (ownSession ? SetSession : SetProcessGroup)));
    }

    public byte* Attributes { get; private set; }

    /// <summary>Room for file actions, which differ with every spawn.</summary>
    public byte* Actions { get; private set; }

    public void Dispose()
    {
        NativeMemory.Free(Attributes);
        NativeMemory.Free(Actions);
        Attributes = Actions = null;
    }
}
