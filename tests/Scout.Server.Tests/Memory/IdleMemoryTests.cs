using System.Runtime.InteropServices;
using Scout.Server.Memory;
using Scout.Testing;

namespace Scout.Server.Tests.Memory;

public sealed partial class IdleMemoryTests : IDisposable
{
    private const int Pages = 64;
    private const int ReadWrite = 3;
    private const int Read = 1;
    private const int Private = 2;

    private readonly TempFolder folder = new();
    private readonly int page = Environment.SystemPageSize;
    private readonly nint address;

    public IdleMemoryTests()
    {
        byte[] content = [.. Enumerable.Range(0, Pages * page).Select(i => (byte)(i / page))];
        File.WriteAllBytes(folder.File("code"), content);
        using FileStream file = File.OpenRead(folder.File("code"));
        address = Map(0, Pages * page, ReadWrite, Private, (int)file.SafeFileHandle.DangerousGetHandle(), 0);
        Assert.NotEqual(-1, address);
    }

    public void Dispose()
    {
        _ = Unmap(address, Pages * page);
        folder.Dispose();
    }

    [Fact]
    public void Pages_of_a_file_are_let_go_and_come_back_as_they_were()
    {
        Touch();
        Assert.Equal(0, Protect(address, Pages * page, Read));
        Assert.True(Present() >= Pages);
        Assert.True(IdleMemory.DropFilePages() >= Pages * page);
        Assert.Equal(0, Present());
        Touch();
    }

    [Fact]
    public void Pages_that_were_changed_as_a_loader_does_stay()
    {
        Touch();
        Marshal.WriteByte(address, 7 * page, 200);
        Marshal.WriteByte(address, (Pages - 1) * page, 201);
        Assert.Equal(0, Protect(address, Pages * page, Read));
        IdleMemory.DropFilePages();
        Assert.Equal(2, Present());
        Assert.Equal(200, Marshal.ReadByte(address, 7 * page));
        Assert.Equal(201, Marshal.ReadByte(address, (Pages - 1) * page));
        Assert.Equal(8, Marshal.ReadByte(address, 8 * page));
    }

    [Fact]
    public void Memory_that_may_be_written_is_not_looked_at()
    {
        Touch();
        IdleMemory.DropFilePages();
        Assert.Equal(Pages, Present());
    }

    [Fact]
    public void Giving_back_leaves_a_process_that_goes_on()
    {
        IdleMemory.GiveBack();
        Assert.Equal("[1,2]", System.Text.Json.JsonSerializer.Serialize((int[])[1, 2]));
    }

    private void Touch()
    {
        for (int i = 0; i < Pages; i++) Assert.Equal(i, Marshal.ReadByte(address, i * page));
    }

    private int Present()
    {
        byte[] entries = new byte[Pages * 8];
        using var map = new FileStream("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        map.Position = address / page * 8;
        map.ReadExactly(entries);
        return Enumerable.Range(0, Pages).Count(i => (entries[(i * 8) + 7] & 0x80) != 0);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nint length);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nint length, int protection);
}
