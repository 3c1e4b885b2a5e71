using Scout.Server.Textfile;
using Scout.Testing;

namespace Scout.Server.Tests.Textfile;

[Trait("attack", "A10")]
public sealed class TextfileWriterTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_file_is_replaced_whole_readable_by_all_and_leaves_nothing_beside_it()
    {
        var writer = new TextfileWriter(folder.Path, "web1");
        Assert.Null(writer.Prepare());
        Assert.Null(writer.Write(["one\n"u8.ToArray()]));
        ulong first = Inode(writer.Path);
        Assert.Null(writer.Write(["two\n"u8.ToArray()]));
        Assert.Equal("two\n", File.ReadAllText(folder.File("scout-web1.prom")));
        Assert.NotEqual(first, Inode(writer.Path));
        Assert.Equal((UnixFileMode)0b110_100_100, File.GetUnixFileMode(writer.Path));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Only_the_last_folder_is_made()
    {
        Assert.Null(new TextfileWriter(folder.File("tf"), "web1").Prepare());
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(folder.File("tf")));
        Assert.Contains("its parent", new TextfileWriter(folder.File("a/b"), "web1").Prepare(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_a_link_or_no_folder_is_refused()
    {
        Directory.CreateSymbolicLink(folder.File("link"), folder.Path);
        folder.Write("file", "");
        Assert.EndsWith("is a link; name the folder itself", new TextfileWriter(folder.File("link"), "n").Prepare(), StringComparison.Ordinal);
        Assert.EndsWith("is not a folder", new TextfileWriter(folder.File("file"), "n").Prepare(), StringComparison.Ordinal);
    }

    [Fact]
    public void When_the_folder_becomes_a_link_later_the_old_file_stays_and_nothing_is_written_elsewhere()
    {
        Directory.CreateDirectory(folder.File("tf"));
        Directory.CreateDirectory(folder.File("other"));
        var writer = new TextfileWriter(folder.File("tf"), "n");
        Assert.Null(writer.Write(["one\n"u8.ToArray()]));
        Directory.Move(folder.File("tf"), folder.File("moved"));
        Directory.CreateSymbolicLink(folder.File("tf"), folder.File("other"));
        Assert.Contains("cannot be opened as a folder", writer.Write(["two\n"u8.ToArray()]), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.File("other")));
        Assert.Equal("one\n", File.ReadAllText(folder.File("moved/scout-n.prom")));
    }

    [Fact]
    public void A_temporary_file_that_is_a_link_is_not_followed()
    {
        string victim = folder.Write("victim", "precious");
        File.CreateSymbolicLink(folder.File(".scout-n.prom.tmp"), victim);
        Assert.Null(new TextfileWriter(folder.Path, "n").Write(["text\n"u8.ToArray()]));
        Assert.Equal("precious", File.ReadAllText(victim));
        Assert.Null(new FileInfo(folder.File("scout-n.prom")).LinkTarget);
    }

    private static ulong Inode(string path)
    {
        Assert.Equal(0, Scout.Server.Native.FileStatus.Look(path, follow: false, out Scout.Server.Native.FileStatus status));
        return status.Inode;
    }
}
