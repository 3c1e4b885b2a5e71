using System.Runtime.InteropServices;

namespace Scout.Traffic.Kernel;

/// <summary><c>bpf(2)</c> by <c>syscall(2)</c>: the C library has no function for it.</summary>
internal sealed class LinuxBpf : IBpfCalls
{
    private readonly nint number;

    private LinuxBpf(nint number) => this.number = number;

    /// <summary>True where Scout knows the number of the call, and bytes come in the order that the programs count on.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && Number(RuntimeInformation.ProcessArchitecture) != 0;

    /// <exception cref="PlatformNotSupportedException">Another system, a 32-bit or a big-endian machine.</exception>
    public static LinuxBpf Open() => IsSupported
        ? new LinuxBpf(Number(RuntimeInformation.ProcessArchitecture))
        : throw new PlatformNotSupportedException($"eBPF accounting is for 64-bit little-endian Linux; this is {RuntimeInformation.OSDescription} on {RuntimeInformation.ProcessArchitecture}");

    /// <summary>Number of the call; 0 for machines that Scout does not know.</summary>
    public static nint Number(Architecture architecture) => !BitConverter.IsLittleEndian ? 0 : architecture switch
    {
        Architecture.X64 => 321,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 280,
        Architecture.Ppc64le => 361,
        _ => 0,
    };

    public unsafe int Call(BpfCommand command, void* attributes, int size)
    {
        nint result = Libc.syscall(number, (nint)command, attributes, size);
        return result >= 0 ? (int)result : -Marshal.GetLastPInvokeError();
    }

    public void Close(int fd) => _ = Libc.close(fd);
}
