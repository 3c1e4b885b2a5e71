using Microsoft.Win32.SafeHandles;

namespace Scout.Traffic.Kernel;

/// <summary>
/// A file descriptor of the kernel's BPF objects; closing the last one frees the object. The kernel opens them close-on-exec. Attributes carry bare integers, so a call holds
/// the handle by <see cref="Use"/> as long as it runs.
/// </summary>
internal sealed class BpfHandle : SafeHandleMinusOneIsInvalid
{
    private readonly IBpfCalls calls;

    public BpfHandle(IBpfCalls calls, int fd) : base(ownsHandle: true)
    {
        this.calls = calls;
        SetHandle(fd);
    }

    /// <summary>The bare number, and the promise that it stays valid until the lease is disposed.</summary>
    public Lease Use()
    {
        bool taken = false;
        DangerousAddRef(ref taken);
        return new Lease(this, (int)handle);
    }

    protected override bool ReleaseHandle()
    {
        calls.Close((int)handle);
        return true;
    }

    public readonly ref struct Lease(BpfHandle owner, int fd)
    {
        public int Fd => fd;

        public void Dispose() => owner.DangerousRelease();
    }
}
