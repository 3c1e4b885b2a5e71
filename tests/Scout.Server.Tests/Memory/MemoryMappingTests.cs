using System.Text;
using Scout.Server.Memory;

namespace Scout.Server.Tests.Memory;

public sealed class MemoryMappingTests
{
    [Theory]
    [InlineData("55e6b5090000-55e6b6289000 r-xp 02b5f000 fe:01 1234                       /opt/scout/scout", false)]
    [InlineData("7ef8eabd2000-7ef8eace2000 r--s 02b5f000 fe:01 1234                       /opt/with space/scout", true)]
    public void Code_and_constants_of_a_file_are_of_use(string line, bool shared)
    {
        Assert.True(MemoryMapping.TryReadOnlyFile(Encoding.UTF8.GetBytes(line), out MemoryMapping mapping));
        Assert.Equal(shared, mapping.Shared);
        Assert.True(mapping.End > mapping.Start);
        Assert.Equal(nuint.Parse(line[..12], System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture), mapping.Start);
    }

    [Theory]
    [InlineData("")]
    [InlineData("55e6b5090000-55e6b6289000")]
    [InlineData("55e6b6289000-55e6b5090000 r-xp 00000000 fe:01 1234 /opt/scout/scout")]
    [InlineData("x5e6b5090000-55e6b6289000 r-xp 00000000 fe:01 1234 /opt/scout/scout")]
    [InlineData("55e6b5090000-55e6b6289000 rw-p 00000000 fe:01 1234 /opt/scout/scout")]
    [InlineData("55e6b5090000-55e6b6289000 ---p 00000000 fe:01 1234 /opt/scout/scout")]
    [InlineData("55e6b5090000-55e6b6289000 r--p 00000000 00:00 0 ")]
    [InlineData("55e6b5090000-55e6b6289000 r-xp 00000000 00:00 0 [vdso]")]
    [InlineData("55e6b5090000-55e6b6289000 r-xs 00000000 00:01 1025 /memfd:doublemapper (deleted)")]
    [InlineData("55e6b5090000-55e6b6289000 r-xp 00000000 fe:01 1234 /opt/scout/scout (deleted)")]
    [InlineData("55e6b5090000-55e6b6289000 r--s 00000000 00:05 1025 /dev/zero")]
    [InlineData("55e6b5090000-55e6b6289000 r--s 00000000 00:0e 1025 anon_inode:/perf")]
    public void Everything_else_is_left_alone(string line) => Assert.False(MemoryMapping.TryReadOnlyFile(Encoding.UTF8.GetBytes(line), out _));
}
