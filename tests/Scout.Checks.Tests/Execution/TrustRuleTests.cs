using Scout.Checks.Execution;

namespace Scout.Checks.Tests.Execution;

/// <summary>Who may have written what is run (plugins.md section 1, reliability.md A3).</summary>
[Collection(nameof(ExecutorCollection))]
[Trait("attack", "A3")]
public sealed class TrustRuleTests
{
    [Theory]
    [InlineData("757", "755", "may be written by others")]
    [InlineData("755", "757", "may be written by others")]
    [InlineData("755", "777", "may be written by others")]
    [InlineData("755", "1777", null)]
    [InlineData("755", "755", null)]
    [InlineData("700", "700", null)]
    public async Task What_others_may_write_is_refused(string file, string folder, string? problem)
    {
        await using var lab = new ExecutorLab();
        string path = lab.Write("sub/plugin", "#!/bin/sh\necho OK\n", file);
        ExecutorLab.Mode(Path.GetDirectoryName(path)!, folder);
        PluginResult result = await lab.Run(lab.Request(path));
        Assert.Equal(problem is null ? "exit" : "refused", result.Reason);
        if (problem is null) return;
        Assert.Contains(problem, result.Detail, StringComparison.Ordinal);
        Assert.Contains("chmod o-w", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_group_may_write_is_refused_by_a_server_with_privileges_and_noted_once_by_others()
    {
        await using var lab = new ExecutorLab();
        string path = lab.Write("plugin", "#!/bin/sh\necho OK\n", "775");
        PluginResult first = await lab.Run(lab.Request(path));
        PluginResult second = await lab.Run(lab.Request(path));
        if (Environment.IsPrivilegedProcess)
        {
            Assert.Equal(("refused", "refused"), (first.Reason, second.Reason));
            Assert.Contains("by group", first.Detail, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(("exit", "exit"), (first.Reason, second.Reason));
        Assert.Single(lab.Notices, notice => notice.Kind == PluginExecutorNoticeKind.GroupWritable);
    }

    [Fact]
    public async Task A_link_is_followed_and_every_folder_on_the_way_is_looked_at()
    {
        await using var lab = new ExecutorLab();
        string real = lab.Write("real/plugin", "#!/bin/sh\necho OK\n");
        string link = lab.PathOf("link");
        File.CreateSymbolicLink(link, "./real/../real/plugin");
        Assert.Equal("exit", (await lab.Run(lab.Request(link))).Reason);
        ExecutorLab.Mode(Path.GetDirectoryName(real)!, "757");
        PluginResult result = await lab.Run(lab.Request(link));
        Assert.Equal("refused", result.Reason);
        Assert.Contains("/real", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_that_lies_in_a_bad_folder_is_refused_though_its_target_is_good()
    {
        await using var lab = new ExecutorLab();
        Directory.CreateDirectory(lab.PathOf("open"));
        File.CreateSymbolicLink(lab.PathOf("open/link"), lab.Nasty);
        File.CreateSymbolicLink(lab.PathOf("outer"), lab.PathOf("open"));
        ExecutorLab.Mode(lab.PathOf("open"), "757");
        Assert.Equal("refused", (await lab.Run(lab.Request(lab.PathOf("outer/link"), "exit", "0"))).Reason);
        ExecutorLab.Mode(lab.PathOf("open"), "755");
        Assert.Equal("exit", (await lab.Run(lab.Request(lab.PathOf("outer/link"), "exit", "0"))).Reason);
    }

    [Fact]
    public async Task A_link_swapped_between_two_runs_is_looked_at_anew()
    {
        await using var lab = new ExecutorLab();
        lab.Write("bad", "#!/bin/sh\necho BAD\n", "777");
        string link = lab.PathOf("link");
        File.CreateSymbolicLink(link, lab.Nasty);
        Assert.Equal("exit", (await lab.Run(lab.Request(link, "exit", "0"))).Reason);
        File.Delete(link);
        File.CreateSymbolicLink(link, lab.PathOf("bad"));
        Assert.Equal("refused", (await lab.Run(lab.Request(link))).Reason);
    }

    [Fact]
    public async Task A_file_replaced_while_it_runs_changes_only_the_next_run()
    {
        await using var lab = new ExecutorLab();
        string gate = lab.Write("gate", "");
        string path = lab.Write("plugin", File.ReadAllText(lab.Nasty));
        Task<PluginResult> running = lab.Run(lab.Request(path, "lock", gate, lab.PathOf("runs")));
        await ExecutorLab.Eventually(() => File.Exists(lab.PathOf("runs")), () => "it never started");
        string other = lab.Write("other", "#!/bin/sh\necho OK other\n");
        File.Move(other, path, overwrite: true);
        File.Delete(gate);
        Assert.Equal("OK unlocked", (await running).Output.Text);
        Assert.Equal("OK other", (await lab.Run(lab.Request(path))).Output.Text);
    }

    [Fact]
    public async Task A_foreign_owner_is_refused_unless_it_is_named()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("giving a file away needs root");
        await using var lab = new ExecutorLab();
        string path = lab.Write("plugin", "#!/bin/sh\necho OK\n");
        PluginResult give = await lab.Run(lab.Request("/bin/chown", "4711", path));
        Assert.Equal(CheckStatus.Ok, give.Status);
        PluginResult refused = await lab.Run(lab.Request(path));
        Assert.Equal("refused", refused.Reason);
        Assert.Contains("user 4711", refused.Detail, StringComparison.Ordinal);

        await using var trusting = new ExecutorLab(options => options with { PluginOwners = ["daemon", "4711", "no-such-user"] });
        string theirs = trusting.Write("plugin", "#!/bin/sh\necho OK\n");
        await trusting.Run(trusting.Request("/bin/chown", "4711", theirs));
        Assert.Equal("exit", (await trusting.Run(trusting.Request(theirs))).Reason);
        await trusting.Run(trusting.Request("/bin/chown", "daemon", theirs));
        Assert.Equal("exit", (await trusting.Run(trusting.Request(theirs))).Reason);
    }
}
