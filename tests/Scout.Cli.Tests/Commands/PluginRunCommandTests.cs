using System.Text.Json;
using Scout.Cli.Tests.Terminal;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands;

public sealed class PluginRunCommandTests
{
    [Fact]
    public async Task Any_of_the_four_exits_is_success()
    {
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("plugin", "run", "--", "sh", "-c", "echo 'DISK CRITICAL - full | used=97%;80;90'; exit 2"));
        Assert.StartsWith("CRITICAL  exit 2  ", console.Output, StringComparison.Ordinal);
        Assert.Contains("DISK CRITICAL - full", console.Output, StringComparison.Ordinal);
        Assert.Contains("used          97 percent  (97%;80;90)", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_text_is_split_as_in_a_definition()
    {
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("plugin", "run", "echo 'two words' $HOME", "-o", "json"));
        Assert.Equal("two words $HOME", JsonDocument.Parse(console.Output).RootElement.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("sh -c 'exit 7'", "bad_exit")]
    [InlineData("sh -c 'kill -9 $$'", "signal")]
    [InlineData("no_such_program_anywhere", "spawn")]
    public async Task Anything_else_is_exit_1_with_its_reason(string command, string reason)
    {
        using FakeConsole console = Console();
        Assert.Equal(1, await console.RunAsync("plugin", "run", command, "-o", "json"));
        Assert.Equal(reason, JsonDocument.Parse(console.Output).RootElement.GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("20s", "no_such_program", "UNKNOWN  spawn ENOENT  ", "there is no program 'no_such_program' in ", "; install it, or name it with its path")]
    [InlineData("20s", "./no_such_program", "UNKNOWN  spawn ENOENT  ", "there is no such file (ENOENT)")]
    [InlineData("20s", "./asleep", "UNKNOWN  spawn EACCES  ", "/asleep may not be executed; run chmod +x on it")]
    [InlineData("20s", "/etc", "UNKNOWN  spawn EACCES  ", "/etc is a folder; name the program itself")]
    [InlineData("500ms", "sleep 60", "UNKNOWN  timeout SIGTERM  ", "no exit within 0.5 s; ended by SIGTERM")]
    [InlineData("20s", "yes", "UNKNOWN  output_limit SIGTERM  ", "more than 1048576 bytes of output; ended by SIGTERM", "bytes were printed; the rest is not kept")]
    public async Task What_went_wrong_is_said_with_how_to_mend_it(string timeout, string command, string title, params string[] said)
    {
        using var folder = new TempFolder();
        folder.Write("asleep", "#!/bin/sh\n");
        using FakeConsole console = Console();
        Assert.Equal(1, await console.RunAsync("plugin", "run", "--timeout", timeout, "--directory", folder.Path, command));
        // On a busy machine the KILL comes before the TERM was heard.
        string output = console.Output.Replace("SIGKILL", "SIGTERM", StringComparison.Ordinal);
        Assert.StartsWith(title, output, StringComparison.Ordinal);
        Assert.All(said, text => Assert.Contains(text, output, StringComparison.Ordinal));
        Assert.Equal("", console.Errors);
    }

    [Fact]
    public async Task A_page_of_what_it_said_is_enough_for_people_and_programs_get_all()
    {
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("plugin", "run", "seq 100"));
        Assert.Contains("\n                41\n                ... and 59 lines more; -o json has all that was kept\n", console.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\n                42\n", console.Output, StringComparison.Ordinal);
        using FakeConsole json = Console();
        Assert.Equal(0, await json.RunAsync("plugin", "run", "seq 100", "-o", "json"));
        Assert.EndsWith("\n100", JsonDocument.Parse(json.Output).RootElement.GetProperty("long_text").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo 'unclosed")]
    [InlineData("   ")]
    public async Task A_command_that_makes_no_sense_is_exit_2(string command)
    {
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync("plugin", "run", command));
        Assert.Contains("bad_command", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_is_not_inherited_and_the_directory_is_as_asked()
    {
        using var folder = new TempFolder();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("plugin", "run", "--directory", folder.Path, "--", "sh", "-c", "echo \"$PWD $LC_ALL ${USER-none}\""));
        Assert.Contains($"{folder.Path} C.UTF-8 none", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_usage()
    {
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync("plugin", "run", "--directory", "/nonexistent", "--", "true"));
        Assert.Contains("there is no directory /nonexistent", console.Errors, StringComparison.Ordinal);
    }

    private static FakeConsole Console() => new();
}
