using System.Diagnostics;
using Scout.Cli.Tests.Terminal;
using Scout.Testing;

namespace Scout.Cli.Tests.Completion;

public sealed class CompletionScriptTests
{
    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task A_script_is_valid_for_its_shell(string shell)
    {
        using var folder = new TempFolder();
        string path = folder.Write("scout.completion", await ScriptAsync(shell));
        (int exit, string error) = await RunAsync(shell, shell == "fish" ? ["--no-execute", path] : ["-n", path]);
        Assert.True(exit == 0, error);
    }

    [Theory]
    [InlineData("scout maint", "maintenance")]
    [InlineData("scout maintenance st", "start stop")]
    [InlineData("scout status --st", "--state")]
    [InlineData("scout status -o js", "json jsonl")]
    [InlineData("scout events --kind tr", "transition")]
    [InlineData("scout completion z", "zsh")]
    [InlineData("scout probe d", "dns")]
    [InlineData("scout probe tcp --not", "--not-match")]
    [InlineData("scout probe tcp --expect b", "blocked")]
    public async Task Bash_completes(string typed, string words)
    {
        string[] typedWords = typed.Split(' ');
        using var folder = new TempFolder();
        string script = folder.Write("scout.bash", await ScriptAsync("bash") + $$"""

            COMP_WORDS=({{string.Join(' ', typedWords.Select(word => $"'{word}'"))}})
            COMP_CWORD={{typedWords.Length - 1}}
            _scout
            echo "${COMPREPLY[*]}" >&2

            """);
        (int exit, string printed) = await RunAsync("bash", [script]);
        Assert.Equal(0, exit);
        Assert.Equal(words, printed.Trim());
    }

    [Theory]
    [InlineData("scout maint", "maintenance")]
    [InlineData("scout maintenance st", "start stop")]
    [InlineData("scout status -o js", "json jsonl")]
    [InlineData("scout status -l team=a --sta", "--state")]
    [InlineData("scout status --state CR", "CRITICAL")]
    public async Task Fish_completes(string typed, string words)
    {
        using var folder = new TempFolder();
        string script = folder.Write("scout.fish", await ScriptAsync("fish") + $"\ncomplete -C '{typed}' | string replace -r '\\t.*' '' | string join ' ' >&2\ntrue\n");
        (int exit, string printed) = await RunAsync("fish", ["--no-config", script]);
        Assert.Equal(0, exit);
        Assert.Equal(words, printed.Trim());
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Every_command_is_in_it(string shell)
    {
        string script = await ScriptAsync(shell);
        Assert.All(Grammar.CommandLineTests.Paths(), path => Assert.Contains(path.Split(' ')[^1], script, StringComparison.Ordinal));
    }

    private static async Task<string> ScriptAsync(string shell)
    {
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("completion", shell));
        return console.Output;
    }

    private static async Task<(int Exit, string Error)> RunAsync(string program, string[] args)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
            string error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
            throw;
        }
    }
}
