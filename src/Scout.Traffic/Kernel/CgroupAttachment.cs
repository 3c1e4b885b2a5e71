using System.Runtime.InteropServices;
using System.Text;

namespace Scout.Traffic.Kernel;

/// <summary>
/// The two programs on one cgroup, both or none. By links, whose file descriptors are the attachment: nothing stays behind, even of a killed process. Before 5.7 without, by
/// <c>MULTI</c>, beside whatever else hangs there; then <see cref="IAttachMemory"/> remembers them.
/// </summary>
internal sealed unsafe class CgroupAttachment : IDisposable
{
    private const uint AllowMulti = 2;
    private const int CloseOnExec = 0x80000;
    private readonly IBpfCalls calls;
    private readonly BpfHandle[] links;
    private readonly BpfHandle? directory;
    private readonly BpfProgram[] programs;
    private readonly IAttachMemory? memory;

    private CgroupAttachment(IBpfCalls calls, string root, BpfProgram[] programs, BpfHandle[] links, BpfHandle? directory, IAttachMemory? memory)
    {
        this.calls = calls;
        this.programs = programs;
        this.links = links;
        this.directory = directory;
        this.memory = memory;
        Root = root;
    }

    /// <summary>Absolute path of the cgroup's directory.</summary>
    public string Root { get; }

    public bool ByLink => directory is null;

    /// <exception cref="BpfException">The kernel refused; nothing is attached then.</exception>
    /// <exception cref="IOException">The directory cannot be opened.</exception>
    public static CgroupAttachment Attach(IBpfCalls calls, string root, BpfProgram egress, BpfProgram ingress, IAttachMemory? memory)
    {
        BpfProgram[] both = [egress, ingress];
        BpfHandle cgroup = OpenDirectory(calls, root);
        var made = new List<BpfHandle>();
        try
        {
            foreach (BpfProgram program in both)
            {
                int result = CreateLink(calls, cgroup, program);
                if (result == -Errno.Invalid && made.Count == 0) return WithoutLinks(calls, root, both, cgroup, memory);
                made.Add(new BpfHandle(calls, Bpf.Check(result, BpfCommand.LinkCreate)));
            }
        }
        catch (BpfException)
        {
            foreach (BpfHandle link in made) link.Dispose();
            cgroup.Dispose();
            throw;
        }

        cgroup.Dispose();
        return new CgroupAttachment(calls, root, both, [.. made], null, memory);
    }

    /// <summary>Takes away what an attachment without links of a process that died in this boot left behind. Exactly those, by their ids.</summary>
    /// <returns>How many were there.</returns>
    public static int CleanUp(IBpfCalls calls, IAttachMemory memory, string bootId)
    {
        if (memory.Load() is not { } record) return 0;
        int detached = 0;
        if (record.BootId == bootId && Directory.Exists(record.Root))
        {
            using BpfHandle cgroup = OpenDirectory(calls, record.Root);
            if (DetachById(calls, cgroup, record.EgressId, TrafficDirection.Transmit)) detached++;
            if (DetachById(calls, cgroup, record.IngressId, TrafficDirection.Receive)) detached++;
        }

        memory.Save(null);
        return detached;
    }

    /// <summary>The id of the cgroup, as the kernel has it: 0 when it is gone. Null without links, which have no such information.</summary>
    public ulong? CgroupId()
    {
        if (links.Length == 0) return null;
        LinkInfo info = default;
        using BpfHandle.Lease lease = links[0].Use();
        var attributes = new ObjectInfoAttributes { Object = (uint)lease.Fd, InfoSize = (uint)sizeof(LinkInfo), Info = (ulong)&info };
        Bpf.Check(calls.Call(BpfCommand.ObjGetInfoByFd, &attributes, sizeof(ObjectInfoAttributes)), BpfCommand.ObjGetInfoByFd);
        return info.CgroupId;
    }

    public void Dispose()
    {
        foreach (BpfHandle link in links) link.Dispose();
        if (directory is null || directory.IsClosed) return;
        foreach (BpfProgram program in programs) _ = PlainAttach(calls, BpfCommand.ProgDetach, directory, program.Handle, program.Direction);
        directory.Dispose();
        memory?.Save(null);
    }

    private static CgroupAttachment WithoutLinks(IBpfCalls calls, string root, BpfProgram[] programs, BpfHandle directory, IAttachMemory? memory)
    {
        memory?.Save(new AttachRecord(BootId.Read(), root, programs[0].Info().Id, programs[1].Info().Id));
        var attached = new CgroupAttachment(calls, root, programs, [], directory, memory);
        try
        {
            foreach (BpfProgram program in programs)
            {
                Bpf.Check(PlainAttach(calls, BpfCommand.ProgAttach, directory, program.Handle, program.Direction), BpfCommand.ProgAttach);
            }
        }
        catch (BpfException)
        {
            attached.Dispose();
            throw;
        }

        return attached;
    }

    private static bool DetachById(IBpfCalls calls, BpfHandle directory, uint id, TrafficDirection direction)
    {
        var attributes = new GetFdByIdAttributes { Id = id };
        int fd = calls.Call(BpfCommand.ProgGetFdById, &attributes, sizeof(GetFdByIdAttributes));
        if (fd < 0) return false;
        using var program = new BpfHandle(calls, fd);
        return PlainAttach(calls, BpfCommand.ProgDetach, directory, program, direction) >= 0;
    }

    private static int PlainAttach(IBpfCalls calls, BpfCommand command, BpfHandle directory, BpfHandle program, TrafficDirection direction)
    {
        using BpfHandle.Lease target = directory.Use();
        using BpfHandle.Lease loaded = program.Use();
        var attributes = new ProgAttachAttributes
        {
            Target = (uint)target.Fd,
            Program = (uint)loaded.Fd,
            AttachType = BpfProgram.AttachType(direction),
            Flags = command == BpfCommand.ProgAttach ? AllowMulti : 0,
        };
        return calls.Call(command, &attributes, sizeof(ProgAttachAttributes));
    }

    private static int CreateLink(IBpfCalls calls, BpfHandle directory, BpfProgram program)
    {
        using BpfHandle.Lease target = directory.Use();
        using BpfHandle.Lease loaded = program.Handle.Use();
        var attributes = new LinkCreateAttributes { Program = (uint)loaded.Fd, Target = (uint)target.Fd, AttachType = BpfProgram.AttachType(program.Direction) };
        return calls.Call(BpfCommand.LinkCreate, &attributes, sizeof(LinkCreateAttributes));
    }

    /// <summary>Read-only: a mount that is read-only will do.</summary>
    private static BpfHandle OpenDirectory(IBpfCalls calls, string path)
    {
        byte[] text = Encoding.UTF8.GetBytes(path + '\0');
        int flags = CloseOnExec | (RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Ppc64le ? 0x4000 : 0x10000); // O_DIRECTORY
        fixed (byte* name = text)
        {
            int fd = Libc.open(name, flags, 0);
            if (fd >= 0) return new BpfHandle(calls, fd);
        }

        int errno = Marshal.GetLastPInvokeError();
        throw new IOException($"the cgroup {path} cannot be opened: {Marshal.GetPInvokeErrorMessage(errno)} ({errno})");
    }
}
