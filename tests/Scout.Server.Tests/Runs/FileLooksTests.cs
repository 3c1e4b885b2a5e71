using Scout.Machines.Runs;
using Scout.Server.Native;
using Scout.Server.Runs;
using Scout.Testing;

namespace Scout.Server.Tests.Runs;

public sealed class FileLooksTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_look_tells_time_size_and_inode()
    {
        string path = folder.Write("a", "12345");
        FileLook look = FileLooks.Look(path, null);
        Assert.Equal((true, 5L, ""), (look.Exists, look.Size, look.Error));
        Assert.Equal(new FileInfo(path).LastWriteTimeUtc, DateTimeOffset.FromUnixTimeMilliseconds(look.Modified / 1_000_000).UtcDateTime, TimeSpan.FromMilliseconds(2));
        Assert.NotEqual(0UL, look.Inode);
    }

    [Fact]
    public void A_missing_file_is_told_with_the_words_of_the_system()
    {
        FileLook look = FileLooks.Look(folder.File("no"), null);
        Assert.False(look.Exists);
        Assert.Equal(folder.File("no") + ": No such file or directory", look.Error);
    }

    [Fact]
    public void A_managed_file_is_made_with_content_and_mode_and_left_alone_when_right()
    {
        ManagedFileRequest wanted = Wanted("hello\n", "0640");
        Assert.True(FileLooks.Look(wanted.Path, wanted).Mended);
        Assert.Equal("hello\n", File.ReadAllText(wanted.Path));
        Assert.Equal((UnixFileMode)0b110_100_000, File.GetUnixFileMode(wanted.Path));
        Assert.False(FileLooks.Look(wanted.Path, wanted).Mended);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("content")]
    [InlineData("mode")]
    [InlineData("link")]
    public void What_is_wrong_with_a_managed_file_is_mended(string wrong)
    {
        ManagedFileRequest wanted = Wanted("hello\n", "0644");
        FileLooks.Look(wanted.Path, wanted);
        if (wrong == "content") File.WriteAllText(wanted.Path, "hallo\n");
        if (wrong == "mode") File.SetUnixFileMode(wanted.Path, UnixFileMode.UserRead);
        if (wrong == "link")
        {
            File.Move(wanted.Path, folder.File("other"));
            File.CreateSymbolicLink(wanted.Path, folder.File("other"));
        }

        FileLook look = FileLooks.Look(wanted.Path, wanted);
        Assert.True(look.Mended);
        Assert.Equal("hello\n", File.ReadAllText(wanted.Path));
        Assert.Null(new FileInfo(wanted.Path).LinkTarget);
    }

    [Theory]
    [InlineData("nobody-of-this-name", "root", "0644", "owner 'nobody-of-this-name' is not a user")]
    [InlineData("root", "no-such-group", "0644", "group 'no-such-group' is not a group")]
    [InlineData("root", "root", "rw", "mode 'rw' is not octal")]
    [InlineData("root", "root", "77777", "mode '77777' is not a file mode")]
    public void A_managed_file_that_cannot_be_described_is_an_error(string owner, string group, string mode, string error)
    {
        FileLook look = FileLooks.Look(folder.File("f"), new ManagedFileRequest(folder.File("f"), "x", owner, group, mode));
        Assert.False(look.Exists);
        Assert.Contains(error, look.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Users_are_found_by_name_and_number()
    {
        Assert.Equal("root", Accounts.UserName(0));
        Assert.True(Accounts.TryUser("root", out uint uid));
        Assert.Equal(0u, uid);
        Assert.True(Accounts.TryUser("12345", out uid));
        Assert.Equal(12345u, uid);
        Assert.False(Accounts.TryGroup("no-such-group", out _));
    }

    private ManagedFileRequest Wanted(string contents, string mode)
    {
        string user = Accounts.UserName(Libc.EffectiveUser())!;
        return new ManagedFileRequest(folder.File("managed"), contents, user, FileStatus.Look(folder.Path, true, out FileStatus status) == 0 ? status.Gid.ToString(System.Globalization.CultureInfo.InvariantCulture) : "0", mode);
    }
}
