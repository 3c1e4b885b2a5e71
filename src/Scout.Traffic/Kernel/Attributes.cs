using System.Runtime.InteropServices;

namespace Scout.Traffic.Kernel;

// The attribute of each command of bpf(2), as the kernel lays it out (include/uapi/linux/bpf.h). What the kernel does not know must be zero.

[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct MapCreateAttributes
{
    [FieldOffset(0)] public uint Type;
    [FieldOffset(4)] public uint KeySize;
    [FieldOffset(8)] public uint ValueSize;
    [FieldOffset(12)] public uint MaxEntries;
    [FieldOffset(16)] public uint Flags;
    [FieldOffset(28)] public fixed byte Name[16];
}

/// <summary>For lookup, update, delete and next key.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct MapElementAttributes
{
    [FieldOffset(0)] public uint Map;
    [FieldOffset(8)] public ulong Key;

    /// <summary>Also the next key.</summary>
    [FieldOffset(16)] public ulong Value;
    [FieldOffset(24)] public ulong Flags;
}

[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct ProgLoadAttributes
{
    [FieldOffset(0)] public uint Type;
    [FieldOffset(4)] public uint Count;
    [FieldOffset(8)] public ulong Instructions;
    [FieldOffset(16)] public ulong License;
    [FieldOffset(24)] public uint LogLevel;
    [FieldOffset(28)] public uint LogSize;
    [FieldOffset(32)] public ulong Log;
    [FieldOffset(48)] public fixed byte Name[16];
    [FieldOffset(68)] public uint ExpectedAttachType;
}

/// <summary>For attach and detach without a link.</summary>
[StructLayout(LayoutKind.Explicit, Size = 20)]
internal struct ProgAttachAttributes
{
    [FieldOffset(0)] public uint Target;
    [FieldOffset(4)] public uint Program;
    [FieldOffset(8)] public uint AttachType;
    [FieldOffset(12)] public uint Flags;
}

[StructLayout(LayoutKind.Explicit, Size = 12)]
internal struct GetFdByIdAttributes
{
    [FieldOffset(0)] public uint Id;
}

[StructLayout(LayoutKind.Explicit, Size = 80)]
internal struct TestRunAttributes
{
    [FieldOffset(0)] public uint Program;
    [FieldOffset(4)] public uint Result;
    [FieldOffset(8)] public uint DataSize;
    [FieldOffset(16)] public ulong Data;
    [FieldOffset(32)] public uint Repeat;

    /// <summary>Whole nanoseconds a run, set by the kernel.</summary>
    [FieldOffset(36)] public uint Duration;
    [FieldOffset(40)] public uint ContextSize;
    [FieldOffset(48)] public ulong Context;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ObjectInfoAttributes
{
    [FieldOffset(0)] public uint Object;
    [FieldOffset(4)] public uint InfoSize;
    [FieldOffset(8)] public ulong Info;
}

[StructLayout(LayoutKind.Explicit, Size = 56)]
internal struct MapBatchAttributes
{
    [FieldOffset(0)] public ulong InBatch;
    [FieldOffset(8)] public ulong OutBatch;
    [FieldOffset(16)] public ulong Keys;
    [FieldOffset(24)] public ulong Values;

    /// <summary>In: room; out: how many there are.</summary>
    [FieldOffset(32)] public uint Count;
    [FieldOffset(36)] public uint Map;
    [FieldOffset(40)] public ulong ElementFlags;
    [FieldOffset(48)] public ulong Flags;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct LinkCreateAttributes
{
    [FieldOffset(0)] public uint Program;
    [FieldOffset(4)] public uint Target;
    [FieldOffset(8)] public uint AttachType;
    [FieldOffset(12)] public uint Flags;
}

/// <summary>Of a program: what <see cref="BpfCommand.ObjGetInfoByFd"/> fills, as far as Scout reads it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 208)]
internal unsafe struct ProgramInfo
{
    [FieldOffset(4)] public uint Id;
    [FieldOffset(64)] public fixed byte Name[16];
    [FieldOffset(192)] public ulong RunNanoseconds;
    [FieldOffset(200)] public ulong Runs;
}

/// <summary>Of a link on a cgroup.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct LinkInfo
{
    [FieldOffset(0)] public uint Type;
    [FieldOffset(4)] public uint Id;

    /// <summary>0 once the cgroup is gone.</summary>
    [FieldOffset(16)] public ulong CgroupId;
}

/// <summary>For <see cref="BpfCommand.EnableStats"/>: type 0 is the run time of programs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4)]
internal struct EnableStatsAttributes
{
    [FieldOffset(0)] public uint Type;
}

/// <summary>The context of a test run: a __sk_buff of 192 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct SkBuffContext
{
    [FieldOffset(40)] public uint InterfaceIndex;
    [FieldOffset(164)] public uint Segments;
}
