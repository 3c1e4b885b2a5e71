using System.Text;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Kernel;

/// <summary>A program in the kernel, verified and not yet attached.</summary>
internal sealed unsafe class BpfProgram : IDisposable
{
    private const uint CgroupSkb = 8;
    private const int FirstLog = 256 * 1024;
    private const int LargestLog = 16 * 1024 * 1024;
    private const int Tries = 10;
    private const uint Repeats = 1;
    private readonly IBpfCalls calls;

    private BpfProgram(IBpfCalls calls, BpfHandle handle, TrafficDirection direction)
    {
        this.calls = calls;
        Handle = handle;
        Direction = direction;
    }

    public BpfHandle Handle { get; }

    public TrafficDirection Direction { get; }

    /// <summary>The kernel's number for where it hangs: 0 ingress, 1 egress.</summary>
    public static uint AttachType(TrafficDirection direction) => (uint)direction;

    /// <summary>Loads quietly; when that fails, once more with the verifier's log.</summary>
    /// <exception cref="BpfException">The kernel refused it; the log says why when it was the verifier.</exception>
    public static BpfProgram Load(IBpfCalls calls, TrafficDirection direction, ReadOnlySpan<ulong> code, string? name = null)
    {
        name ??= direction == TrafficDirection.Transmit ? "scout_egress" : "scout_ingress";
        int result = TryLoad(calls, direction, code, name, []);
        if (result >= 0) return new BpfProgram(calls, new BpfHandle(calls, result), direction);
        byte[] log = [];
        for (int size = FirstLog; size <= LargestLog; size *= 2)
        {
            log = new byte[size];
            int again = TryLoad(calls, direction, code, name, log);
            if (again >= 0) return new BpfProgram(calls, new BpfHandle(calls, again), direction);
            if (again != -Errno.NoSpace) break;
        }

        int length = Array.IndexOf(log, (byte)0);
        throw new BpfException(BpfCommand.ProgLoad, -result, Encoding.UTF8.GetString(log, 0, length < 0 ? log.Length : length));
    }

    /// <summary>
    /// Runs it on a packet as if that came in. The packet begins with an Ethernet header, and has at least 20 bytes behind it. A run that a signal cut short is repeated by the
    /// caller: <c>-EINTR</c>.
    /// </summary>
    /// <returns>The program's verdict, or minus the error number.</returns>
    public int TryRun(ReadOnlySpan<byte> packet, uint repeats = Repeats, SkBuffContext? context = null)
    {
        SkBuffContext given = context.GetValueOrDefault();
        using BpfHandle.Lease lease = Handle.Use();
        fixed (byte* data = packet)
        {
            var attributes = new TestRunAttributes
            {
                Program = (uint)lease.Fd,
                DataSize = (uint)packet.Length,
                Data = (ulong)data,
                Repeat = repeats,
                ContextSize = context is null ? 0 : (uint)sizeof(SkBuffContext),
                Context = context is null ? 0 : (ulong)&given,
            };
            int result = calls.Call(BpfCommand.ProgTestRun, &attributes, sizeof(TestRunAttributes));
            return result < 0 ? result : (int)attributes.Result;
        }
    }

    /// <summary>Runs it once, also when a signal comes.</summary>
    /// <exception cref="BpfException">The kernel refused to.</exception>
    public int Run(ReadOnlySpan<byte> packet, SkBuffContext? context = null)
    {
        int result = -Errno.Interrupted;
        for (int tries = 0; tries < Tries && result == -Errno.Interrupted; tries++) result = TryRun(packet, Repeats, context);
        return Bpf.Check(result, BpfCommand.ProgTestRun);
    }

    /// <summary>Id, run time and number of runs (the last two only while the kernel counts them).</summary>
    public ProgramInfo Info()
    {
        ProgramInfo info = default;
        using BpfHandle.Lease lease = Handle.Use();
        var attributes = new ObjectInfoAttributes { Object = (uint)lease.Fd, InfoSize = (uint)sizeof(ProgramInfo), Info = (ulong)&info };
        Bpf.Check(calls.Call(BpfCommand.ObjGetInfoByFd, &attributes, sizeof(ObjectInfoAttributes)), BpfCommand.ObjGetInfoByFd);
        return info;
    }

    public void Dispose() => Handle.Dispose();

    private static int TryLoad(IBpfCalls calls, TrafficDirection direction, ReadOnlySpan<ulong> code, string name, byte[] log)
    {
        ReadOnlySpan<byte> license = "Apache-2.0\0"u8;
        fixed (ulong* instructions = code)
        fixed (byte* text = license, buffer = log)
        {
            var attributes = new ProgLoadAttributes
            {
                Type = CgroupSkb,
                Count = (uint)code.Length,
                Instructions = (ulong)instructions,
                License = (ulong)text,
                LogLevel = log.Length > 0 ? 1u : 0,
                LogSize = (uint)log.Length,
                Log = (ulong)buffer,
                ExpectedAttachType = AttachType(direction),
            };
            Bpf.Name(attributes.Name, name);

            // A pending signal aborts verification, and the runtime uses signals.
            int result = -Errno.Again;
            for (int tries = 0; tries < Tries && result == -Errno.Again; tries++)
            {
                result = Bpf.Create(calls, BpfCommand.ProgLoad, &attributes, sizeof(ProgLoadAttributes));
            }

            return result;
        }
    }
}
