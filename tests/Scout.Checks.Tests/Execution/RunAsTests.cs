using Scout.Checks.Execution;
using Scout.Testing;

namespace Scout.Checks.Tests.Execution;

/// <summary>A plugin that runs as another user: who it is, what it may, and that nothing else changes. Needs root.</summary>
[Collection(nameof(ExecutorCollection))]
public sealed class RunAsTests
{
    private static readonly RunUser Nobody = new("nobody", 65534, 65534);

    [Fact]
    public async Task It_has_the_users_numbers_no_group_of_the_server_and_no_capability()
    {
        await using ExecutorLab lab = Lab();
        string status = (await lab.Run(lab.Request("/bin/cat", "/proc/self/status") with { User = Nobody })).Stdout;
        Assert.Equal("65534\t65534\t65534\t65534", Field(status, "Uid:"));
        Assert.Equal("65534\t65534\t65534\t65534", Field(status, "Gid:"));
        Assert.Equal("65534", Field(status, "Groups:"));
        foreach (string set in new[] { "CapInh:", "CapPrm:", "CapEff:", "CapAmb:" }) Assert.Equal(new string('0', 16), Field(status, set));
        foreach (string signals in new[] { "SigBlk:", "SigIgn:", "SigCgt:" }) Assert.Equal(new string('0', 16), Field(status, signals));
        Assert.Equal(CheckStatus.Ok, (await lab.Run(lab.Request("/bin/cat", "/proc/self/status"))).Status);
    }

    [Fact]
    public async Task Its_environment_arguments_descriptors_and_folder_are_those_of_every_plugin()
    {
        await using ExecutorLab lab = Lab();
        PluginRequest request = lab.Request("/usr/bin/env", "-0") with { User = Nobody, Environment = [new("A", "1 2")] };
        string[] variables = (await lab.Run(request)).Stdout.Split('\uFFFD', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["A=1 2"], variables[1..]);
        Assert.StartsWith($"SCOUT_RUN={lab.Executor.Instance}.", variables[0], StringComparison.Ordinal);
        Assert.Equal("<; id><--><-x>", (await lab.Run(lab.Request(lab.Nasty, "args", "; id", "--", "-x") with { User = Nobody })).Stdout);
        Assert.Equal(["0", "1", "2", "3"], (await lab.Run(lab.Request("/bin/ls", "/proc/self/fd") with { User = Nobody })).Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(lab.Folder, (await lab.Run(lab.Request("/bin/pwd") with { User = Nobody })).Output.Text);
        PluginResult result = await lab.Run(lab.Request("/bin/cat", "/proc/self/stat") with { User = Nobody });
        Assert.StartsWith($"{result.Pid} ", result.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_cannot_read_or_signal_the_server()
    {
        await using ExecutorLab lab = Lab();
        string script = lab.Write("peek", $"#!/bin/sh\ncat /proc/{Environment.ProcessId}/environ >/dev/null 2>&1 && echo READ\nkill -0 {Environment.ProcessId} 2>/dev/null && echo SIGNAL\ncat secret 2>/dev/null\necho done\n");
        lab.Write("secret", "SECRET", "600");
        Assert.Equal("done\n", (await lab.Run(lab.Request(script) with { User = Nobody })).Stdout);
        Assert.Contains("SECRET", (await lab.Run(lab.Request(script))).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_deadline_ends_it_with_its_group()
    {
        await using ExecutorLab lab = Lab();
        PluginResult result = await lab.Run(lab.Request(lab.Nasty, "hang") with { User = Nobody, Timeout = TimeSpan.FromMilliseconds(500) });
        Assert.Equal(("timeout", "SIGTERM"), (result.Reason, result.Signal));
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => "something survived");
    }

    [Fact]
    public async Task A_file_that_the_kernel_cannot_run_is_not_handed_to_a_shell()
    {
        await using ExecutorLab lab = Lab();
        string text = lab.Write("text", "touch " + lab.PathOf("ran") + "\n");
        ExecutorLab.Mode(lab.Folder, "1777");
        PluginResult result = await lab.Run(lab.Request(text) with { User = Nobody });
        Assert.Equal(("spawn", "no_format"), (result.Reason, result.Cause));
        Assert.False(File.Exists(lab.PathOf("ran")));
    }

    [Fact]
    public async Task The_rule_of_trust_stays_and_what_the_user_may_not_run_is_unknown()
    {
        await using ExecutorLab lab = Lab();
        string open = lab.Write("open", "#!/bin/sh\necho OK\n", "757");
        Assert.Equal("refused", (await lab.Run(lab.Request(open) with { User = Nobody })).Reason);
        string closed = lab.Write("closed", "#!/bin/sh\necho OK\n", "700");
        PluginResult result = await lab.Run(lab.Request(closed) with { User = Nobody });
        Assert.Equal((CheckStatus.Unknown, "spawn", "not_executable"), (result.Status, result.Reason, result.Cause));
        Assert.Contains("by user nobody", result.Detail, StringComparison.Ordinal);
    }

    private static ExecutorLab Lab()
    {
        if (!Environment.IsPrivilegedProcess || PluginExecutors.CannotRunAsOthers() is not null) Assert.Skip("running as another user needs root and setpriv");
        var lab = new ExecutorLab();
        ExecutorLab.Mode(lab.Folder, "755");
        return lab;
    }

    private static string Field(string text, string name) =>
        text.Split('\n').First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim();
}
