using System.Text.Json;
using Scout.Cli.Tests.Terminal;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands;

public sealed class MachineCommandTests : IDisposable
{
    private const string Disk = """
        checks:
          - { name: disk_root, plugin: check_disk -w 20%, interval: 1m }
          - { name: load, plugin: check_load -w 5 }

        """;

    private const string Test = """
        machine: disk.yaml
        check: disk_root
        scenarios:
          - name: it is well
            given: { check: OK }
            steps:
              - then: { state: OK }
          - name: it breaks
            given: { check: CRITICAL full }
            steps:
              - then: { state: CRITICAL }

        """;

    private readonly TempFolder folder = new();
    private readonly FakeConsole console;

    public MachineCommandTests() => console = new FakeConsole { Directory = folder.Path };

    public void Dispose()
    {
        console.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Lint_of_a_good_folder_is_exit_0()
    {
        folder.Write("m/disk.yaml", Disk);
        Assert.Equal(0, await console.RunAsync("machine", "lint", "m"));
        Assert.Contains("1 file, 2 machines: 0 errors", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lint_says_where_what_and_how_to_mend()
    {
        folder.Write("disk.yaml", "checks:\n  - name: disk\n    plugin: check_disk\n    atempts: 3\n");
        Assert.Equal(1, await console.RunAsync("machine", "lint", "disk.yaml"));
        Assert.StartsWith("disk.yaml:4:5: error unknown_key: 'atempts'", console.Output, StringComparison.Ordinal);
        Assert.Contains("\n    hint: did you mean 'attempts'?", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lint_in_json_has_its_fields()
    {
        folder.Write("disk.yaml", "checks:\n  - name: disk\n    plugin: check_disk\n    atempts: 3\n");
        Assert.Equal(1, await console.RunAsync("machine", "lint", "disk.yaml", "-o", "json"));
        JsonElement finding = JsonDocument.Parse(console.Output).RootElement[0];
        Assert.All(["file", "line", "column", "severity", "kind", "message", "hint"], key => Assert.True(finding.TryGetProperty(key, out _), key));
    }

    [Fact]
    public async Task Lint_strict_lets_warnings_fail()
    {
        folder.Write("disk.yaml", "checks:\n  - { name: disk, plugin: 'check_disk | grep x' }\n");
        Assert.Equal(0, await console.RunAsync("machine", "lint", "disk.yaml"));
        Assert.Contains("warning shell_syntax", console.Output, StringComparison.Ordinal);
        Assert.Equal(1, await console.RunAsync("machine", "lint", "disk.yaml", "--strict"));
    }

    [Fact]
    public async Task Lint_looks_for_programs_when_asked()
    {
        folder.Write("asleep.sh", "#!/bin/sh\n");
        folder.Write("disk.yaml", "checks:\n  - { name: a, plugin: no_such_plugin_anywhere }\n  - { name: b, plugin: sh -c true }\n  - { name: c, plugin: ./asleep.sh }\n");
        Assert.Equal(0, await console.RunAsync("machine", "lint", "disk.yaml", "--plugins"));
        Assert.Equal(
            $"disk.yaml:2:24: warning bad_command: there is no program 'no_such_plugin_anywhere'\n    hint: install it, or name it with its path\n"
            + $"disk.yaml:4:24: warning bad_command: {folder.File("asleep.sh")} is not executable\n    hint: chmod +x {folder.File("asleep.sh")}\n", console.Output);
        Assert.Equal(1, await console.RunAsync("machine", "lint", "disk.yaml", "--plugins", "--strict"));
    }

    [Fact]
    public async Task Lint_refuses_what_every_node_would_because_others_may_write_it()
    {
        string file = folder.Write("m/disk.yaml", Disk);
        File.SetUnixFileMode(folder.File("m"), (UnixFileMode)0b111_111_111);
        Assert.Equal(1, await console.RunAsync("machine", "lint", "m"));
        Assert.StartsWith($"m/disk.yaml:1:1: error unsafe_permissions: '{folder.File("m")}' is writable by others\n    hint: chmod o-w {folder.File("m")}\n", console.Output, StringComparison.Ordinal);
        File.SetUnixFileMode(folder.File("m"), UnixFileMode.StickyBit | (UnixFileMode)0b111_111_111);
        Assert.Equal(0, await console.RunAsync("machine", "lint", "m"));
        File.SetUnixFileMode(file, (UnixFileMode)0b110_110_110);
        Assert.Equal(1, await console.RunAsync("machine", "lint", "m"));
        Assert.Contains("m/disk.yaml:1:1: error unsafe_permissions: 'm/disk.yaml' is writable by others", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lint")]
    [InlineData("test")]
    [InlineData("graph")]
    [InlineData("explain")]
    public async Task A_path_that_cannot_be_read_is_exit_2(string command)
    {
        Assert.Equal(2, await console.RunAsync("machine", command, "nothing.yaml"));
        Assert.Contains("nothing.yaml: there is no such file", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_prints_tap()
    {
        folder.Write("disk.yaml", Disk);
        folder.Write("disk.test.yaml", Test);
        Assert.Equal(0, await console.RunAsync("machine", "test", "disk.test.yaml"));
        Assert.StartsWith("TAP version 13\n1..2\nok 1 - disk.test.yaml: it is well\nok 2 - disk.test.yaml: it breaks\n", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tap", "not ok 2 - ")]
    [InlineData("junit", "<failure ")]
    [InlineData("json", "\"passed\": false")]
    public async Task A_test_that_fails_is_exit_1_and_says_what_was_wanted(string mode, string shown)
    {
        folder.Write("disk.yaml", Disk);
        folder.Write("disk.test.yaml", Test.Replace("state: CRITICAL", "state: WARNING", StringComparison.Ordinal));
        Assert.Equal(1, await console.RunAsync("machine", "test", ".", "-o", mode));
        Assert.Contains(shown, console.Output, StringComparison.Ordinal);
        Assert.Contains("WARNING", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_of_a_missing_definition_fails_by_name()
    {
        folder.Write("disk.test.yaml", Test);
        Assert.Equal(1, await console.RunAsync("machine", "test", "disk.test.yaml"));
        Assert.Contains("disk.yaml:1:1: error unreadable", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_tests_is_no_success()
    {
        folder.Write("disk.yaml", Disk);
        Assert.Equal(2, await console.RunAsync("machine", "test", "."));
        Assert.Contains("there is no test in it", console.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mermaid", "stateDiagram-v2\n")]
    [InlineData("dot", "digraph \"disk_root\" {\n")]
    [InlineData("json", "{\n  \"name\": \"disk_root\"")]
    public async Task Graph_draws_one_machine(string mode, string begin)
    {
        folder.Write("disk.yaml", Disk);
        Assert.Equal(0, await console.RunAsync("machine", "graph", "disk.yaml#disk_root", "-o", mode));
        Assert.StartsWith(begin, console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("disk.yaml", "has 2 machines", "disk.yaml#disk_root")]
    [InlineData("disk.yaml#disc_root", "has no machine 'disc_root'", "did you mean 'disk.yaml#disk_root'?")]
    public async Task Graph_wants_to_know_which_one(string file, string problem, string hint)
    {
        folder.Write("disk.yaml", Disk);
        Assert.Equal(2, await console.RunAsync("machine", "graph", file));
        Assert.Contains(problem, console.Errors, StringComparison.Ordinal);
        Assert.Contains(hint, console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_fills_in_every_default()
    {
        folder.Write("disk.yaml", Disk);
        Assert.Equal(0, await console.RunAsync("machine", "explain", "disk.yaml", "--node", "web1"));
        Assert.Contains("# disk_root 1.0.0", console.Output, StringComparison.Ordinal);
        Assert.Contains("# load 1.0.0", console.Output, StringComparison.Ordinal);
        Assert.Contains("# what runs", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_in_json_is_an_array()
    {
        folder.Write("disk.yaml", Disk);
        Assert.Equal(0, await console.RunAsync("machine", "explain", "disk.yaml", "-o", "json"));
        Assert.Equal(2, JsonDocument.Parse(console.Output).RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("graph")]
    [InlineData("explain")]
    public async Task A_file_with_errors_is_exit_2_with_its_findings(string command)
    {
        folder.Write("disk.yaml", "checks:\n  - { name: disk }\n");
        Assert.Equal(2, await console.RunAsync("machine", command, "disk.yaml"));
        Assert.Contains("disk.yaml:2:5: error missing_key", console.Errors, StringComparison.Ordinal);
        Assert.Contains("scout: error: disk.yaml has errors", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Facts_must_be_an_object()
    {
        folder.Write("disk.yaml", Disk);
        folder.Write("facts.json", "[1]");
        Assert.Equal(2, await console.RunAsync("machine", "explain", "disk.yaml", "--facts", "facts.json"));
        Assert.Contains("facts.json is not a JSON object", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_prints_every_event_and_leaves_nothing_behind()
    {
        folder.Write("hello.sh", "#!/bin/sh\necho 'HELLO WARNING - from here'\nexit 1\n");
        File.SetUnixFileMode(folder.File("hello.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        folder.Write("hello.yaml", "checks:\n  - { name: hello, plugin: ./hello.sh, interval: 500ms, splay: 0 }\n");
        folder.Write("other.yaml", "checks:\n  - { name: other, plugin: ./hello.sh }\n");
        Task<int> run = console.RunAsync("machine", "run", "hello.yaml", "--for", "1m", "-o", "jsonl");
        await Until.TrueAsync("it is believed", () => console.Output.Contains("io.scout.machine.transition.v1", StringComparison.Ordinal), null, () => console.Errors);
        console.Interrupt();
        Assert.Equal(0, await run);
        string[] lines = console.Output.TrimEnd('\n').Split('\n');
        Assert.Contains(lines, line => JsonDocument.Parse(line).RootElement.GetProperty("type").GetString() == "io.scout.machine.transition.v1");
        Assert.Contains("HELLO WARNING - from here", console.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("other", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_of_a_file_with_errors_runs_nothing()
    {
        folder.Write("disk.yaml", "checks:\n  - { name: disk }\n");
        Assert.Equal(2, await console.RunAsync("machine", "run", "disk.yaml", "--for", "1s"));
        Assert.Contains("nothing was run", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_goes_with_its_files_and_ends_with_1_when_one_was_refused_meanwhile()
    {
        folder.Write("m/beat.yaml", "checks:\n  - { name: first, builtin: heartbeat, interval: 1m, splay: 0 }\n");
        Task<int> run = console.RunAsync("machine", "run", "m");
        await Until.TrueAsync("the first machine looks", () => console.Output.Contains("first", StringComparison.Ordinal), null, () => console.Errors);
        Assert.Equal("1 machine runs; Ctrl-C ends them\n", console.Errors);
        folder.Write("m/beat.yaml", "checks:\n  - { name: second, builtin: heartbeat, interval: 1m, splay: 0 }\n");
        await Until.TrueAsync("the second takes its place", () => console.Output.Contains("second", StringComparison.Ordinal), null, () => console.Errors);
        Assert.Contains("deleted", console.Output, StringComparison.Ordinal);
        folder.Write("m/bad.yaml", "checks:\n  - { name: bad }\n");
        await Until.TrueAsync("the bad file is told", () => console.Errors.Contains($"{folder.File("m/bad.yaml")}:2:5: error missing_key", StringComparison.Ordinal), null, () => console.Errors);
        console.Interrupt();
        Assert.Equal(1, await run);
    }

    [Fact]
    public async Task Run_of_two_files_with_one_name_runs_the_first_and_ends_with_1()
    {
        folder.Write("a.yaml", "checks:\n  - { name: beat, builtin: heartbeat, interval: 1m, splay: 0, labels: { from: a } }\n");
        folder.Write("b.yaml", "checks:\n  - { name: beat, builtin: heartbeat, interval: 1m, splay: 0, labels: { from: b } }\n");
        Task<int> run = console.RunAsync("machine", "run", "b.yaml", "a.yaml", "--for", "1m", "-o", "jsonl");
        await Until.TrueAsync("the first file's runs", () => console.Output.Contains("\"from\":\"a\"", StringComparison.Ordinal), null, () => console.Errors);
        console.Interrupt();
        Assert.Equal(1, await run);
        Assert.Contains($"{folder.File("b.yaml")}:2:13: error duplicate_machine: the machine 'beat' belongs to '{folder.File("a.yaml")}'", console.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("\"from\":\"b\"", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_says_of_what_only_a_node_has_that_it_has_it_not()
    {
        folder.Write("node.yaml", "checks:\n  - { name: net, mesh: {}, splay: 0 }\n  - { name: load, traffic: { pod: shop/api, silence: { critical: 10m } }, splay: 0 }\n");
        Task<int> run = console.RunAsync("machine", "run", "node.yaml");
        await Until.TrueAsync(
            "both have looked", () => console.Output.Contains("UNKNOWN (local): MESH UNKNOWN: this node has no mesh", StringComparison.Ordinal)
                && console.Output.Contains("UNKNOWN (local): TRAFFIC UNKNOWN: only a node counts traffic", StringComparison.Ordinal), null, () => console.Output + console.Errors);
        console.Interrupt();
        Assert.Equal(0, await run);
    }
}
