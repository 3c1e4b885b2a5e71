using Scout.Checks.Execution.Native;

namespace Scout.Checks.Tests.Execution;

/// <summary>plugins.md section 8 with real files, and the search of section 1.</summary>
[Collection(nameof(ExecutorCollection))]
[Trait("fault", "R8")]
public sealed class StartProblemTests
{
    [Fact]
    public async Task A_missing_bare_name_says_where_it_looked()
    {
        await using var lab = new ExecutorLab();
        lab.Write("check_x", "#!/bin/sh\n", "644");
        Directory.CreateDirectory(lab.PathOf("check_y"));
        PluginResult missing = await lab.Run(lab.Request("check_x"));
        Assert.Equal((CheckStatus.Unknown, "spawn", "not_found", "ENOENT"), (missing.Status, missing.Reason, missing.Cause, missing.Errno));
        Assert.Contains(lab.Folder, missing.Detail, StringComparison.Ordinal);
        Assert.Contains("/usr/lib/nagios/plugins", missing.Detail, StringComparison.Ordinal);
        Assert.Contains("check_x (not executable)", missing.Detail, StringComparison.Ordinal);
        Assert.Contains("check_y (not a regular file)", (await lab.Run(lab.Request("check_y"))).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bare_name_is_found_in_the_folder_then_in_plugin_path_then_in_the_system()
    {
        await using var lab = new ExecutorLab(options => options with { PluginPath = [Path.GetTempPath().TrimEnd('/') + "/none", "/usr/sbin"] });
        lab.Write("true", "#!/bin/sh\necho OK mine\n");
        Assert.Equal("OK mine", (await lab.Run(lab.Request("true"))).Output.Text);
        File.Delete(lab.PathOf("true"));
        Assert.Equal("(no output)", (await lab.Run(lab.Request("true"))).Output.Text);
        Assert.Equal("not_found", (await lab.Run(lab.Request("late"))).Cause);
        lab.Write("late", "#!/bin/sh\necho OK late\n");
        Assert.Equal("OK late", (await lab.Run(lab.Request("late"))).Output.Text);
    }

    [Fact]
    public async Task A_relative_path_begins_in_the_folder_of_the_machine()
    {
        await using var lab = new ExecutorLab();
        lab.Write("bin/mine", "#!/bin/sh\necho OK $0\n");
        PluginResult result = await lab.Run(lab.Request("./bin/mine"));
        Assert.Equal((CheckStatus.Ok, $"OK {lab.Folder}/./bin/mine"), (result.Status, result.Output.Text));
    }

    [Theory]
    [InlineData("missing", "not_found", "ENOENT", "no such file")]
    [InlineData("denied", "not_executable", "EACCES", "chmod +x")]
    [InlineData("folder", "not_a_file", "EACCES", "a folder")]
    [InlineData("plain", "no_format", "ENOEXEC", "no #! line")]
    [InlineData("lost", "no_interpreter", "ENOENT", "#!/no/such/interpreter")]
    [InlineData("dos", "no_interpreter", "ENOENT", "carriage return")]
    [InlineData("loop", "bad_path", "ELOOP", "circle")]
    [InlineData("plain/x", "bad_path", "ENOTDIR", "not a folder")]
    public async Task What_cannot_start_says_why(string name, string cause, string errno, string detail)
    {
        await using var lab = new ExecutorLab();
        lab.Write("denied", "#!/bin/sh\n", "644");
        Directory.CreateDirectory(lab.PathOf("folder"));
        lab.Write("plain", "echo no shebang\n");
        lab.Write("lost", "#!/no/such/interpreter -x\n");
        lab.Write("dos", "#!/bin/sh\r\necho\r\n");
        File.CreateSymbolicLink(lab.PathOf("loop"), lab.PathOf("loop"));
        PluginResult result = await lab.Run(lab.Request(lab.PathOf(name)));
        Assert.Equal((CheckStatus.Unknown, "spawn", cause, errno), (result.Status, result.Reason, result.Cause, result.Errno));
        Assert.Contains(detail, result.Detail, StringComparison.Ordinal);
        int before = ExecutorLab.Descriptors();
        for (int index = 0; index < 10; index++) await lab.Run(lab.Request(lab.PathOf(name)));
        Assert.InRange(ExecutorLab.Descriptors(), 0, before + 3);
    }

    [Fact]
    public async Task A_name_that_is_too_long_is_a_bad_path()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Run(lab.Request("/" + new string('x', 300)));
        Assert.Equal(("bad_path", "ENAMETOOLONG"), (result.Cause, result.Errno));
        Assert.Equal("ENAMETOOLONG", (await lab.Run(lab.Request("/" + string.Concat(Enumerable.Repeat("a/", 3000))))).Errno);
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_told_from_a_program_that_is()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Run(lab.Request("/bin/true") with { Directory = lab.PathOf("gone") });
        Assert.Equal(("spawn", "bad_cwd", "ENOENT"), (result.Reason, result.Cause, result.Errno));
        Assert.Equal(("bad_cwd", "ENOTDIR"), await Cause(lab, lab.Request("/bin/true") with { Directory = lab.Nasty }));
    }

    [Fact]
    public async Task A_file_that_is_being_written_is_tried_three_times()
    {
        await using var lab = new ExecutorLab();
        string path = lab.PathOf("copy");
        File.Copy("/bin/true", path);
        ExecutorLab.Mode(path, "755");
        PluginResult result;
        await using (new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            result = await lab.Run(lab.Request(path));
        }

        Assert.Equal(("busy", "ETXTBSY"), (result.Cause, result.Errno));
        Assert.InRange(result.Duration.TotalMilliseconds, 95, 2000);
        Assert.Equal(CheckStatus.Ok, (await lab.Run(lab.Request(path))).Status);
    }

    [Fact]
    public async Task Too_long_an_environment_is_told()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Run(lab.Request("/bin/true") with { Environment = [new("BIG", new string('x', 200_000))] });
        Assert.Equal(("spawn", "too_long", "E2BIG"), (result.Reason, result.Cause, result.Errno));
    }

    [Fact]
    public async Task Words_are_looked_at_again_after_expansion()
    {
        await using var lab = new ExecutorLab();
        Assert.Contains("word 2", (await Refused(lab, lab.Request("/bin/true", "a\0b"))).Detail, StringComparison.Ordinal);
        Assert.Contains("65536", (await Refused(lab, lab.Request("/bin/true", new string('x', 70_000)))).Detail, StringComparison.Ordinal);
        Assert.Contains("256", (await Refused(lab, lab.Request([.. Enumerable.Repeat("/bin/true", 300)]))).Detail, StringComparison.Ordinal);
        Assert.Contains("no words", (await Refused(lab, lab.Request(""))).Detail, StringComparison.Ordinal);
        Assert.Contains("variable 1", (await Refused(lab, lab.Request("/bin/true") with { Environment = [new("A=B", "x")] })).Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", (await Refused(lab, lab.Request("/bin/true") with { Environment = [new("A", "secret\0")] })).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mount_without_exec_is_told()
    {
        const string place = "/dev/shm";
        unsafe
        {
            fixed (byte* path = "/dev/shm\0"u8)
            {
                if (!Directory.Exists(place) || (Linux.MountFlags(path) & 8) == 0) Assert.Skip("/dev/shm is not mounted noexec here");
            }
        }

        await using var lab = new ExecutorLab();
        string file = Path.Combine(place, $"scout-test-{Environment.ProcessId}");
        await File.WriteAllTextAsync(file, "#!/bin/sh\n");
        ExecutorLab.Mode(file, "755");
        PluginResult result = await lab.Run(lab.Request(file));
        File.Delete(file);
        Assert.Equal(("noexec", "EACCES"), (result.Cause, result.Errno));
    }

    private static async Task<(string?, string?)> Cause(ExecutorLab lab, PluginRequest request)
    {
        PluginResult result = await lab.Run(request);
        return (result.Cause, result.Errno);
    }

    private static async Task<PluginResult> Refused(ExecutorLab lab, PluginRequest request)
    {
        PluginResult result = await lab.Run(request);
        Assert.Equal("bad_command", result.Reason);
        return result;
    }
}
