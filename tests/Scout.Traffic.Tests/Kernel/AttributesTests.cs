using System.Runtime.InteropServices;
using Scout.Traffic.Kernel;

namespace Scout.Traffic.Tests.Kernel;

/// <summary>Sizes and offsets of the kernel's header, include/uapi/linux/bpf.h.</summary>
public sealed class AttributesTests
{
    [Fact]
    public void Each_attribute_has_the_kernels_size()
    {
        Assert.Equal(72, Marshal.SizeOf<MapCreateAttributes>());
        Assert.Equal(32, Marshal.SizeOf<MapElementAttributes>());
        Assert.Equal(72, Marshal.SizeOf<ProgLoadAttributes>());
        Assert.Equal(20, Marshal.SizeOf<ProgAttachAttributes>());
        Assert.Equal(12, Marshal.SizeOf<GetFdByIdAttributes>());
        Assert.Equal(80, Marshal.SizeOf<TestRunAttributes>());
        Assert.Equal(16, Marshal.SizeOf<ObjectInfoAttributes>());
        Assert.Equal(56, Marshal.SizeOf<MapBatchAttributes>());
        Assert.Equal(16, Marshal.SizeOf<LinkCreateAttributes>());
        Assert.Equal(192, Marshal.SizeOf<SkBuffContext>());
        Assert.Equal(208, Marshal.SizeOf<ProgramInfo>());
    }

    [Fact]
    public void Fields_lie_where_the_kernel_reads_them()
    {
        Assert.Equal(28, Offset<MapCreateAttributes>("Name"));
        Assert.Equal(24, Offset<MapElementAttributes>("Flags"));
        Assert.Equal(48, Offset<ProgLoadAttributes>("Name"));
        Assert.Equal(68, Offset<ProgLoadAttributes>("ExpectedAttachType"));
        Assert.Equal(48, Offset<TestRunAttributes>("Context"));
        Assert.Equal(36, Offset<MapBatchAttributes>("Map"));
        Assert.Equal(200, Offset<ProgramInfo>("Runs"));
        Assert.Equal(16, Offset<LinkInfo>("CgroupId"));
    }

    [Theory]
    [InlineData(Architecture.X64, 321)]
    [InlineData(Architecture.Arm64, 280)]
    [InlineData(Architecture.RiscV64, 280)]
    [InlineData(Architecture.LoongArch64, 280)]
    [InlineData(Architecture.Ppc64le, 361)]
    [InlineData(Architecture.Arm, 0)]
    [InlineData(Architecture.S390x, 0)]
    public void The_number_of_the_call_is_known_or_zero(Architecture architecture, int number) => Assert.Equal(number, LinuxBpf.Number(architecture));

    [Fact]
    public void A_message_names_the_command_and_the_error_and_ends_with_the_last_lines()
    {
        string log = string.Join('\n', Enumerable.Range(1, 100).Select(line => $"line {line}"));
        string message = new BpfException(BpfCommand.ProgLoad, Errno.NoAccess, log).Message;
        Assert.StartsWith("bpf(PROG_LOAD) failed: Permission denied (13)\nline 71\n", message, StringComparison.Ordinal);
        Assert.EndsWith("line 100", message, StringComparison.Ordinal);
    }

    private static int Offset<T>(string field) => (int)Marshal.OffsetOf<T>(field);
}
