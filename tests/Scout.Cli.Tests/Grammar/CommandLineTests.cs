using Scout.Cli.Tests.Terminal;

namespace Scout.Cli.Tests.Grammar;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("statsu", "scout has no command 'statsu'", "did you mean 'scout status'?")]
    [InlineData("start", "scout has no command 'start'", "did you mean 'scout maintenance start'?")]
    [InlineData("maintenance strat", "scout maintenance has no command 'strat'", "did you mean 'scout maintenance start'?")]
    [InlineData("maintenance", "scout maintenance wants a command", "one of start, stop, ls")]
    [InlineData("help statsu", "scout has no command 'statsu'", "did you mean 'scout status'?")]
    [InlineData("maintenance strat --help", "scout maintenance has no command 'strat'", "did you mean 'scout maintenance start'?")]
    [InlineData("frobnicate", "scout has no command 'frobnicate'", "see 'scout --help'")]
    [InlineData("status --stat OK", "scout status has no option '--stat'", "did you mean '--state'?")]
    [InlineData("status --bogus", "scout status has no option '--bogus'", "see 'scout status --help'")]
    [InlineData("status -x", "scout status has no option '-x'", "see 'scout status --help'")]
    [InlineData("status -o", "-o wants a value", "--output MODE")]
    [InlineData("status -o jsn", "'jsn' is not one of its values", "did you mean 'json'?")]
    [InlineData("status --limit 0", "'0' is not a whole number from 1 on", "--limit 20")]
    [InlineData("status --limit 1 --limit 2", "--limit was given 2 times", "give it once")]
    [InlineData("status -l team", "'team' is not KEY=VALUE", "team=storage")]
    [InlineData("status --timeout 1", "'1' is not a duration", "30s")]
    [InlineData("status --timeout 1ms", "out of range", "100ms")]
    [InlineData("status --local --broker x", "exclude each other", "one of them")]
    [InlineData("status --broker http://x", "'http://' is not the scheme", "nats://")]
    [InlineData("--local --broker x status", "exclude each other", "one of them")]
    [InlineData("--timeout 1 maintenance ls", "'1' is not a duration", "30s")]
    [InlineData("--broker=http://x status", "'http://' is not the scheme", "nats://")]
    [InlineData("--state OK status", "--state stands before its command", "scout status --state")]
    [InlineData("version extra", "'extra' is one word too many", "--help")]
    [InlineData("completion tcsh", "there is no completion for 'tcsh'", "known are bash, zsh, fish")]
    [InlineData("completion", "wants SHELL", "bash")]
    public async Task What_is_wrong_is_said_with_what_was_meant(string line, string problem, string hint)
    {
        using var console = new FakeConsole();
        Assert.Equal(2, await console.RunAsync(line.Split(' ')));
        Assert.Contains(problem, console.Errors.Split('\n')[0], StringComparison.Ordinal);
        Assert.StartsWith("scout: error: ", console.Errors, StringComparison.Ordinal);
        Assert.Contains(hint, console.Errors.Split('\n')[1], StringComparison.Ordinal);
        Assert.Equal("", console.Output);
    }

    [Fact]
    public async Task Without_words_it_is_help()
    {
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync());
        Assert.Contains("Exit codes", console.Output, StringComparison.Ordinal);
        Assert.Contains("  5  a node that was asked did not answer", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_has_help_with_an_example()
    {
        foreach (string path in Paths())
        {
            using var console = new FakeConsole();
            Assert.Equal(0, await console.RunAsync([.. path.Split(' '), "--help"]));
            Assert.Contains($"Usage:  scout {path}", console.Output, StringComparison.Ordinal);
            Assert.True(console.Output.Contains("Examples\n", StringComparison.Ordinal), path);
            Assert.DoesNotContain("\n\n\n", console.Output, StringComparison.Ordinal);
            Assert.All(console.Output.Split('\n'), line => Assert.True(line.Length <= 120, line));
        }
    }

    [Theory]
    [InlineData("help", "--help")]
    [InlineData("help status", "status --help")]
    [InlineData("help maintenance start", "maintenance start --help")]
    public async Task Help_is_a_word_too(string word, string option)
    {
        using var one = new FakeConsole();
        using var other = new FakeConsole();
        Assert.Equal(0, await one.RunAsync(word.Split(' ')));
        Assert.Equal(0, await other.RunAsync(option.Split(' ')));
        Assert.Equal(other.Output, one.Output);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    public async Task Help_fits_the_terminal_but_for_what_is_to_be_typed(int width)
    {
        foreach (string path in Paths().Append(""))
        {
            using var console = new FakeConsole { OutIsTerminal = true, Width = width };
            Assert.Equal(0, await console.RunAsync([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]));
            string[] wide = [.. console.Output.Split('\n').Where(line => line.Length > width && !line.StartsWith("  scout ", StringComparison.Ordinal) && !line.StartsWith("Usage:", StringComparison.Ordinal))];
            // A line of one word, or of the left column alone, cannot be broken.
            Assert.All(wide, line => Assert.True(line.StartsWith("  ", StringComparison.Ordinal) && !line.TrimStart().Contains("  ", StringComparison.Ordinal) && width < 80, $"{path}: {line}"));
        }
    }

    [Fact]
    public async Task Root_help_names_every_command()
    {
        using var console = new FakeConsole();
        await console.RunAsync("--help");
        Assert.All(CommandTree.Make(out _, out _).Subcommands, command => Assert.Contains($"  {command.Name}", console.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("version")]
    [InlineData("--version")]
    public async Task Version_tells_runtime_and_architecture(string word)
    {
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync(word));
        Assert.Matches(@"^scout \d+\.\d+\.\d+ \(.*\.NET .*, linux-\w+\)\n$", console.Output);
    }

    [Fact]
    public async Task Version_in_json_is_one_object()
    {
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("version", "-o", "json"));
        Assert.All(["version", "commit", "runtime", "os", "arch"], key => Assert.True(System.Text.Json.JsonDocument.Parse(console.Output).RootElement.TryGetProperty(key, out _)));
    }

    [Fact]
    public async Task Words_that_look_like_files_are_not_read()
    {
        using var console = new FakeConsole();
        Assert.Equal(2, await console.RunAsync("status", "@passwd", "--socket", "/nowhere"));
        Assert.Contains("'@' is in no name", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Control_characters_of_the_command_line_are_escaped_in_errors()
    {
        using var console = new FakeConsole();
        Assert.Equal(2, await console.RunAsync("\x1b[31mx"));
        Assert.DoesNotContain('\x1b', console.Errors);
    }

    [Fact]
    public async Task Errors_are_coloured_on_a_terminal_only()
    {
        using var console = new FakeConsole { ErrorIsTerminal = true };
        Assert.Equal(2, await console.RunAsync("statsu"));
        Assert.Contains("\x1b[1;31mscout: error:\x1b[0m", console.Errors, StringComparison.Ordinal);
    }

    internal static IEnumerable<string> Paths()
    {
        foreach (System.CommandLine.Command command in CommandTree.Make(out _, out _).Subcommands.Where(command => !command.Hidden))
        {
            if (command.Subcommands.Count == 0) yield return command.Name;
            foreach (System.CommandLine.Command sub in command.Subcommands)
            {
                if (sub.Subcommands.Count == 0) yield return $"{command.Name} {sub.Name}";
                foreach (System.CommandLine.Command member in sub.Subcommands) yield return $"{command.Name} {sub.Name} {member.Name}";
            }
        }
    }
}
