using System.Globalization;
using Scout.Checks.Execution;

namespace Scout.Checks.Tests.Execution;

/// <summary>What a plugin gets, told by plugins themselves (plugins.md section 2, reliability.md A1 and A3).</summary>
[Collection(nameof(ExecutorCollection))]
[Trait("attack", "A3")]
public sealed class PluginSurroundingsTests
{
    [Fact]
    public async Task It_has_three_descriptors_and_no_other()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Run(lab.Request("/bin/ls", "/proc/self/fd"));
        // 3 is the folder ls reads.
        Assert.Equal(["0", "1", "2", "3"], result.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("/dev/null", (await lab.Run(lab.Request("/bin/readlink", "/proc/self/fd/0"))).Output.Text);
        string one = (await lab.Run(lab.Request("/bin/readlink", "/proc/self/fd/1"))).Output.Text;
        string two = (await lab.Run(lab.Request("/bin/sh", "-c", "readlink /proc/$$/fd/2"))).Output.Text;
        Assert.StartsWith("pipe:", one, StringComparison.Ordinal);
        Assert.StartsWith("pipe:", two, StringComparison.Ordinal);
        Assert.NotEqual(one, two);
    }

    [Fact]
    public async Task Its_stdout_blocks()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Run(lab.Request("/bin/cat", "/proc/self/fdinfo/1"));
        string flags = Field(result.Stdout, "flags:");
        Assert.Equal(0, Convert.ToInt32(flags, 8) & 0x800);
    }

    [Fact]
    public async Task No_signal_is_ignored_blocked_or_handled_and_no_ambient_capability_is_left()
    {
        await using var lab = new ExecutorLab();
        string status = (await lab.Run(lab.Request("/bin/cat", "/proc/self/status"))).Stdout;
        foreach (string field in new[] { "SigBlk:", "SigIgn:", "SigCgt:", "CapAmb:", "SigPnd:" })
        {
            Assert.Equal(new string('0', 16), Field(status, field));
        }
    }

    [Fact]
    public async Task Its_limits_are_set()
    {
        await using var lab = new ExecutorLab();
        string limits = (await lab.Run(lab.Request("/bin/cat", "/proc/self/limits"))).Stdout;
        Assert.StartsWith("4096 ", Field(limits, "Max open files"), StringComparison.Ordinal);
        Assert.StartsWith("0 ", Field(limits, "Max core file size"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_environment_is_what_was_asked_for_and_its_run()
    {
        await using var lab = new ExecutorLab();
        Environment.SetEnvironmentVariable("SCOUT_TEST_LEAK", "leaked");
        PluginRequest request = lab.Request("/usr/bin/env", "-0") with { Environment = [new("A", "1 2"), new("EMPTY", ""), new("UML", "äöü\n=x")] };
        string[] first = (await lab.Run(request)).Stdout.Split('\uFFFD', StringSplitOptions.RemoveEmptyEntries);
        string[] second = (await lab.Run(request with { KeepLeftovers = true })).Stdout.Split('\uFFFD', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["A=1 2", "EMPTY=", "UML=äöü\n=x"], first[1..]);
        Assert.StartsWith($"SCOUT_RUN={lab.Executor.Instance}.", first[0], StringComparison.Ordinal);
        Assert.NotEqual(first[0], second[0]);
        Assert.EndsWith(".keep", second[0], StringComparison.Ordinal);
        Assert.Equal(first[1..], second[1..]);
    }

    [Fact]
    public async Task It_runs_in_the_folder_of_the_machine_and_leads_its_own_group()
    {
        await using var lab = new ExecutorLab();
        Assert.Equal(lab.Folder, (await lab.Run(lab.Request("/bin/pwd"))).Output.Text);
        PluginResult result = await lab.Run(lab.Request("/bin/cat", "/proc/self/stat"));
        string[] stat = result.Stdout[(result.Stdout.LastIndexOf(')') + 2)..].Split(' ');
        Assert.Equal(result.Pid!.Value.ToString(CultureInfo.InvariantCulture), stat[2]);
        Assert.Equal(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), stat[1]);
    }

    [Theory]
    [InlineData("; rm -rf /")]
    [InlineData("$(id) `id` $HOME")]
    [InlineData("a|b&c>d")]
    [InlineData("line\nbreak\ttab")]
    [InlineData("-o x")]
    [InlineData("--")]
    [InlineData("'\"\\")]
    [InlineData("")]
    [InlineData("äöü€😀")]
    public async Task An_argument_arrives_as_it_is(string argument)
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily("args", argument, "end");
        Assert.Equal($"<{argument}><end>", result.Stdout);
    }

    [Fact]
    public async Task An_argument_may_be_as_long_as_the_contract_says()
    {
        await using var lab = new ExecutorLab();
        string argument = new('x', 60_000);
        Assert.Equal($"<{argument}>", (await lab.Nastily("args", argument)).Stdout);
    }

    [Fact]
    public async Task Nobody_in_this_room_uses_the_process_class_but_its_fallback()
    {
        await Task.CompletedTask;
        string source = Path.Combine(Scout.Testing.Repository.Root, "src/Scout.Checks");
        Assert.All(Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("ProcessExecutor", StringComparison.Ordinal)),
            file => Assert.DoesNotContain("Process.Start(", File.ReadAllText(file), StringComparison.Ordinal));
        Assert.NotEmpty(PluginExecutorOptions.DefaultPluginPath);
    }

    private static string Field(string text, string name) =>
        text.Split('\n').First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim();
}
