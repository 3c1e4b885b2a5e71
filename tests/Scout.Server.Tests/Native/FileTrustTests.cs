using Scout.Server.Native;
using Scout.Testing;

namespace Scout.Server.Tests.Native;

/// <summary>Who may have written what tells a node what to do (security.md 1: a local user on a node must not get its definitions).</summary>
public sealed class FileTrustTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("0644", "0755", false, null)]
    [InlineData("0646", "0755", false, "is writable by others")]
    [InlineData("0664", "0755", false, null)]
    [InlineData("0664", "0755", true, "is writable by its group, and this server has privileges")]
    [InlineData("0644", "0757", false, "is writable by others")]
    [InlineData("0644", "0775", true, "is writable by its group, and this server has privileges")]
    [InlineData("0644", "1777", true, null)]
    public void Who_may_write_a_file_or_its_folder_decides(string file, string above, bool privileged, string? problem)
    {
        string path = folder.Write("sub/facts.json", "{}");
        Mode(path, file);
        Mode(folder.File("sub"), above);
        FileRefusal? refusal = Judge(path, new FileTrust([], privileged));
        if (problem is null) Assert.Null(refusal);
        else Assert.EndsWith(problem, refusal?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stranger_is_not_believed_unless_the_configuration_names_him()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("giving a file away needs root");
        string path = folder.Write("facts.json", "{}");
        Assert.Equal(0, Chown(path, "4711"));
        FileRefusal? refusal = Judge(path, new FileTrust([]));
        Assert.Equal($"{path} belongs to uid 4711", refusal?.Message);
        Assert.Contains("plugin_owners", refusal?.Hint, StringComparison.Ordinal);
        Assert.Null(Judge(path, new FileTrust(["4711", "no-such-user"])));
    }

    public void Dispose() => folder.Dispose();

    private static FileRefusal? Judge(string path, FileTrust trust)
    {
        Assert.Equal(0, FileStatus.Look(path, follow: true, out FileStatus status));
        return trust.Judge(path, status);
    }

    private static int Chown(string path, string owner)
    {
        using var child = System.Diagnostics.Process.Start("chown", [owner, path]);
        child.WaitForExit();
        return child.ExitCode;
    }

    private static void Mode(string path, string octal) => File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(octal, 8));
}
